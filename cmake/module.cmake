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
  set_property(GLOBAL APPEND PROPERTY COOLKIT_MODULES coolkit_${name})
  file(GLOB_RECURSE migrations CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.sql)
  if(migrations)
    coolkit_embed(coolkit_${name} ${migrations})
  endif()

  if(NOT COOLKIT_TESTS)
    return()
  endif()
  file(GLOB_RECURSE tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${name}/*_test.cpp)
  if(tests)
    add_executable(${name}_test EXCLUDE_FROM_ALL ${tests})
    target_link_libraries(${name}_test PRIVATE coolkit_${name} coolkit_support coolkit_warnings
                                               GTest::gtest_main GTest::gmock)
    add_dependencies(unit_tests ${name}_test)
    # GoogleTest writes build/<preset>/results/<program>.xml: .ci/run counts from it.
    add_test(NAME unit.${name}
             COMMAND ${name}_test --gtest_brief=1
                     --gtest_output=xml:${CMAKE_BINARY_DIR}/results/unit.${name}.xml)
    set_tests_properties(unit.${name} PROPERTIES TIMEOUT 600 LABELS unit)
  endif()
endfunction()

# Test doubles shared by the unit tests: manual loop, in-memory connections. `unit_tests` builds
# every test program.
add_library(coolkit_support INTERFACE)
target_include_directories(coolkit_support INTERFACE ${CMAKE_SOURCE_DIR}/tests
                                                     ${CMAKE_SOURCE_DIR}/src)
add_custom_target(unit_tests)

# coolkit_embed(TARGET files…): each text file becomes a `constexpr std::string_view` in the
# generated header `<path below src>.h`, named after the file: `#include "store/sqlite/0001.sql.h"`
# has kEmbedded_0001_sql.
function(coolkit_embed target)
  foreach(file ${ARGN})
    file(RELATIVE_PATH relative ${CMAKE_SOURCE_DIR}/src ${file})
    string(REPLACE "../" "" relative ${relative})
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

# coolkit_embed_table(TARGET HEADER SYMBOL files…): many text files as one sorted array of
# {name without extension, text} in the generated header HEADER; for pages served by name.
function(coolkit_embed_table target header symbol)
  set(output ${CMAKE_BINARY_DIR}/embedded/${header})
  set(list ${output}.list)
  list(JOIN ARGN "\n" lines)
  file(GENERATE OUTPUT ${list} CONTENT "${lines}\n")
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DLIST=${list} -DOUTPUT=${output} -DSYMBOL=${symbol}
            -P ${CMAKE_SOURCE_DIR}/cmake/embed_table.cmake
    DEPENDS ${ARGN} ${list} ${CMAKE_SOURCE_DIR}/cmake/embed_table.cmake)
  target_sources(${target} PRIVATE ${output})
  target_include_directories(${target} PRIVATE ${CMAKE_BINARY_DIR}/embedded)
endfunction()

# coolkit_fuzz_target(NAME): tests/fuzz/NAME_fuzz.cpp as a libFuzzer program `NAME_fuzz`, only with
# COOLKIT_FUZZ. It may use every module. Its seed inputs are the files of tests/fuzz/corpus/NAME/.
add_custom_target(fuzz_targets)
function(coolkit_fuzz_target name)
  if(NOT COOLKIT_FUZZ)
    return()
  endif()
  get_property(modules GLOBAL PROPERTY COOLKIT_MODULES)
  list(REVERSE modules)
  add_executable(${name}_fuzz EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/tests/fuzz/${name}_fuzz.cpp)
  target_link_libraries(${name}_fuzz PRIVATE ${modules} coolkit_support coolkit_warnings)
  target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzz_targets ${name}_fuzz)
endfunction()
