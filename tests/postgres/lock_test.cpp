// Rows that somebody else has locked, batches from two sides, writes that fail alone.
#include "base/random.h"
#include "postgres/directed.h"

namespace coolkit::store {
namespace {

using LockTest = PostgresTest;

std::vector<std::string> Keys(int count) {
  std::vector<std::string> keys;
  for (int i = 0; i < count; ++i) keys.push_back("k" + std::to_string(i));
  return keys;
}

TEST_F(LockTest, ALockedRowHoldsUpOnlyItsOwnKey) {
  for (const std::string& key : Keys(40)) Write(PutOp(key, "old"));
  Sql other = Session();
  other.Run("BEGIN; SELECT * FROM coolkit.entry WHERE key = 'k7' FOR UPDATE");
  std::map<std::string, Got<WriteAnswer>> got;
  for (const std::string& key : Keys(40)) got.emplace(key, StartWrite(PutOp(key, "new")));
  Got<WriteAnswer> second = StartWrite(PutOp("k7", "newer"));
  for (auto& [key, answer] : got) {
    if (key == "k7") continue;
    ASSERT_EQ(answer.wait_for(seconds(20)), std::future_status::ready) << key;
    EXPECT_TRUE(answer.get().has_value()) << key;
  }
  EXPECT_EQ(got.at("k7").wait_for(seconds(0)), std::future_status::timeout);
  EXPECT_EQ(Read("k7")->value(), "old");
  Write(PutOp("k8", "newest"));  // the lane of the others is free
  other.Run("COMMIT");
  EXPECT_TRUE(got.at("k7").get().has_value());
  EXPECT_TRUE(second.get().has_value());
  EXPECT_EQ(Read("k7")->value(), "newer") << "the order of one key stays";
}

TEST_F(LockTest, ALockedKeyWaitsUntilItsDeadline) {
  Write(PutOp("a", "old"));
  Sql other = Session();
  other.Run("BEGIN; UPDATE coolkit.kv SET value = 'x' WHERE key = 'a'");
  const Result<WriteAnswer> late = StartWrite(PutOp("a", "new"), milliseconds(700)).get();
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, ErrorCode::kDeadlineExceeded);
  other.Run("ROLLBACK");
  EXPECT_EQ(Read("a")->value(), "old") << "what failed surely did not happen";
  EXPECT_EQ(Write(PutOp("a", "newer")).kind, WriteOutcome::Kind::kWritten);
}

TEST_F(LockTest, AnInsertThatIsNotCommittedHoldsUpOnlyItsOwnKey) {
  Sql other = Session();
  other.Run("BEGIN; INSERT INTO coolkit.kv (collection, key, value) VALUES ('things', 'k3', 'x')");
  std::map<std::string, Got<WriteAnswer>> got;
  for (const std::string& key : Keys(12)) got.emplace(key, StartWrite(PutOp(key, "new")));
  for (auto& [key, answer] : got) {
    if (key == "k3") continue;
    ASSERT_EQ(answer.wait_for(seconds(20)), std::future_status::ready) << key;
    EXPECT_TRUE(answer.get().has_value()) << key;
  }
  other.Run("COMMIT");
  const Result<WriteAnswer> answer = got.at("k3").get();
  ASSERT_TRUE(answer.has_value());
  EXPECT_FALSE(answer->outcome.created);
}

TEST_F(LockTest, TwoStoresOnOneDatabaseDoNotBlockEachOther) {
  PostgresOptions options;
  options.url = under_test().url();
  // Else lock_timeout ends a deadlock before the server looks for one.
  Session().Run(
      "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = ''5ms''', "
      "current_database()); END $$");
  Make(options);
  PostgresUnderTest second(options);
  std::atomic<int> errors{0};
  const auto hammer = [&](Store& store, const Clock& clock, std::uint64_t seed) {
    SeededRandom random(seed);
    for (int round = 0; round < 15; ++round) {
      std::vector<Got<WriteAnswer>> got;
      for (int i = 0; i < 40; ++i) {
        auto [done, answer] = MakeCompletion<WriteAnswer>();
        store.Write(PutOp("k" + std::to_string(random.Below(60)), "v"), clock.Now() + seconds(60),
                    std::move(done));
        got.push_back(std::move(answer));
      }
      for (Got<WriteAnswer>& answer : got) errors += answer.get().has_value() ? 0 : 1;
    }
  };
  std::thread one([&] { hammer(store(), under_test().clock(), 1); });
  std::thread two([&] { hammer(second.store(), second.clock(), 2); });
  one.join();
  two.join();
  EXPECT_EQ(errors, 0);
  EXPECT_EQ(Session().Ask("SELECT deadlocks FROM pg_stat_database WHERE datname = "
                          "current_database()"),
            "0");
}

TEST_F(LockTest, AnAtomicBatchWaitsForALockedRow) {
  Write(PutOp("a", "old"));
  Sql other = Session();
  other.Run("BEGIN; SELECT * FROM coolkit.entry WHERE key = 'a' FOR UPDATE");
  auto [done, got] = MakeCompletion<AtomicAnswer>();
  store().WriteAtomic({PutOp("a", "1"), PutOp("b", "1")}, In(seconds(30)), std::move(done));
  EXPECT_EQ(got.wait_for(milliseconds(300)), std::future_status::timeout);
  Write(PutOp("c", "1"));
  other.Run("COMMIT");
  const Result<AtomicAnswer> answer = got.get();
  ASSERT_TRUE(answer.has_value()) << answer.error().detail;
  EXPECT_TRUE(answer->committed);
}

// The API never lets such a key through; the store must not let it harm others all the same.
TEST_F(LockTest, ARefusedWriteOfABatchFailsAlone) {
  std::vector<Got<WriteAnswer>> good;
  Got<WriteAnswer> bad = StartWrite(PutOp("\xff\xfe", "v"));
  for (const std::string& key : Keys(20)) good.push_back(StartWrite(PutOp(key, "v")));
  WriteOp wrong = PutOp("k", "v");
  wrong.key = model::Key("WRONG", "k");
  Got<WriteAnswer> refused = StartWrite(std::move(wrong));
  for (Got<WriteAnswer>& answer : good) EXPECT_TRUE(answer.get().has_value());
  EXPECT_EQ(bad.get().error().code, ErrorCode::kStorageError);
  EXPECT_EQ(refused.get().error().code, ErrorCode::kStorageError);
}

TEST_F(LockTest, LargeAndSmallValuesOfOneKeyStayInOrder) {
  std::vector<Got<WriteAnswer>> got;
  for (int i = 0; i < 6; ++i) {
    const std::size_t bytes = i % 2 == 0 ? 400'000 : 10;
    got.push_back(StartWrite(PutOp("a", std::string(bytes, static_cast<char>('a' + i)))));
    got.push_back(StartWrite(PutOp("b" + std::to_string(i), std::string(bytes, 'x'))));
  }
  model::Version last{0};
  for (std::size_t i = 0; i < got.size(); ++i) {
    const Result<WriteAnswer> answer = got[i].get();
    ASSERT_TRUE(answer.has_value());
    if (i % 2 != 0) continue;
    EXPECT_GT(answer->outcome.version, last);
    last = answer->outcome.version;
  }
  EXPECT_EQ(Read("a")->value(), std::string(10, 'f'));
}

}  // namespace
}  // namespace coolkit::store
