# The stores' contract and more, over the PostgreSQL store and a private real server: ctest's
# `postgres.contract`; skipped where PostgreSQL is not installed.
add_library(coolkit_shifted_clock MODULE EXCLUDE_FROM_ALL
            ${CMAKE_SOURCE_DIR}/tests/postgres/shifted_clock.c)
# It is loaded into a server that no sanitizer was compiled into.
target_compile_options(coolkit_shifted_clock PRIVATE -fno-sanitize=all)
target_link_options(coolkit_shifted_clock PRIVATE -fno-sanitize=all)
file(GLOB postgres_tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/postgres/*.cpp
                                           ${CMAKE_SOURCE_DIR}/tests/unit/store/contract_*_test.cpp)
add_executable(postgres_test EXCLUDE_FROM_ALL ${postgres_tests})
target_compile_definitions(postgres_test PRIVATE COOLKIT_CONTRACT_OVER_POSTGRES
  COOLKIT_SHIFTED_CLOCK="$<TARGET_FILE:coolkit_shifted_clock>")
target_link_libraries(postgres_test PRIVATE coolkit_store coolkit_support coolkit_warnings
                                            GTest::gtest GTest::gmock)
add_dependencies(postgres_test coolkit_shifted_clock)
if(COOLKIT_SANITIZE)
  return()  # built and run by hand: `--target postgres_test`
endif()
add_dependencies(unit_tests postgres_test)
add_test(NAME postgres.contract
         COMMAND postgres_test --gtest_brief=1
                 --gtest_output=xml:${CMAKE_BINARY_DIR}/results/postgres.contract.xml)
set_tests_properties(postgres.contract PROPERTIES TIMEOUT 900 LABELS postgres SKIP_RETURN_CODE 77)
