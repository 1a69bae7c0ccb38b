# Compiler flags shared by every target: warnings are errors on both compilers, sanitizers by
# option.
add_library(coolkit_warnings INTERFACE)
target_compile_options(coolkit_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual
  -Wold-style-cast -Wunused -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(coolkit_warnings INTERFACE -Wthread-safety -Wthread-safety-beta)
  # GoogleTest 1.12's macros and libstdc++ 12 need the first under clang 19. The second is about
  # limits of other compilers: embedded files are long literals.
  target_compile_options(coolkit_warnings INTERFACE -Wno-deprecated-declarations
                                                    -Wno-overlength-strings)
else()
  # g++ 12 reports these inside inlined std::expected and std::string; they are false there.
  target_compile_options(coolkit_warnings INTERFACE
    -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds
    -Wno-dangling-reference)
  if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(coolkit_warnings INTERFACE -Wno-error=unused-result)
  endif()
endif()

if(COOLKIT_SANITIZE)
  list(JOIN COOLKIT_SANITIZE "," coolkit_sanitize_list)
  add_compile_options(-fsanitize=${coolkit_sanitize_list} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${coolkit_sanitize_list})
  add_compile_definitions(COOLKIT_SANITIZED=1)
endif()
if(COOLKIT_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "COOLKIT_FUZZ needs clang: use the preset fuzz")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Paths are cut to what stands in the repository, so that a clone elsewhere makes the same objects
# and finds them in the compiler cache. The preset's build directories are all equally deep.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
find_program(COOLKIT_CCACHE ccache)
if(COOLKIT_CCACHE)
  set(COOLKIT_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
                       CCACHE_NOHASHDIR=1 ${COOLKIT_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${COOLKIT_LAUNCHER})
  set(CMAKE_C_COMPILER_LAUNCHER ${COOLKIT_LAUNCHER})
endif()
find_program(COOLKIT_MOLD mold)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld-19)
elseif(COOLKIT_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
