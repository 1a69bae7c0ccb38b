# The simulation (tests/sim): ctest's `sim.schedules.*` runs the product's objects, `sim.ablations`
# the same sources compiled once more with every rule of the protocol behind a switch.
file(GLOB sim_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/sim/*.cpp)
list(FILTER sim_sources EXCLUDE REGEX "_test\\.cpp$")
add_library(coolkit_sim STATIC EXCLUDE_FROM_ALL ${sim_sources})
# The modules under test are the programs' own to link.
target_link_libraries(coolkit_sim PUBLIC coolkit_store coolkit_ring coolkit_peer coolkit_support
                                  PRIVATE coolkit_warnings)

function(coolkit_sim_test name program)
  add_test(NAME ${name} COMMAND ${program} --gtest_brief=1
                                --gtest_output=xml:${CMAKE_BINARY_DIR}/results/${name}.xml)
  set_tests_properties(${name} PROPERTIES TIMEOUT 3600 LABELS "unit;sim"
                                          ENVIRONMENT "${ARGN}")
endfunction()

add_executable(sim_test EXCLUDE_FROM_ALL tests/sim/schedules_test.cpp)
target_link_libraries(sim_test PRIVATE coolkit_sim coolkit_node coolkit_warnings GTest::gtest)
add_dependencies(unit_tests sim_test)
coolkit_sim_test(sim.schedules.0 sim_test GTEST_TOTAL_SHARDS=2 GTEST_SHARD_INDEX=0)
coolkit_sim_test(sim.schedules.1 sim_test GTEST_TOTAL_SHARDS=2 GTEST_SHARD_INDEX=1)
add_executable(sim_ring_test EXCLUDE_FROM_ALL tests/sim/ring_schedules_test.cpp)
target_link_libraries(sim_ring_test PRIVATE coolkit_sim coolkit_node coolkit_warnings GTest::gtest)
add_dependencies(unit_tests sim_ring_test)
coolkit_sim_test(sim.ring.0 sim_ring_test GTEST_TOTAL_SHARDS=2 GTEST_SHARD_INDEX=0)
coolkit_sim_test(sim.ring.1 sim_ring_test GTEST_TOTAL_SHARDS=2 GTEST_SHARD_INDEX=1)
add_executable(sim_ring_cost_test EXCLUDE_FROM_ALL tests/sim/ring_cost_test.cpp)
target_link_libraries(sim_ring_cost_test PRIVATE coolkit_sim coolkit_node coolkit_warnings
                                                 GTest::gtest_main)
add_dependencies(unit_tests sim_ring_cost_test)
coolkit_sim_test(sim.ring_cost sim_ring_cost_test)

if(COOLKIT_SANITIZE)
  return()  # the ablations test the simulation, not the product
endif()
file(GLOB ablated_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/cache/*.cpp
     ${CMAKE_SOURCE_DIR}/src/feed/*.cpp ${CMAKE_SOURCE_DIR}/src/kv/*.cpp
     ${CMAKE_SOURCE_DIR}/src/node/*.cpp)
add_library(coolkit_ablated STATIC EXCLUDE_FROM_ALL ${ablated_sources})
target_compile_definitions(coolkit_ablated PUBLIC COOLKIT_ABLATIONS)
target_link_libraries(coolkit_ablated PUBLIC coolkit_store coolkit_peer PRIVATE coolkit_warnings)
add_executable(sim_ablation_test EXCLUDE_FROM_ALL tests/sim/ablations_test.cpp)
target_link_libraries(sim_ablation_test PRIVATE coolkit_sim coolkit_ablated coolkit_warnings
                                                GTest::gtest)
add_dependencies(unit_tests sim_ablation_test)
coolkit_sim_test(sim.ablations sim_ablation_test)
