# Fails when docs/reference/PAGE.md is not what the program prints now.
execute_process(COMMAND ${BINARY} docs ${PAGE} OUTPUT_FILE ${PAGE}.md RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "coolkit docs ${PAGE} ended with ${failed}")
endif()
execute_process(COMMAND diff -u ${SOURCE}/docs/reference/${PAGE}.md ${PAGE}.md
                RESULT_VARIABLE differs)
if(differs)
  message(FATAL_ERROR "docs/reference/${PAGE}.md is out of date: run `make docs`")
endif()
