// What other programs do to the file with plain SQL: everybody's writes get versions and reach the
// feed, and a file that is copied, replaced or put back begins a new life.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>

#include "unit/store/sqlite/sqlite_fixture.h"

namespace coolkit::store {
namespace {

using testing::HasSubstr;

class PlainSqlTest : public SqliteTest {
 protected:
  void SetUp() override {
    parts_.clock.FollowRealTime();  // the triggers' clock
    Start();
  }
  // Runs `sql`, which changes `key` alone: the feed must say so, with a version above all others.
  void ExpectChange(const std::string& sql, const std::string& key) {
    const FeedAnswer before = Poll(std::nullopt);
    const model::Version version = Entry(key)->version();
    const model::Version absent = Entry("never")->version();
    ASSERT_EQ(Sql().Run(sql), "") << sql;
    const FeedAnswer after = Poll(before.next);
    ASSERT_EQ(after.changes.keys.size(), 1u) << sql;
    EXPECT_EQ(after.changes.keys[0].key.key, key) << sql;
    EXPECT_EQ(after.changes.keys[0].version, Entry(key)->version()) << sql;
    EXPECT_GT(Entry(key)->version(), version) << sql;
    EXPECT_GT(Entry(key)->version(), absent) << sql;
    EXPECT_GT(after.next.position, before.next.position) << sql;
  }
  std::string Value(const std::string& key) {
    const model::EntryPtr entry = Entry(key);
    return entry->present() ? std::string(entry->value()) : "(absent)";
  }
};

TEST_F(PlainSqlTest, WritesThroughTheView) {
  ExpectChange("INSERT INTO kv (collection, key, value) VALUES ('things', 'a', 'one')", "a");
  EXPECT_EQ(Value("a"), "one");
  EXPECT_GT(Entry("a")->modified_at(), DbTime{});
  ExpectChange("UPDATE kv SET value = 'two', content_type = 'text/html' WHERE key = 'a'", "a");
  EXPECT_EQ(Value("a"), "two");
  EXPECT_EQ(Entry("a")->content_type(), "text/html");
  ExpectChange("UPDATE kv SET value = value WHERE key = 'a'", "a");
  ExpectChange("INSERT OR REPLACE INTO kv (collection, key, value) VALUES ('things', 'a', 'three')",
               "a");
  EXPECT_EQ(Value("a"), "three");
  ExpectChange("DELETE FROM kv WHERE key = 'a'", "a");
  EXPECT_EQ(Value("a"), "(absent)");
  ExpectChange("INSERT INTO kv (collection, key, value) VALUES ('things', 'a', 'four')", "a");
  EXPECT_EQ(Value("a"), "four");
  Put("a", "five");
  ExpectChange("UPDATE kv SET expires_at = 1 WHERE key = 'a'", "a");
  EXPECT_EQ(Value("a"), "(absent)");
  ExpectChange("INSERT INTO kv (collection, key, value) VALUES ('things', 'a', 'six')", "a");
  EXPECT_EQ(Value("a"), "six");
}

TEST_F(PlainSqlTest, WritesToTheTable) {
  ExpectChange("INSERT INTO entry (collection, key, value) VALUES ('things', 'a', x'31')", "a");
  ExpectChange("UPDATE entry SET value = x'32' WHERE key = 'a'", "a");
  ExpectChange("UPDATE entry SET version = 1, value = x'33' WHERE key = 'a'", "a");
  ExpectChange(
      "INSERT INTO entry (collection, key, value) VALUES ('things', 'a', x'34') "
      "ON CONFLICT (collection, key) DO UPDATE SET value = excluded.value",
      "a");
  EXPECT_EQ(Value("a"), "4");
  ExpectChange("UPDATE entry SET value = NULL WHERE key = 'a'", "a");
  EXPECT_EQ(Value("a"), "(absent)");
  ExpectChange("INSERT INTO entry (collection, key, value) VALUES ('things', 'a', x'35')", "a");
  ExpectChange("DELETE FROM entry WHERE key = 'a'", "a");
  EXPECT_EQ(Value("a"), "(absent)");
}

TEST_F(PlainSqlTest, RowsPutBackWithOldVersionsGetNewOnes) {
  Put("a", "1");
  ASSERT_EQ(Sql().Run("CREATE TEMP TABLE saved AS SELECT * FROM entry; SELECT 1;"), "");
  PlainSql sql = Sql();
  ASSERT_EQ(sql.Run("CREATE TEMP TABLE saved AS SELECT * FROM entry"), "");
  Put("a", "2");
  const model::Version deleted = Write(DeleteOp("a"))->outcome.version;
  ASSERT_EQ(sql.Run("DELETE FROM entry; INSERT INTO entry SELECT * FROM saved;"), "");
  EXPECT_EQ(Value("a"), "1");
  EXPECT_GT(Entry("a")->version(), deleted);
}

TEST_F(PlainSqlTest, TombstonesOfPlainDeletesOrderLaterWrites) {
  Put("a", "1");
  Put("b", "1");
  const FeedCursor cursor = Poll(std::nullopt).next;
  ASSERT_EQ(Sql().Run("DELETE FROM entry"), "");
  EXPECT_EQ(Poll(cursor).changes.keys.size(), 2u);
  EXPECT_EQ(Sql().Int("SELECT count(*) FROM entry"), 2) << "tombstones";
  EXPECT_EQ(Sql().Int("SELECT count(*) FROM kv"), 0);
  const model::Version tombstone = Entry("a")->version();
  ASSERT_EQ(Sql().Run("DELETE FROM entry"), "");
  EXPECT_EQ(Sql().Int("SELECT count(*) FROM entry"), 0) << "the dead may go";
  EXPECT_GT(Entry("a")->version(), tombstone);
  EXPECT_GT(Put("a", "2"), tombstone);
}

TEST_F(PlainSqlTest, WhatIsRefused) {
  Put("a", "1");
  Put("b", "1");
  EXPECT_THAT(Sql().Run("UPDATE kv SET key = 'c' WHERE key = 'a'"), HasSubstr("renamed"));
  EXPECT_THAT(Sql().Run("UPDATE entry SET collection = 'c' WHERE key = 'a'"), HasSubstr("renamed"));
  EXPECT_THAT(Sql().Run("UPDATE kv SET value = NULL WHERE key = 'a'"), HasSubstr("a value is"));
  EXPECT_THAT(Sql().Run("INSERT INTO kv (collection, key) VALUES ('things', 'z')"),
              HasSubstr("a value is"));
  EXPECT_THAT(Sql().Run("INSERT INTO kv (collection, key, value) VALUES ('Things', 'z', '')"),
              HasSubstr("CHECK"));
  EXPECT_THAT(Sql().Run("INSERT INTO kv (collection, key, value) VALUES ('things', '', '')"),
              HasSubstr("CHECK"));
  EXPECT_THAT(Sql().Run("INSERT INTO kv (collection, key, value, content_type) "
                        "VALUES ('things', 'z', '', 'a' || char(13) || char(10) || 'X: y')"),
              HasSubstr("CHECK"));
  EXPECT_THAT(Sql().Run("DELETE FROM change"), HasSubstr("must stay"));
  EXPECT_THAT(Sql().Run("INSERT INTO kv (collection, key, value) VALUES ('things', 'a', '2')"),
              HasSubstr("UNIQUE"));
  EXPECT_EQ(Value("a"), "1");
}

TEST_F(PlainSqlTest, PrunedByHandIsAGapAndNotALoss) {
  const FeedCursor cursor = Poll(std::nullopt).next;
  Put("a", "1");
  Put("b", "1");
  const FeedCursor later = Poll(std::nullopt).next;
  Put("c", "1");
  ASSERT_EQ(Sql().Run("DELETE FROM change WHERE number < (SELECT max(number) FROM change)"), "");
  EXPECT_TRUE(Poll(cursor).gap);
  EXPECT_FALSE(Poll(later).gap);
  EXPECT_EQ(Poll(later).changes.keys.size(), 1u);
}

TEST_F(PlainSqlTest, FlushRowsReachTheFeed) {
  const FeedCursor cursor = Poll(std::nullopt).next;
  ASSERT_EQ(Sql().Run("INSERT INTO change (version, collection) VALUES (1, 'things')"), "");
  EXPECT_EQ(Poll(cursor).changes.collections, (std::vector<std::string>{"things"}));
  ASSERT_EQ(Sql().Run("INSERT INTO change (version) VALUES (1)"), "");
  EXPECT_TRUE(Poll(cursor).changes.everything);
}

TEST_F(PlainSqlTest, ForeignRowsCanNotHarmReaders) {
  ASSERT_EQ(Sql().Run("PRAGMA ignore_check_constraints = ON;"
                      "INSERT INTO entry (collection, key, value, content_type) VALUES"
                      " ('things', 'a', x'31', 'a' || char(13) || char(10) || 'X: y'),"
                      " ('things', 'b', x'31', hex(zeroblob(300))),"
                      " ('things', CAST(x'ff' AS TEXT), x'31', NULL),"
                      " ('things', hex(zeroblob(600)), x'31', NULL)"),
            "");
  EXPECT_EQ(Entry("a")->content_type(), "application/octet-stream");
  EXPECT_EQ(Entry("b")->content_type(), "application/octet-stream");
  auto [done, got] = MakeCompletion<ListAnswer>();
  ListRequest request;
  request.collection = "things";
  store().List(request, In(seconds(60)), std::move(done));
  const Result<ListAnswer> list = got.get();
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(list->rows.size(), 2u) << "keys that no request can name are left out";
}

TEST_F(PlainSqlTest, WhatIsLeftOutDoesNotEndAList) {
  ASSERT_EQ(Sql().Run("INSERT INTO kv (collection, key, value) VALUES ('things', '.', x'31'),"
                      " ('things', '..', x'31'), ('things', 'a', x'31'),"
                      " ('things', CAST(x'62ff' AS TEXT), x'31'), ('things', 'c', x'31')"),
            "");
  auto [done, got] = MakeCompletion<ListAnswer>();
  ListRequest request;
  request.collection = "things";
  request.limit = 1;
  store().List(request, In(seconds(60)), std::move(done));
  const Result<ListAnswer> list = got.get();
  ASSERT_TRUE(list.has_value());
  ASSERT_EQ(list->rows.size(), 1u);
  EXPECT_TRUE(list->more);
}

TEST_F(PlainSqlTest, TriggersOfOthersDoNotConfuseResults) {
  ASSERT_EQ(Sql().Run("CREATE TABLE audit (key TEXT);"
                      "CREATE TRIGGER audit AFTER UPDATE ON entry WHEN NEW.collection = 'things' "
                      "BEGIN INSERT INTO audit VALUES (NEW.key);"
                      "INSERT OR REPLACE INTO kv (collection, key, value) "
                      "VALUES ('log', 'last', NEW.key); END"),
            "");
  Put("a", "1");
  const model::Version second = Put("a", "2");
  EXPECT_EQ(Entry("a")->version(), second);
  const model::Version third = Put("a", "3");
  EXPECT_GT(third, second);
  EXPECT_EQ(Entry("a")->version(), third);
  EXPECT_EQ(Sql().Int("SELECT count(*) FROM audit"), 2);
}

TEST_F(PlainSqlTest, ACopyBeginsANewLife) {
  const model::Version version = Put("a", "1");
  const FeedCursor cursor = Poll(std::nullopt).next;
  Stop();
  std::filesystem::copy_file(options_.path, dir_.File("copy.db"));
  std::filesystem::rename(dir_.File("copy.db"), options_.path);
  Start();
  EXPECT_TRUE(Poll(cursor).gap);
  EXPECT_FALSE(Poll(std::nullopt).next.incarnation == cursor.incarnation);
  EXPECT_EQ(Value("a"), "1");
  EXPECT_EQ(Entry("a")->version(), version);
  EXPECT_GT(Put("a", "2"), version);
}

TEST_F(PlainSqlTest, ARestartAndARenameKeepTheLife) {
  Put("a", "1");
  const FeedCursor cursor = Poll(std::nullopt).next;
  Stop();
  std::filesystem::rename(options_.path, dir_.File("renamed.db"));
  options_.path = dir_.File("renamed.db");
  Start();
  Put("b", "1");
  const FeedAnswer answer = Poll(cursor);
  EXPECT_FALSE(answer.gap);
  EXPECT_EQ(answer.changes.keys.size(), 1u);
}

// A file that was put back in place while nothing ran can't be told from its own past, but its
// lost versions are not handed out again.
TEST_F(PlainSqlTest, RestoredInPlaceDoesNotRepeatVersions) {
  Put("a", "1");
  Stop();
  std::filesystem::copy_file(options_.path, dir_.File("backup.db"));
  Start();
  std::vector<model::Version> lost;
  for (int i = 0; i < 20; ++i) lost.push_back(Put("a", "lost"));
  Stop();
  std::filesystem::copy_file(dir_.File("backup.db"), options_.path,
                             std::filesystem::copy_options::overwrite_existing);
  Start();
  EXPECT_EQ(Value("a"), "1");
  EXPECT_GT(Put("a", "2"), *std::max_element(lost.begin(), lost.end()));
}

// `.restore` of the sqlite3 command, into a running store.
TEST_F(PlainSqlTest, GoingBackWhileRunningBeginsANewLife) {
  Put("a", "1");
  ASSERT_EQ(Sql().Run("VACUUM INTO '" + dir_.File("backup.db") + "'"), "");
  for (int i = 0; i < 10; ++i) Put("a", "lost");
  const FeedCursor cursor = Poll(std::nullopt).next;
  const model::Version lost = Put("a", "lost too");
  {
    PlainSql from(dir_.File("backup.db"));
    PlainSql to = Sql();
    sqlite3_backup* backup =
        sqlite3_backup_init(to.connection().get(), "main", from.connection().get(), "main");
    ASSERT_NE(backup, nullptr);
    EXPECT_EQ(sqlite3_backup_step(backup, -1), SQLITE_DONE);
    ASSERT_EQ(sqlite3_backup_finish(backup), SQLITE_OK);
  }
  // The first to notice is refused, whether it reads or writes; then the new life has begun.
  Result<ReadAnswer> first = Read("a");
  EXPECT_TRUE(first || first.error().code == ErrorCode::kDatabaseUnavailable);
  const model::Version version = Put("a", "2");
  EXPECT_GT(version, lost);
  const FeedAnswer answer = Poll(cursor);
  EXPECT_TRUE(answer.gap);
  EXPECT_FALSE(answer.next.incarnation == cursor.incarnation);
  EXPECT_EQ(Value("a"), "2");
}

TEST_F(PlainSqlTest, AReplacedFileIsOpenedAgain) {
  Stop();
  options_.reopen_pause = milliseconds(1);
  Start();
  Put("a", "1");
  const FeedCursor cursor = Poll(std::nullopt).next;
  ASSERT_EQ(Sql().Run("VACUUM INTO '" + dir_.File("other.db") + "'"), "");
  Put("a", "2");
  const std::string elsewhere = dir_.File("elsewhere.db");
  for (const char* part : {"", "-wal", "-shm"}) {
    std::filesystem::rename(options_.path + part, elsewhere + part);
  }
  const Result<WriteAnswer> refused = Write(PutOp("b", "1"));
  ASSERT_FALSE(refused.has_value()) << "an unlinked file must not take writes";
  EXPECT_EQ(refused.error().code, ErrorCode::kDatabaseUnavailable);
  std::filesystem::rename(dir_.File("other.db"), options_.path);
  // For a moment the answer may still be that of the last attempt.
  Result<WriteAnswer> written = Write(PutOp("b", "1"));
  for (int i = 0; i < 1000 && !written; ++i) written = Write(PutOp("b", "1"), milliseconds(100));
  ASSERT_TRUE(written.has_value()) << written.error().detail;
  EXPECT_EQ(Value("a"), "1");
  EXPECT_TRUE(Poll(cursor).gap);
  EXPECT_FALSE(Poll(std::nullopt).next.incarnation == cursor.incarnation);
}

// The log of the old file must not be played into the new one.
TEST_F(PlainSqlTest, AReplacedFileWithTheOldLogIsRefused) {
  Stop();
  options_.reopen_pause = milliseconds(1);
  Start();
  ASSERT_EQ(Sql().Run("VACUUM INTO '" + dir_.File("other.db") + "'"), "");
  Put("a", "1");
  const std::string aside = dir_.File("aside.db");
  std::filesystem::rename(options_.path, aside);
  std::filesystem::rename(dir_.File("other.db"), options_.path);
  for (int i = 0; i < 20; ++i) {
    const Result<WriteAnswer> refused = Write(PutOp("b", "1"));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::kDatabaseUnavailable);
    EXPECT_FALSE(Read("a").has_value());
  }
  std::filesystem::rename(aside, options_.path);
  Result<WriteAnswer> written = Write(PutOp("b", "1"));
  for (int i = 0; i < 100'000 && !written; ++i) written = Write(PutOp("b", "1"));
  ASSERT_TRUE(written.has_value()) << written.error().detail;
  EXPECT_EQ(Value("a"), "1");
  Stop();
  EXPECT_THAT(parts_.log_lines, HasSubstr("belong to the one before"));
}

}  // namespace
}  // namespace coolkit::store
