// Deadlines, full queues, stopping, threads.
#include <algorithm>
#include <latch>
#include <map>
#include <set>
#include <thread>

#include "base/mutex.h"
#include "base/random.h"
#include "unit/store/contract.h"
#include "unit/store/stores_under_test.h"

namespace coolkit::store {
namespace {

class LimitsContract : public StoreContract {
 protected:
  // Counts how the operations of a test ended; each of them exactly once.
  struct Tally {
    std::atomic<int> ok{0};
    Mutex mutex;
    std::map<ErrorCode, int> errors;
    std::latch all;
    explicit Tally(int operations) : all(operations) {}
    void Count(ErrorCode code) {
      const MutexLock lock(mutex);
      ++errors[code];
    }
  };
  template <class Answer>
  static Completion<Result<Answer>> CountIn(Tally& tally, std::latch* hold = nullptr) {
    return [&tally, hold](Result<Answer> answer) {
      if (answer) {
        if (hold != nullptr) hold->wait();
        ++tally.ok;
      } else {
        tally.Count(answer.error().code);
      }
      tally.all.count_down();
    };
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, LimitsContract, testing::ValuesIn(StoreKinds()), KindName);

TEST_P(LimitsContract, PassedDeadlineIsNotBegun) {
  const Result<WriteAnswer> write = StartWrite(PutOp("a", "1"), clock().Now()).get();
  ASSERT_FALSE(write.has_value());
  EXPECT_EQ(write.error().code, ErrorCode::kDeadlineExceeded);
  const Result<ReadAnswer> read = StartRead({K("a")}, clock().Now()).get();
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_FALSE(Read("a").entry->present());
}

TEST_P(LimitsContract, CompletionIsNotCalledInsideTheCall) {
  Mutex mutex;
  std::latch all(2);
  const std::thread::id self = std::this_thread::get_id();
  std::vector<std::thread::id> threads;
  const auto note = [&] {
    const MutexLock lock(mutex);
    threads.push_back(std::this_thread::get_id());
    all.count_down();
  };
  store().Read({K("a")}, Soon(), [&](Result<ReadAnswer>) { note(); });
  store().Read({K("a")}, clock().Now(), [&](Result<ReadAnswer>) { note(); });  // refused
  all.wait();
  EXPECT_EQ(std::count(threads.begin(), threads.end(), self), 0);
}

TEST_P(LimitsContract, FullQueueOfReadsRefuses) {
  constexpr int kReads = 200;
  ContractLimits limits;
  limits.reads_max = 8;
  Make(limits);
  Tally tally(kReads);
  std::latch hold(1);  // blocks the store's threads in their completions
  for (int i = 0; i < kReads; ++i) {
    store().Read({K("a")}, Soon(), CountIn<ReadAnswer>(tally, &hold));
  }
  hold.count_down();
  tally.all.wait();
  EXPECT_GE(tally.ok, 8);
  EXPECT_GT(tally.errors[ErrorCode::kOverloaded], 0);
  EXPECT_EQ(tally.ok + tally.errors[ErrorCode::kOverloaded], kReads);
  EXPECT_FALSE(Read("a").entry->present()) << "it recovers";
}

TEST_P(LimitsContract, FullQueueOfWritesRefuses) {
  constexpr int kWrites = 400;
  ContractLimits limits;
  limits.writes_max = 8;
  Make(limits);
  Tally tally(kWrites);
  std::latch hold(1);
  for (int i = 0; i < kWrites; ++i) {
    store().Write(PutOp("k" + std::to_string(i), "v"), Soon(), CountIn<WriteAnswer>(tally, &hold));
  }
  hold.count_down();
  tally.all.wait();
  EXPECT_GE(tally.ok, 8);
  EXPECT_GT(tally.errors[ErrorCode::kOverloaded], 0);
  EXPECT_EQ(tally.ok + tally.errors[ErrorCode::kOverloaded], kWrites);
  ListRequest request;
  request.collection = "things";
  request.limit = 1000;
  EXPECT_EQ(List(request).rows.size(), static_cast<std::size_t>(tally.ok))
      << "what was refused did not happen, what was not did";
}

TEST_P(LimitsContract, StopCompletesEverything) {
  constexpr int kOperations = 300;
  Tally tally(kOperations);
  for (int i = 0; i < kOperations; i += 3) {
    store().Write(PutOp("k" + std::to_string(i), "v"), Soon(), CountIn<WriteAnswer>(tally));
    store().Read({K("a")}, Soon(), CountIn<ReadAnswer>(tally));
    store().Poll(std::nullopt, Soon(), CountIn<FeedAnswer>(tally));
  }
  store().Stop();
  tally.all.wait();
  EXPECT_EQ(tally.ok + tally.errors[ErrorCode::kDraining], kOperations);
  store().Stop();
  const Result<WriteAnswer> late = StartWrite(PutOp("late", "1")).get();
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, ErrorCode::kDraining);
}

// Several threads on few keys: each key's versions grow in the order in which its writes were
// acknowledged, reads never go back, and the last acknowledged write is there in the end.
class Hammer {
 public:
  Hammer(Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  void Run(std::uint64_t seed, int rounds) {
    SeededRandom random(seed);
    for (int i = 0; i < rounds; ++i) {
      const std::string key = "k" + std::to_string(random.Below(4));
      const std::uint64_t what = random.Below(10);
      if (what < 5) {
        Write(PutOp(key, std::to_string(seed) + "." + std::to_string(i)));
      } else if (what < 7) {
        Write(DeleteOp(key));
      } else {
        Read(key);
      }
    }
  }
  [[nodiscard]] std::map<std::string, model::Version> acknowledged() const { return highest_; }

 private:
  model::Version Highest(const std::string& key) {
    const MutexLock lock(mutex_);
    return highest_[key];
  }
  void Write(WriteOp op) {
    const std::string key = op.key.key;
    const model::Version before = Highest(key);
    auto [done, got] = MakeCompletion<WriteAnswer>();
    store_.Write(std::move(op), clock_.Now() + seconds(60), std::move(done));
    const Result<WriteAnswer> answer = got.get();
    ASSERT_TRUE(answer.has_value()) << answer.error().detail;
    if (answer->outcome.kind != WriteOutcome::Kind::kWritten) return;
    EXPECT_GT(answer->outcome.version, before);
    const MutexLock lock(mutex_);
    EXPECT_TRUE(versions_.emplace(key, answer->outcome.version).second) << "a version repeats";
    highest_[key] = std::max(highest_[key], answer->outcome.version);
  }
  void Read(const std::string& key) {
    const model::Version before = Highest(key);
    auto [done, got] = MakeCompletion<ReadAnswer>();
    store_.Read({K(key)}, clock_.Now() + seconds(60), std::move(done));
    const Result<ReadAnswer> answer = got.get();
    ASSERT_TRUE(answer.has_value()) << answer.error().detail;
    EXPECT_GE(answer->entries.at(0)->version(), before) << "an acknowledged write is not seen";
  }

  Store& store_;
  const Clock& clock_;
  Mutex mutex_;
  std::map<std::string, model::Version> highest_;
  std::set<std::pair<std::string, model::Version>> versions_;
};

TEST_P(LimitsContract, ConcurrentWritersAndReadersOfFewKeys) {
  const FeedCursor cursor = Poll(std::nullopt).next;
  Hammer hammer(store(), clock());
  std::vector<std::thread> threads;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    threads.emplace_back([&hammer, seed] { hammer.Run(seed, 300); });
  }
  for (std::thread& thread : threads) thread.join();
  std::map<std::string, model::Version> in_feed;
  for (const model::Change& change : Poll(cursor).changes.keys) {
    EXPECT_GT(change.version, in_feed[change.key.key]) << "the feed is in the order of commits";
    in_feed[change.key.key] = change.version;
  }
  EXPECT_EQ(in_feed, hammer.acknowledged());
  for (const auto& [key, version] : hammer.acknowledged()) {
    EXPECT_EQ(Read(key).entry->version(), version);
  }
}

}  // namespace
}  // namespace coolkit::store
