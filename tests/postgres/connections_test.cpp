// How many connections a pod has, and who gets one first; counted in the server.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/mutex.h"
#include "postgres/directed.h"

namespace coolkit::store {
namespace {

// Lists that are under way until the scope ends: as many connections as the store may have.
class Lists {
 public:
  Lists(Store& store, const Clock& clock) : store_(store), clock_(clock) {
    for (int i = 0; i < 16; ++i) threads_.emplace_back([this] { Run(); });
  }
  ~Lists() {
    ended_ = true;
    for (std::thread& thread : threads_) thread.join();
    EXPECT_EQ(failed_, 0);
  }
  [[nodiscard]] int done() const { return done_; }

 private:
  void Run() {
    while (!ended_) {
      auto [done, got] = MakeCompletion<ListAnswer>();
      ListRequest request;
      request.collection = "things";
      request.limit = 1'000;
      request.with_values = true;
      store_.List(std::move(request), clock_.Now() + seconds(30), std::move(done));
      (got.get().has_value() ? done_ : failed_) += 1;
    }
  }
  Store& store_;
  const Clock& clock_;
  std::atomic<bool> ended_{false};
  std::atomic<int> done_{0};
  std::atomic<int> failed_{0};
  std::vector<std::thread> threads_;
};

class ConnectionsTest : public PostgresTest {
 protected:
  void SetUp() override {}
  void MakeWith(PostgresOptions options) {
    Make(std::move(options));
    sql_.emplace(under_test().url());
  }
  // Of the stores of this test, in the server.
  int Connections() {
    return std::stoi(sql_->Ask(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = "
        "current_database() AND application_name LIKE 'coolkit%' AND pid <> pg_backend_pid()"));
  }
  void Fill(std::size_t value_bytes = 50'000) {
    for (int i = 0; i < 40; ++i) {
      Write(PutOp("k" + std::to_string(i), std::string(value_bytes, 'x')));
    }
  }
  template <class Condition>
  bool Soon(Condition condition, milliseconds wait = seconds(10)) {
    const BootTime end = In(wait);
    while (!condition()) {
      if (under_test().clock().Now() > end) return false;
      std::this_thread::sleep_for(milliseconds(5));
    }
    return true;
  }
  int MostOf(int samples) {
    int most = 0;
    for (int i = 0; i < samples; ++i) most = std::max(most, Connections());
    return most;
  }
  [[nodiscard]] PostgresStore& postgres() { return under_test().postgres(); }

