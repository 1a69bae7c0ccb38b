// The n-th operation of the disk fails, n = 0 … N, once and for ever. Whatever fails when: what was
// acknowledged is there after a crash, after a loss of power and after a clean stop; what failed
// is not, unless it was reported as unknown; and the store recovers with the disk.
#include <gmock/gmock.h>

#include <filesystem>

#include "unit/store/sqlite/fault_vfs.h"
#include "unit/store/sqlite/sqlite_fixture.h"

namespace coolkit::store {
namespace {

struct FaultCase {
  const char* name;
  FaultKind kind;
};

// Sanitizers are slow: there, not every n is tried.
#if defined(COOLKIT_SANITIZED)
constexpr int kStepDivisor = 2;
#else
constexpr int kStepDivisor = 1000;
#endif

class FaultTest : public SqliteTest, public testing::WithParamInterface<FaultCase> {
 protected:
  enum class Fate { kDone, kNot, kUnknown };
  struct Try {
    std::string key;
    Fate fate = Fate::kNot;
    model::Version version;
  };

  FaultTest() {
    options_.vfs = vfs_.name();
    options_.reopen_pause = milliseconds(0);
    options_.start_timeout = milliseconds(200);
    options_.checkpoint_pages = 12;  // so that checkpoints are among the operations
    options_.writer_cache_kib = 32;  // and pages that leave the cache before the commit
  }

