// What the protocol's rules ask of the database, of a real one: the simulation breaks the same
// rules in its model (docs/correctness.md).
#include <algorithm>

#include "postgres/directed.h"

namespace coolkit::store {
namespace {

class RuleTest : public PostgresTest {
 protected:
  std::size_t Collect() {
    auto [done, got] = MakeCompletion<std::size_t>();
    store().Collect(milliseconds(0), 1000, std::move(done));
    return got.get().value_or(9999);
  }
  std::size_t Prune(FeedCursor mark) {
    auto [done, got] = MakeCompletion<std::size_t>();
    store().Prune(std::move(mark), 1000, std::move(done));
    return got.get().value_or(9999);
  }
  static bool Names(const FeedAnswer& answer, const std::string& key) {
    return std::ranges::any_of(answer.changes.keys,
                               [&](const model::Change& change) { return change.key.key == key; });
  }
  static std::string Insert(const std::string& key) {
    return "INSERT INTO coolkit.kv (collection, key, value) VALUES ('things', '" + key + "', 'x')";
  }
};

// The transaction has its id and has not written: collected, the version would go back.
TEST_F(RuleTest, R13ATombstoneStaysAsLongAsAnOlderTransactionMayWrite) {
  Sql older = Session();
  older.Run("BEGIN");
  ASSERT_FALSE(older.Ask("SELECT pg_current_xact_id()").empty());
  Write(PutOp("a", "1"));
  const model::Version deleted = Write(DeleteOp("a")).version;
  EXPECT_EQ(Collect(), 0u);
  older.Run(Insert("a"));
  older.Run("COMMIT");
  EXPECT_GT(Read("a")->version(), deleted);
  Write(DeleteOp("a"));
  EXPECT_EQ(Collect(), 1u);
}

TEST_F(RuleTest, R13APlainDeleteLeavesATombstone) {
  const model::Version written = Write(PutOp("a", "1")).version;
  Session().Run("DELETE FROM coolkit.kv WHERE key = 'a'");
  EXPECT_EQ(Session().Ask("SELECT count(*) FROM coolkit.entry WHERE key = 'a'"), "1");
  EXPECT_FALSE(Read("a")->present());
  EXPECT_GT(Read("a")->version(), written);
}

// Not xmax, and not the newest id: a transaction that is under way counts when it ends.
TEST_F(RuleTest, R10APositionCountsWhatHasEnded) {
  Sql older = Session();
  older.Run("BEGIN");
  ASSERT_FALSE(older.Ask("SELECT pg_current_xact_id()").empty());
  const model::Position before = Poll(std::nullopt).snapshot.position;
  const Result<WriteAnswer> write = StartWrite(PutOp("a", "1")).get();
  ASSERT_TRUE(write);
  EXPECT_GT(write->snapshot.position, before);  // a statement after the COMMIT
  older.Run(Insert("b"));
  older.Run("COMMIT");
  EXPECT_GT(Poll(std::nullopt).snapshot.position, write->snapshot.position);
}

TEST_F(RuleTest, R19ASubtransactionsChangeComesWithItsTransaction) {
  Sql other = Session();
  other.Run("BEGIN");
  other.Run("SAVEPOINT one");
  other.Run(Insert("sub"));
  other.Run("RELEASE one");
  Write(PutOp("a", "1"));
  const FeedCursor during = Poll(std::nullopt).next;
  other.Run("COMMIT");
  EXPECT_TRUE(Names(Poll(during), "sub"));
}

TEST_F(RuleTest, R19TriggersFireForReplicationToolsToo) {
  const FeedCursor cursor = Poll(std::nullopt).next;
  Sql tool = Session();
  tool.Run("SET session_replication_role = replica");
  tool.Run(Insert("restored"));
  EXPECT_TRUE(Names(Poll(cursor), "restored"));
}

// Its change row is older than the mark; its COMMIT is not.
TEST_F(RuleTest, R16PruningKeepsWhatTheMarkDidNotSee) {
  const FeedCursor first = Poll(std::nullopt).next;
  Sql late = Session();
  late.Run("BEGIN");
  late.Run(Insert("late"));
  Write(PutOp("a", "1"));
  const FeedCursor mark = Poll(first).next;
  Write(PutOp("b", "1"));
  late.Run("COMMIT");
  Prune(mark);
  const FeedAnswer after = Poll(mark);
  EXPECT_FALSE(after.gap);
  EXPECT_TRUE(Names(after, "late"));
  EXPECT_TRUE(Names(after, "b"));
}

TEST_F(RuleTest, R16ACursorBelowTheFloorIsAGap) {
  const FeedCursor first = Poll(std::nullopt).next;
  Write(PutOp("a", "1"));
  const FeedCursor mark = Poll(first).next;
  EXPECT_GE(Prune(mark), 1u);
  EXPECT_TRUE(Poll(first).gap);
  EXPECT_FALSE(Poll(mark).gap);
}

}  // namespace
}  // namespace coolkit::store
