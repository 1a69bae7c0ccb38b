// What others do with plain SQL, and what a store does about it.
#include "postgres/directed.h"

namespace coolkit::store {
namespace {

class OutsiderTest : public PostgresTest {
 protected:
  static std::set<std::string> KeysOf(const FeedAnswer& answer) {
    std::set<std::string> keys;
    for (const model::Change& change : answer.changes.keys) keys.insert(change.key.key);
    return keys;
  }
};

TEST_F(OutsiderTest, PlainSqlIsInTheFeed) {
  const model::Version v = Write(PutOp("a", "1")).version;
  const FeedCursor cursor = Poll(std::nullopt).next;
  Sql other = Session();
  other.Run("INSERT INTO coolkit.kv (collection, key, value) VALUES ('things', 'b', 'x')");
  other.Run("UPDATE coolkit.kv SET value = 'y' WHERE key = 'a'");
  other.Run("INSERT INTO coolkit.kv (collection, key, value) VALUES ('things', 'c', 'z')");
  other.Run("DELETE FROM coolkit.kv WHERE key = 'c'");
  EXPECT_EQ(KeysOf(Poll(cursor)), (std::set<std::string>{"a", "b", "c"}));
  EXPECT_EQ(Read("a")->value(), "y");
  EXPECT_GT(Read("a")->version(), v);
  EXPECT_FALSE(Read("c")->present());
  EXPECT_GT(Write(PutOp("a", "2")).version, Read("b")->version());
}

// A cheap rule stands for the regular expression that it was; by plain SQL any name can be tried.
TEST_F(OutsiderTest, TheNameOfACollectionIsWhatItMayBe) {
  Sql other = Session();
  other.Run(R"(
    CREATE TEMPORARY TABLE tried AS
      SELECT DISTINCT f || m || l AS name
      FROM unnest(ARRAY['', 'a', 'z', '0', '9', '_', '-', 'A', '/', ':', '`', '{', 'é', E'
', ' '])
             AS f,
           unnest(ARRAY['', 'm', '_', '-', '.', 'N', 'ſ', repeat('k', 62)]) AS m,
           unnest(ARRAY['', 'b', '0', '_', '-', '%', E'
', 'ä', 'Z']) AS l;
    CREATE TEMPORARY TABLE taken (name text);
    DO $$ DECLARE n text; BEGIN
      FOR n IN SELECT name FROM tried LOOP
        BEGIN
          INSERT INTO coolkit.kv (collection, key, value) VALUES (n, 'k', 'x');
          INSERT INTO taken VALUES (n);
        EXCEPTION WHEN check_violation THEN NULL;
        END;
      END LOOP;
    END $$)");
  const std::string rule = R"(name COLLATE "C" ~ '^[a-z0-9][a-z0-9_-]{0,63}$')";
  EXPECT_EQ(
      other.Ask("SELECT count(*) FROM tried WHERE name IN (SELECT * FROM taken) <> (" + rule + ")"),
      "0");
  EXPECT_EQ(other.Ask("SELECT bool_and(x) FROM (SELECT count(*) > 20 AS x FROM tried GROUP BY " +
                      rule + ") AS each_side"),
            "t");
}

TEST_F(OutsiderTest, ALongTransactionIsSeenOnlyWhenItCommits) {
  const FeedCursor before = Poll(std::nullopt).next;
  Sql other = Session();
  other.Run("BEGIN; INSERT INTO coolkit.kv (collection, key, value) VALUES ('things', 'l', 'x')");
  Write(PutOp("a", "1"));
  const FeedAnswer during = Poll(before);
  EXPECT_EQ(KeysOf(during), (std::set<std::string>{"a"}));
  other.Run("COMMIT");
  const FeedAnswer after = Poll(during.next);
  EXPECT_EQ(KeysOf(after), (std::set<std::string>{"l"})) << "a cursor by number would miss it";
  EXPECT_GT(after.next.position, during.next.position);
}

TEST_F(OutsiderTest, ABulkStatementNamesItsCollections) {
  const FeedCursor cursor = Poll(std::nullopt).next;
  Session().Run(
      "INSERT INTO coolkit.kv (collection, key, value) "
      "SELECT 'bulk', 'k' || i, 'v' FROM generate_series(1, 10001) i");
  const FeedAnswer answer = Poll(cursor);
  EXPECT_TRUE(answer.changes.keys.empty());
  EXPECT_EQ(answer.changes.collections, std::vector<std::string>{"bulk"});
}

TEST_F(OutsiderTest, TruncateFlushesAndLaterVersionsAreHigher) {
  const model::Version v = Write(PutOp("a", "1")).version;
  const FeedCursor cursor = Poll(std::nullopt).next;
  Session().Run("TRUNCATE coolkit.entry");
  const FeedAnswer answer = Poll(cursor);
  EXPECT_TRUE(answer.changes.everything);
  EXPECT_FALSE(Read("a")->present());
  EXPECT_GT(Write(PutOp("a", "2")).version, v);
}

TEST_F(OutsiderTest, AnotherIncarnationIsLearnedAndNothingIsLost) {
  const model::Version v = Write(PutOp("a", "1")).version;
  const FeedAnswer before = Poll(std::nullopt);
  Session().Run("SELECT coolkit.after_restore()");
  const WriteOutcome written = Write(PutOp("a", "2"));  // names the old one: KV001, then again
  EXPECT_EQ(written.kind, WriteOutcome::Kind::kWritten);
  EXPECT_GT(written.version, v);
  const FeedAnswer after = Poll(before.next);
  EXPECT_TRUE(after.gap);
  EXPECT_FALSE(after.snapshot.incarnation == before.snapshot.incarnation);
  EXPECT_GT(after.snapshot.incarnation.base, before.snapshot.incarnation.base);
}

TEST_F(OutsiderTest, ALostIncarnationIsBegunAgainByWhoeverComesFirst) {
  Write(PutOp("a", "1"));
  for (int i = 0; i < 3; ++i) {
    const FeedCursor cursor = Poll(std::nullopt).next;
    Session().Run("DELETE FROM coolkit.incarnation");
    if (i == 0) {
      EXPECT_EQ(Read("a")->value(), "1");
    } else if (i == 1) {
      EXPECT_EQ(Write(PutOp("a", "1")).kind, WriteOutcome::Kind::kWritten);
    }
    EXPECT_TRUE(Poll(cursor).gap);
  }
}

TEST_F(OutsiderTest, ALostConnectionIsReplaced) {
  Write(PutOp("a", "1"));
  Session().Run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
      "WHERE application_name = 'coolkit' AND datname = current_database()");
  EXPECT_EQ(Read("a")->value(), "1");
  EXPECT_EQ(Write(PutOp("a", "2")).kind, WriteOutcome::Kind::kWritten);
}

TEST_F(OutsiderTest, PreparedStatementsSurviveAChangeOfTheSchema) {
  Write(PutOp("a", "1"));
  Session().Run("ALTER TABLE coolkit.entry ADD COLUMN extra int");
  EXPECT_EQ(Read("a")->value(), "1");
  EXPECT_EQ(Write(PutOp("a", "2")).kind, WriteOutcome::Kind::kWritten);
}

}  // namespace
}  // namespace coolkit::store