  void TryWrite(const std::string& key, std::size_t bytes) {
    const Result<WriteAnswer> answer = Write(PutOp(key, std::string(bytes, 'v')));
    Try result{key, Fate::kDone, {}};
    if (answer) {
      result.version = answer->outcome.version;
    } else {
      EXPECT_THAT(answer.error().code,
                  testing::AnyOf(ErrorCode::kStorageError, ErrorCode::kStorageFull,
                                 ErrorCode::kDatabaseUnavailable, ErrorCode::kOutcomeUnknown));
      EXPECT_FALSE(answer.error().detail.empty());
      result.fate = answer.error().code == ErrorCode::kOutcomeUnknown ? Fate::kUnknown : Fate::kNot;
    }
    tries_.push_back(result);
  }
  void Workload(const std::string& prefix) {
    for (int i = 0; i < 4; ++i) {
      TryWrite(prefix + std::to_string(i), i == 1 ? 50'000 : 100);
      static_cast<void>(Read("same"));
    }
  }

  void ExpectTruth(const std::string& path, const char* which) {
    PlainSql sql(path);
    EXPECT_EQ(sql.Run("PRAGMA synchronous = OFF"), "");  // nobody pulls the plug on this one
    EXPECT_EQ(sql.Text("PRAGMA integrity_check"), "ok") << which;
    for (const Try& one : tries_) {
      const std::int64_t version =
          sql.Int("SELECT coalesce((SELECT version FROM kv WHERE key = '" + one.key + "'), 0)");
      if (one.fate == Fate::kUnknown) continue;
      EXPECT_EQ(version, one.fate == Fate::kDone ? one.version.value : 0) << which << one.key;
    }
  }
  // What the files would be if the process, or the machine, died now.
  void ExpectTruthAfterDeath() {
    const std::string crash = dir_.File("crash.db");
    const std::string power = dir_.File("power.db");
    for (const char* part : {"", "-wal"}) {
      std::filesystem::remove(crash + part);
      std::filesystem::remove(power + part);
      if (!std::filesystem::exists(options_.path + part)) continue;
      std::filesystem::copy_file(options_.path + part, crash + part);
    }
    vfs_.WriteSyncedImage(options_.path, power);
    ExpectTruth(crash, "after a crash: ");
    ExpectTruth(power, "after a loss of power: ");
  }
  void ExpectRecovery() {
    vfs_.Disarm();
    Result<WriteAnswer> answer = Write(PutOp("recovered", "v"));
    for (int i = 0; i < 3 && !answer; ++i) answer = Write(PutOp("recovered", "v"));
    ASSERT_TRUE(answer.has_value()) << answer.error().detail;
    tries_.push_back({"recovered", Fate::kDone, answer->outcome.version});
    EXPECT_EQ(Entry("recovered")->version(), answer->outcome.version);
  }

  FaultVfs vfs_{std::string("fault-") + GetParam().name};
  std::vector<Try> tries_;
};

std::string CaseName(const testing::TestParamInfo<FaultCase>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Kinds, FaultTest,
                         testing::Values(FaultCase{"Open", FaultKind::kOpen},
                                         FaultCase{"Read", FaultKind::kRead},
                                         FaultCase{"Write", FaultKind::kWrite},
                                         FaultCase{"Full", FaultKind::kWriteFull},
                                         FaultCase{"Sync", FaultKind::kSync},
                                         FaultCase{"Truncate", FaultKind::kTruncate},
                                         FaultCase{"ShmMap", FaultKind::kShmMap}),
                         CaseName);

TEST_P(FaultTest, WhileItRuns) {
  for (const bool forever : {false, true}) {
    bool hit = true;
    for (int n = 0; hit && n < 400; n += 1 + n / kStepDivisor) {
      SCOPED_TRACE("n = " + std::to_string(n) + (forever ? ", for ever" : ", once"));
      std::filesystem::remove(options_.path);
      tries_.clear();
      Start();
      vfs_.Arm(GetParam().kind, n, forever);
      Workload("w");
      hit = vfs_.hit();
      ExpectTruthAfterDeath();
      ExpectRecovery();
      ExpectTruthAfterDeath();
      Stop();
      ExpectTruth(options_.path, "after a stop: ");
      if (HasFailure()) return;
    }
    EXPECT_FALSE(hit) << "the loop covers the whole workload";
  }
}

TEST_P(FaultTest, WhileItStarts) {
  for (const bool forever : {false, true}) {
    bool hit = true;
    // A start reads and writes the same few pages often: later operations in larger steps.
    for (int n = 0; hit && n < 1000; n += 1 + n / 8) {
      SCOPED_TRACE("n = " + std::to_string(n) + (forever ? ", for ever" : ", once"));
      for (const char* part : {"", "-wal", "-shm", "-journal"}) {
        std::filesystem::remove(options_.path + part);
      }
      tries_.clear();
      vfs_.Arm(GetParam().kind, n, forever);
      const Result<void> started = TryStart();
      if (started) {
        Workload("w");
      } else {
        EXPECT_THAT(started.error().detail, testing::HasSubstr(options_.path));
      }
      hit = vfs_.hit();
      vfs_.Disarm();
      Stop();
      Start();  // with a good disk, whatever the bad one left
      TryWrite("after", 10);
      EXPECT_EQ(tries_.back().fate, Fate::kDone);
      Stop();
      ExpectTruth(options_.path, "after a stop: ");
      if (HasFailure()) return;
    }
    EXPECT_FALSE(hit) << "the loop covers the whole start";
  }
}

TEST_P(FaultTest, ReasonsAreCounted) {
  Start();
  vfs_.Arm(GetParam().kind, 0, /*forever=*/true);
  Workload("w");
  if (!vfs_.hit()) GTEST_SKIP() << "a running store does not need this operation";
  std::uint64_t errors = 0;
  for (const char* reason : {"full", "io", "open"}) {
    errors += parts_.metrics.ConnectionError(reason).Value();
  }
  vfs_.Disarm();
  const bool failed = std::any_of(tries_.begin(), tries_.end(),
                                  [](const Try& one) { return one.fate != Fate::kDone; });
  EXPECT_TRUE(errors > 0 || !failed);
}

class HangTest : public SqliteTest {
 protected:
  HangTest() { options_.vfs = vfs_.name(); }
  FaultVfs vfs_{"fault-hang"};
};

TEST_F(HangTest, WhatWaitsBehindAHangingDiskKeepsItsDeadline) {
  Start();
  Put("a", "1");
  vfs_.HoldSyncs(true);
  Got<WriteAnswer> stuck = StartWrite(PutOp("stuck", "1"));
  vfs_.AwaitHeldSync();
  const BootTime began = parts_.clock.Now();
  const Result<WriteAnswer> late = Write(PutOp("late", "1"), milliseconds(30));
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_LT(parts_.clock.Now() - began, seconds(5));
  EXPECT_EQ(Entry("a")->value(), "1") << "reads go on";
  vfs_.HoldSyncs(false);
  EXPECT_TRUE(stuck.get().has_value());
  EXPECT_FALSE(Entry("late")->present());
}

}  // namespace
}  // namespace coolkit::store
