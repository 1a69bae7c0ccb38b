# The small programs of bench/: `cmake --build build/release --target bench_programs`. One source
# each, in build/release/bench/.
add_custom_target(bench_programs)
function(coolkit_bench_program name)
  add_executable(bench_${name} EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/bench/programs/${name}.cpp)
  target_link_libraries(bench_${name} PRIVATE ${ARGN} coolkit_support coolkit_warnings)
  set_target_properties(bench_${name} PROPERTIES OUTPUT_NAME ${name}
                        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
  add_dependencies(bench_programs bench_${name})
endfunction()
coolkit_bench_program(noop_server coolkit_http)
coolkit_bench_program(canned_load)
coolkit_bench_program(miss_ratio coolkit_cache)
