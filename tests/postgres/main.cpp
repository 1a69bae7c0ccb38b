// Runs the tests against a cluster of this program's own; says so and passes as skipped where
// PostgreSQL is not installed.
#include <gtest/gtest.h>

#include <iostream>

#include "postgres/store_under_test.h"

namespace coolkit::store {
namespace {
std::unique_ptr<Cluster> shared_cluster;
}  // namespace

Cluster* SharedCluster() { return shared_cluster.get(); }
}  // namespace coolkit::store

int main(int argc, char** argv) {
  constexpr int kSkipped = 77;  // as ctest knows it
  testing::InitGoogleTest(&argc, argv);
  if (testing::GTEST_FLAG(list_tests)) return RUN_ALL_TESTS();
  coolkit::store::shared_cluster = coolkit::store::Cluster::Start();
  if (coolkit::store::shared_cluster == nullptr) {
    std::cout << "skipped: PostgreSQL is not installed (/usr/lib/postgresql/*/bin/initdb)\n";
    return kSkipped;
  }
  const int status = RUN_ALL_TESTS();
  coolkit::store::shared_cluster.reset();
  return status;
}
