// Why: the PostgreSQL store as the contract's tests see it: over a database of its own in the
// program's cluster.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "net/event_loop.h"
#include "net/event_readiness.h"
#include "postgres/cluster.h"
#include "store/postgres/migrate.h"
#include "store/postgres/postgres_store.h"
#include "unit/store/contract.h"

namespace coolkit::store {

// Made by main; null: PostgreSQL is not installed.
[[nodiscard]] Cluster* SharedCluster();

// What a PostgresStore stands on.
struct PostgresParts {
  PostgresParts() { loop.Start(); }
  ~PostgresParts() { loop.Stop(); }

  TestClock clock;
  net::EventLoop loop{clock, "postgres"};
  net::EventReadiness readiness{loop};
  telemetry::Registry registry;
  StoreMetrics metrics{registry, PostgresStore::StatementNames()};
  std::string log_lines;
  telemetry::Log log{telemetry::LogFormat::kText, telemetry::LogLevel::kWarn, "test", &log_lines};
};

class PostgresUnderTest final : public StoreUnderTest {
 public:
  explicit PostgresUnderTest(const ContractLimits& limits) : PostgresUnderTest(OptionsOf(limits)) {}
  explicit PostgresUnderTest(const PostgresOptions& options)
      : url_(options.url), store_(options, parts_.readiness, parts_.metrics, parts_.log) {
    parts_.clock.OnAdvance([](microseconds by) { SharedCluster()->AdvanceClock(by); });
    const Result<void> started = store_.Start();
    EXPECT_TRUE(started.has_value()) << started.error().detail;
  }
  ~PostgresUnderTest() override { store_.Stop(); }
  [[nodiscard]] Store& store() override { return store_; }
  [[nodiscard]] TestClock& clock() override { return parts_.clock; }
  [[nodiscard]] Coordination* coordination() override { return &store_.coordination(); }
  void RotateSecret() override {
    PostgresMigrateOptions options;
    options.url = url_;
    EXPECT_TRUE(PostgresRotateRingKey(options).has_value());
  }
  [[nodiscard]] PostgresStore& postgres() { return store_; }
  [[nodiscard]] PostgresParts& parts() { return parts_; }
  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  static PostgresOptions OptionsOf(const ContractLimits& limits) {
    PostgresOptions options;
    options.url = SharedCluster()->CreateDatabase();
    options.reads_queued_max = limits.reads_max;
    options.writes_queued_max = limits.writes_max;
    options.changes_per_poll_max = limits.changes_per_poll_max;
    return options;
  }

  std::string url_;
  PostgresParts parts_;
  PostgresStore store_;
};

inline std::unique_ptr<StoreUnderTest> MakePostgres(const ContractLimits& limits) {
  return std::make_unique<PostgresUnderTest>(limits);
}
inline std::vector<StoreKind> StoreKinds() { return {{"Postgres", &MakePostgres}}; }
inline std::string KindName(const testing::TestParamInfo<StoreKind>& info) {
  return info.param.name;
}

}  // namespace coolkit::store
