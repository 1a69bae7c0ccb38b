# Compiler flags shared by every target: warnings are errors on both compilers, sanitizers by option.
add_library(coolkit_warnings INTERFACE)
target_compile_options(coolkit_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual
  -Wold-style-cast -Wunused -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(coolkit_warnings INTERFACE -Wthread-safety -Wthread-safety-beta)
  # GoogleTest 1.12's macros and libstdc++ 12 need these two under clang 19.
  target_compile_options(coolkit_warnings INTERFACE -Wno-deprecated-declarations)
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

find_program(COOLKIT_CCACHE ccache)
if(COOLKIT_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${COOLKIT_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${COOLKIT_CCACHE})
endif()
find_program(COOLKIT_MOLD mold)
if(COOLKIT_MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_link_options(-fuse-ld=mold)
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld-19)
endif()
