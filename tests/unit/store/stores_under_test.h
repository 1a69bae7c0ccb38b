// Why: the stores that the contract is tested on. A store that joins this list has to pass it all.
#pragma once

#ifdef COOLKIT_CONTRACT_OVER_POSTGRES  // a program of its own: it needs a server
#include "postgres/store_under_test.h"
#else

#include <memory>
#include <string>
#include <vector>

#include "net/event_loop.h"
#include "store/memory/memory_coordination.h"
#include "store/memory/memory_store.h"
#include "store/sqlite/sqlite_store.h"
#include "unit/store/contract.h"
#include "unit/store/temp_dir.h"

namespace coolkit::store {

class MemoryUnderTest final : public StoreUnderTest {
 public:
  explicit MemoryUnderTest(const ContractLimits& limits)
      : store_(loop_, OptionsOf(limits)), coordination_(loop_, clock_) {
    loop_.Start();
    EXPECT_TRUE(store_.Start().has_value());
  }
  ~MemoryUnderTest() override { loop_.Stop(); }
  [[nodiscard]] Store& store() override { return store_; }
  [[nodiscard]] TestClock& clock() override { return clock_; }
  [[nodiscard]] Coordination* coordination() override { return &coordination_; }
  void RotateSecret() override { coordination_.RotateSecret(); }

 private:
  static MemoryStore::Options OptionsOf(const ContractLimits& limits) {
    MemoryStore::Options options;
    options.reads_pending_max = limits.reads_max;
    options.writes_pending_max = limits.writes_max;
    options.changes_per_poll_max = limits.changes_per_poll_max;
    return options;
  }

  TestClock clock_;
  net::EventLoop loop_{clock_, "memory-store"};
  MemoryStore store_;
  MemoryCoordination coordination_;
};

// What a SqliteStore stands on.
struct SqliteParts {
  TestClock clock;
  telemetry::Registry registry;
  StoreMetrics metrics{registry, SqliteStore::StatementNames()};
  std::string log_lines;
  telemetry::Log log{telemetry::LogFormat::kText, telemetry::LogLevel::kWarn, "test", &log_lines};
};

class SqliteUnderTest final : public StoreUnderTest {
 public:
  explicit SqliteUnderTest(const ContractLimits& limits)
      : store_(OptionsOf(limits, dir_.File("coolkit.db")), parts_.clock, parts_.metrics,
               parts_.log) {
    const Result<void> started = store_.Start();
    EXPECT_TRUE(started.has_value()) << started.error().detail;
  }
  [[nodiscard]] Store& store() override { return store_; }
  [[nodiscard]] TestClock& clock() override { return parts_.clock; }

 private:
  static SqliteOptions OptionsOf(const ContractLimits& limits, std::string path) {
    SqliteOptions options;
    options.path = std::move(path);
    options.reads_queued_max = limits.reads_max;
    options.writes_queued_max = limits.writes_max;
    options.changes_per_poll_max = limits.changes_per_poll_max;
    return options;
  }

  TempDir dir_;
  SqliteParts parts_;
  SqliteStore store_;
};

template <class Kind>
std::unique_ptr<StoreUnderTest> MakeStore(const ContractLimits& limits) {
  return std::make_unique<Kind>(limits);
}

inline std::vector<StoreKind> StoreKinds() {
  return {{"Memory", &MakeStore<MemoryUnderTest>}, {"Sqlite", &MakeStore<SqliteUnderTest>}};
}
inline std::string KindName(const testing::TestParamInfo<StoreKind>& info) {
  return info.param.name;
}

}  // namespace coolkit::store

#endif
