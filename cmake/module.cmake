# coolkit_module(NAME [LINK lower modules…] [EXTERNAL imported targets…])
#
# One static library per folder of src/, one test program per folder of tests/unit/. Sources are
# found by pattern, so a test file that exists is a test that runs.
function(coolkit_module name)
  cmake_parse_arguments(ARG "" "" "LINK;EXTERNAL" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "src/cli/main\\.cpp$")
  list(TRANSFORM ARG_LINK PREPEND coolkit_)
  if(sources)
    add_library(coolkit_${name} STATIC ${sources})
    target_link_libraries(coolkit_${name} PUBLIC ${ARG_LINK} ${ARG_EXTERNAL} Threads::Threads
                                          PRIVATE coolkit_warnings)
    target_include_directories(coolkit_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  else()
    add_library(coolkit_${name} INTERFACE)
    target_link_libraries(coolkit_${name} INTERFACE ${ARG_LINK} ${ARG_EXTERNAL} Threads::Threads)
    target_include_directories(coolkit_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
  endif()
  file(GLOB_RECURSE migrations CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.sql)
  if(migrations)
    coolkit_embed(coolkit_${name} ${migrations})
  endif()

  if(NOT COOLKIT_TESTS)
    return()
  endif()
  file(GLOB_RECURSE tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${name}/*_test.cpp)
  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE coolkit_${name} coolkit_support coolkit_warnings
                                               GTest::gtest_main GTest::gmock)
    add_test(NAME unit.${name} COMMAND ${name}_test)
    set_tests_properties(unit.${name} PROPERTIES TIMEOUT 600 LABELS unit)
  endif()
endfunction()

# Test doubles shared by the unit tests: manual loop, in-memory connections.
add_library(coolkit_support INTERFACE)
target_include_directories(coolkit_support INTERFACE ${CMAKE_SOURCE_DIR}/tests
                                                     ${CMAKE_SOURCE_DIR}/src)

# coolkit_embed(TARGET files…): each text file becomes a `constexpr std::string_view` in the
# generated header `embedded/<path below src>.h`, named after the file.
function(coolkit_embed target)
  foreach(file ${ARGN})
    file(RELATIVE_PATH relative ${CMAKE_SOURCE_DIR} ${file})
    set(header ${CMAKE_BINARY_DIR}/embedded/${relative}.h)
    add_custom_command(OUTPUT ${header}
      COMMAND ${CMAKE_COMMAND} -DINPUT=${file} -DOUTPUT=${header}
              -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
      DEPENDS ${file} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake)
    list(APPEND headers ${header})
  endforeach()
  target_sources(${target} PRIVATE ${headers})
  target_include_directories(${target} PRIVATE ${CMAKE_BINARY_DIR}/embedded)
endfunction()
