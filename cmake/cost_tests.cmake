# `cost.gate`: instructions and allocations per request against tests/cost/figures.txt. They mean
# something in the release build by g++ alone.
if(COOLKIT_SANITIZE OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU"
   OR NOT CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  return()
endif()
add_executable(cost_probe EXCLUDE_FROM_ALL tests/cost/cost_probe.cpp)
target_link_libraries(cost_probe PRIVATE coolkit_api coolkit_store coolkit_support coolkit_warnings)
set_target_properties(cost_probe PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
add_dependencies(unit_tests cost_probe)
string(REGEX MATCH "^[0-9]+" compiler_major "${CMAKE_CXX_COMPILER_VERSION}")
add_test(NAME cost.gate
         COMMAND ${COOLKIT_PYTHON} -B ${CMAKE_SOURCE_DIR}/tests/cost/gate.py
                 --probe $<TARGET_FILE:cost_probe> --compiler g++-${compiler_major})
set_tests_properties(cost.gate PROPERTIES TIMEOUT 600 LABELS cost SKIP_RETURN_CODE 77)