 private:
  std::optional<Sql> sql_;
};

TEST_F(ConnectionsTest, TheMostIsSetWhileTheyAreBusy) {
  MakeWith({});
  Fill();
  const Lists load(store(), under_test().clock());
  ASSERT_TRUE(Soon([&] { return Connections() == 8; })) << Connections();
  postgres().SetConnectionsMax(3);
  EXPECT_TRUE(Soon([&] { return Connections() == 3; }, seconds(2))) << "as they come back";
  EXPECT_EQ(MostOf(50), 3);
  postgres().SetConnectionsMax(0);
  EXPECT_TRUE(Soon([&] { return Connections() == 1; }, seconds(2)));
  EXPECT_EQ(Write(PutOp("a", "1")).kind, WriteOutcome::Kind::kWritten) << "on the last one";
  postgres().SetConnectionsMax(100);
  EXPECT_TRUE(Soon([&] { return Connections() == 8; })) << "its share of the options";
  EXPECT_EQ(MostOf(50), 8);
}

TEST_F(ConnectionsTest, IdleOnesAreClosedAtOnce) {
  MakeWith({});
  Fill();
  {
    const Lists load(store(), under_test().clock());
    ASSERT_TRUE(Soon([&] { return Connections() == 8; }));
  }
  EXPECT_EQ(Connections(), 8) << "idle";
  postgres().SetConnectionsMax(2);
  EXPECT_TRUE(Soon([&] { return Connections() == 2; }, seconds(2)));
  EXPECT_TRUE(Soon([&] { return under_test().parts().metrics.connections_limit.Value() == 2; }));
}

TEST_F(ConnectionsTest, TheShareFollowsTheMembers) {
  PostgresOptions options;
  options.connections = {10, 8};
  options.share_by_members = true;
  options.share_hold = milliseconds(2'000);
  options.members_known_max = milliseconds(1'000);
  options.share_interval = milliseconds(20);
  MakeWith(options);
  Fill();
  const Lists load(store(), under_test().clock());
  // Hears of so many until `enough`; the most connections there were meanwhile.
  const auto hear = [&](int members, const std::function<bool()>& enough) {
    const BootTime end = In(seconds(10));
    int most = 0;
    while (!enough() && under_test().clock().Now() < end) {
      postgres().SetMembers(members);
      most = std::max(most, Connections());
    }
    return most;
  };
  const auto for_a_while = [&] {
    return
        [&clock = under_test().clock(), end = In(milliseconds(800))] { return clock.Now() >= end; };
  };
  const auto are = [&](int count) { return [this, count] { return Connections() == count; }; };
  EXPECT_EQ(MostOf(20), 1) << "nobody was counted";
  EXPECT_EQ(hear(3, for_a_while()), 1) << "a newcomer";
  EXPECT_LE(hear(3, are(3)), 3);
  EXPECT_EQ(Connections(), 3) << "9 for 3, 1 is the reserve";
  hear(9, are(1));
  EXPECT_EQ(Connections(), 1);
  EXPECT_EQ(hear(3, for_a_while()), 1);
  EXPECT_LE(hear(3, are(3)), 3);
  EXPECT_EQ(Connections(), 3);
  EXPECT_TRUE(Soon([&] { return Connections() == 1; })) << "nobody tells it any more";
}

TEST_F(ConnectionsTest, ALeaseIsRenewedBesideBigWork) {
  PostgresOptions options;
  options.connections.per_pod = 3;
  options.reads_queued_max = 64;
  MakeWith(options);
  Fill();
  const Lists load(store(), under_test().clock());
  ASSERT_TRUE(Soon([&] { return load.done() > 20; }));
  std::vector<int> overtaken;  // lists that ended before the lease, each time
  for (int i = 0; i < 20; ++i) {
    const int before = load.done();
    auto [done, got] = MakeCompletion<std::optional<RingLease>>();
    postgres().coordination().TakeLease("r", "a", seconds(3), 1, std::move(done));
    const auto lease = got.get();
    ASSERT_TRUE(lease.has_value()) << lease.error().detail;
    EXPECT_TRUE(*lease);
    overtaken.push_back(load.done() - before);
  }
  // Not each: this thread may have been late to look.
  std::sort(overtaken.begin(), overtaken.end());
  EXPECT_LE(overtaken[overtaken.size() / 4], 6) << "14 lists waited before it";
}

TEST_F(ConnectionsTest, TheRingGoesOnWhenReadsAreRefused) {
  PostgresOptions options;
  options.connections.per_pod = 2;
  options.reads_queued_max = 1;
  MakeWith(options);
  Fill();
  auto [listed, list] = MakeCompletion<ListAnswer>();
  ListRequest request;
  request.collection = "things";
  request.with_values = true;
  store().List(request, In(seconds(20)), std::move(listed));
  auto [refused, refusal] = MakeCompletion<ListAnswer>();
  store().List(request, In(seconds(20)), std::move(refused));
  auto [done, got] = MakeCompletion<RingRow>();
  postgres().coordination().ReadRing("r", 0, std::move(done));
  EXPECT_EQ(refusal.get().error().code, ErrorCode::kOverloaded);
  EXPECT_TRUE(got.get().has_value());
  EXPECT_TRUE(list.get().has_value());
}

TEST_F(ConnectionsTest, TooManyOfTheRingAreRefusedAndStopAnswersAll) {
  PostgresOptions options;
  options.coordination_queued_max = 4;
  MakeWith(options);
  std::vector<Got<RingRow>> asked;
  for (int i = 0; i < 50; ++i) {
    auto [done, got] = MakeCompletion<RingRow>();
    postgres().coordination().ReadRing("r", 0, std::move(done));
    asked.push_back(std::move(got));
  }
  store().Stop();
  int refused = 0;
  for (Got<RingRow>& got : asked) {
    const Result<RingRow> row = got.get();
    if (!row && row.error().code == ErrorCode::kOverloaded) ++refused;
  }
  EXPECT_GT(refused, 0);
  EXPECT_EQ(under_test().parts().metrics.coordination_refused.Value(), refused);
  auto [done, got] = MakeCompletion<RingRow>();
  postgres().coordination().ReadRing("r", 0, std::move(done));
  EXPECT_EQ(got.get().error().code, ErrorCode::kDraining);
}

// The server notices soon that a machine is gone: its socket probes after 3 s of silence. Column 5
// of /proc/net/tcp is "timer:hundredths of a second", timer 2 is the probe.
TEST_F(ConnectionsTest, TheServerProbesSilentConnections) {
  MakeWith({});
  std::ostringstream port;
  port << std::hex << std::uppercase << SharedCluster()->port();
  std::ifstream table("/proc/net/tcp");
  std::string line;
  int soon = 0;
  while (std::getline(table, line)) {
    std::istringstream words(line);
    std::string number, local, remote, state, queues, timer;
    words >> number >> local >> remote >> state >> queues >> timer;
    const bool server = local.ends_with(":" + port.str()) && state == "01";
    if (server && timer.starts_with("02:") && std::stoul(timer.substr(3), nullptr, 16) <= 300) {
      ++soon;
    }
  }
  EXPECT_GE(soon, 1);
}

// Pods of one budget. Each hears how many there are, as it was up to 160 ms ago, every 20 ms.
class Fleet {
 public:
  explicit Fleet(PostgresOptions options) : options_(std::move(options)) {
    teller_ = std::thread([this] { Tell(); });
  }
  ~Fleet() {
    ended_ = true;
    teller_.join();
  }
  void Join() {
    auto pod = std::make_unique<Pod>(options_);
    const MutexLock lock(mutex_);
    pod->lag = next_lag_ = (next_lag_ + 5) % kLags;
    pods_.push_back(std::move(pod));
  }
  void Leave() {
    std::unique_ptr<Pod> gone;
    const MutexLock lock(mutex_);
    gone = std::move(pods_.front());
    pods_.erase(pods_.begin());
  }
  [[nodiscard]] std::size_t size() const {
    const MutexLock lock(mutex_);
    return pods_.size();
  }

 private:
  static constexpr std::size_t kLags = 9;
  struct Pod {
    explicit Pod(const PostgresOptions& options)
        : under_test(options), load(under_test.store(), under_test.clock()) {}
    PostgresUnderTest under_test;
    Lists load;
    std::size_t lag = 0;
  };
  void Tell() {
    std::vector<int> counts;
    while (!ended_) {
      {
        const MutexLock lock(mutex_);
        counts.push_back(static_cast<int>(pods_.size()));
        for (const auto& pod : pods_) {
          const std::size_t age = std::min(counts.size() - 1, pod->lag);
          pod->under_test.postgres().SetMembers(counts[counts.size() - 1 - age]);
        }
      }
      std::this_thread::sleep_for(milliseconds(20));
    }
  }

  const PostgresOptions options_;
  mutable Mutex mutex_;
  std::vector<std::unique_ptr<Pod>> pods_ GUARDED_BY(mutex_);
  std::size_t next_lag_ GUARDED_BY(mutex_) = 0;
  std::atomic<bool> ended_{false};
  std::thread teller_;
};

TEST_F(ConnectionsTest, TwentyPodsKeepToOneBudget) {
  constexpr int kBudget = 24;
  PostgresOptions options;
  MakeWith(options);
  Fill(1'000);
  options.url = under_test().url();
  postgres().SetConnectionsMax(1);
  options.connections = {kBudget - 1, 8};  // one is this test's own
  options.share_by_members = true;
  options.share_hold = milliseconds(600);
  options.members_known_max = milliseconds(250);
  options.share_interval = milliseconds(20);
  Fleet fleet(options);
  std::atomic<bool> churned{false};
  std::thread churn([&] {
    for (int joined = 0; joined < 20;) {
      fleet.Join();
      fleet.Join();
      joined += 2;
      // Now alone for a while, so that the shares are large when others come; now many.
      while (fleet.size() > (joined % 8 < 4 ? 2u : 6u)) fleet.Leave();
      std::this_thread::sleep_for(milliseconds(joined % 4 == 0 ? 700 : 200));
    }
    churned = true;
  });
  int most = 0;
  while (!churned) most = std::max(most, Connections());
  churn.join();
  EXPECT_LE(most, kBudget);
  EXPECT_GT(most, kBudget / 2) << "the budget is used";
}

}  // namespace
}  // namespace coolkit::store
