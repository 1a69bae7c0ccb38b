// The server goes away under load: what was acknowledged is there, what is unknown says so.
#include <signal.h>

#include "postgres/directed.h"

namespace coolkit::store {
namespace {

class CrashTest : public PostgresTest {
 protected:
  static constexpr int kRounds = 3;

  // Everything acknowledged is there, or something newer of the same key is.
  void ExpectKept(const Load& load) {
    for (const auto& [key, seen] : load.acknowledged()) {
      const model::EntryPtr entry = Read(key);
      ASSERT_TRUE(entry && entry->present()) << key;
      EXPECT_GE(entry->version(), seen.version) << key;
      if (entry->version() == seen.version) {
        EXPECT_EQ(entry->value(), seen.value) << key;
      }
    }
    EXPECT_TRUE(load.versions_grew());
  }
  void WaitForWrites(const Load& load, int more) {
    const int before = load.writes();
    for (int i = 0; i < 3000 && load.writes() < before + more; ++i) {
      std::this_thread::sleep_for(milliseconds(10));
    }
    EXPECT_GE(load.writes(), before + more) << "it does not go on";
  }
};

TEST_F(CrashTest, KilledBackends) {
  model::Incarnation before = Poll(std::nullopt).snapshot.incarnation;
  Load load(store(), under_test().clock(), 8);
  for (int round = 0; round < kRounds; ++round) {
    WaitForWrites(load, 30);
    const std::string pid = Session().Ask(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'coolkit' "
        "AND datname = current_database() ORDER BY state, random() LIMIT 1");
    if (pid.empty()) continue;
    ASSERT_EQ(::kill(std::stoi(pid), SIGKILL), 0);
    std::this_thread::sleep_for(milliseconds(200));
  }
  WaitForWrites(load, 30);
  load.End();
  ExpectKept(load);
  const model::Incarnation after = Poll(std::nullopt).snapshot.incarnation;
  EXPECT_FALSE(before == after);
  EXPECT_GT(after.base, before.base);
  EXPECT_EQ(static_cast<int>(under_test().parts().metrics.outcome_unknown_total.Value()),
            load.unknown());
}

// What a ring has agreed on, which a crash must not take.
class RingRows {
 public:
  explicit RingRows(PostgresStore& store) : rows_(store.coordination()) {
    auto [leased, lease] = MakeCompletion<std::optional<RingLease>>();
    rows_.TakeLease("r", "a", std::chrono::minutes(60), 3, std::move(leased));
    epoch_ = lease.get().value()->epoch;
    auto [published, publish] = MakeCompletion<std::optional<std::int64_t>>();
    rows_.PublishView("r", "a", epoch_, "view", std::move(published));
    EXPECT_EQ(publish.get().value(), epoch_ + 1);
    EXPECT_TRUE(TakeSeat("a"));
    secret_ = Secret();
  }
  void ExpectKept() {
    EXPECT_EQ(Secret(), secret_);
    EXPECT_FALSE(TakeSeat("b"));
    auto [read, row] = MakeCompletion<RingRow>();
    rows_.ReadRing("r", 0, std::move(read));
    const RingRow after = row.get().value();
    EXPECT_EQ(after.epoch, epoch_ + 1);
    EXPECT_EQ(after.view + " of " + after.holder, "view of a");
  }

 private:
  bool TakeSeat(const std::string& holder) {
    auto [done, got] = MakeCompletion<bool>();
    rows_.TakeSeat("r", 0, holder, std::chrono::minutes(60), std::move(done));
    return got.get().value();
  }
  std::string Secret() {
    auto [done, got] = MakeCompletion<std::vector<RingSecret>>();
    rows_.ReadSecrets(std::move(done));
    return got.get().value().at(0).secret;
  }
  Coordination& rows_;
  std::int64_t epoch_ = 0;
  std::string secret_;
};

TEST_F(CrashTest, ImmediateStops) {
  RingRows ring(under_test().postgres());
  Load load(store(), under_test().clock(), 8);
  for (int round = 0; round < kRounds; ++round) {
    WaitForWrites(load, 30);
    SharedCluster()->Crash();
  }
  WaitForWrites(load, 30);
  load.End();
  ExpectKept(load);
  ring.ExpectKept();
}

TEST_F(CrashTest, ACleanRestartKeepsTheIncarnation) {
  Write(PutOp("a", "1"));
  const FeedCursor cursor = Poll(std::nullopt).next;
  SharedCluster()->StopServer("fast");
  const Result<WriteAnswer> down = StartWrite(PutOp("a", "2"), seconds(5)).get();
  ASSERT_FALSE(down.has_value());
  EXPECT_EQ(down.error().code, ErrorCode::kDatabaseUnavailable);
  SharedCluster()->StartServer();
  for (int i = 0; i < 200 && !TryRead("a"); ++i) std::this_thread::sleep_for(milliseconds(20));
  const FeedAnswer answer = Poll(cursor);
  EXPECT_FALSE(answer.gap);
  EXPECT_TRUE(answer.next.incarnation == cursor.incarnation);
  EXPECT_EQ(Read("a")->value(), "1");
}

}  // namespace
}  // namespace coolkit::store
