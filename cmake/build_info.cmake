# Writes OUTPUT from INPUT with the version and the current revision, only when they changed: a new
# commit compiles one small file. COOLKIT_REVISION in the environment wins, for builds without git.
set(revision "$ENV{COOLKIT_REVISION}")
if(revision STREQUAL "")
  execute_process(COMMAND git -C ${SOURCE} rev-parse --short=12 HEAD OUTPUT_VARIABLE revision
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(failed OR revision STREQUAL "")
    set(revision "unknown")
  endif()
endif()
if(NOT revision MATCHES "^[A-Za-z0-9._-]+$")
  message(FATAL_ERROR "COOLKIT_REVISION is not a plain word: ${revision}")
endif()
configure_file(${INPUT} ${OUTPUT} @ONLY)
