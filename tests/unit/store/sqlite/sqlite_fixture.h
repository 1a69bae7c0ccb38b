// Why: tests of what only SQLite has need its file, plain SQL on it as other programs send it, and
// stores that come and go.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/sqlite/connection.h"
#include "store/sqlite/sqlite_store.h"
#include "unit/store/contract.h"
#include "unit/store/stores_under_test.h"
#include "unit/store/temp_dir.h"

namespace coolkit::store {

// Plain SQL, as the sqlite3 command would send it.
class PlainSql {
 public:
  explicit PlainSql(const std::string& path) {
    EXPECT_EQ(connection_.Open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, ""), SQLITE_OK);
    sqlite3_busy_timeout(connection_.get(), 10'000);
  }
  // Empty, or SQLite's message.
  std::string Run(const std::string& sql) {
    return connection_.Execute(sql.c_str()) == SQLITE_OK ? "" : sqlite3_errmsg(connection_.get());
  }
  std::string Text(const std::string& sql) {
    std::string value;
    EXPECT_EQ(QueryText(connection_, sql, value), SQLITE_OK) << sqlite3_errmsg(connection_.get());
    return value;
  }
  std::int64_t Int(const std::string& sql) {
    std::int64_t value = 0;
    EXPECT_EQ(QueryInt(connection_, sql, value), SQLITE_OK) << sqlite3_errmsg(connection_.get());
    return value;
  }
  [[nodiscard]] Connection& connection() { return connection_; }

 private:
  Connection connection_;
};

class SqliteTest : public testing::Test {
 protected:
  SqliteTest() { options_.path = dir_.File("coolkit.db"); }
  void TearDown() override { store_.reset(); }

  void Start() {
    const Result<void> started = TryStart();
    ASSERT_TRUE(started.has_value()) << started.error().detail;
  }
  Result<void> TryStart() {
    store_ = std::make_unique<SqliteStore>(options_, parts_.clock, parts_.metrics, parts_.log);
    return store_->Start();
  }
  // The sentence that somebody reads who starts a server on this path.
  std::string StartError(const std::string& path) {
    options_.path = path;
    const Result<void> started = TryStart();
    EXPECT_FALSE(started.has_value());
    return started.has_value() ? "" : started.error().detail;
  }
  void Stop() { store_.reset(); }
  [[nodiscard]] PlainSql Sql() { return PlainSql(options_.path); }
  [[nodiscard]] SqliteStore& store() { return *store_; }
  [[nodiscard]] BootTime In(milliseconds span) { return parts_.clock.Now() + span; }

  Result<WriteAnswer> Write(WriteOp op, milliseconds span = seconds(60)) {
    return StartWrite(std::move(op), span).get();
  }
  Got<WriteAnswer> StartWrite(WriteOp op, milliseconds span = seconds(60)) {
    auto [done, got] = MakeCompletion<WriteAnswer>();
    store_->Write(std::move(op), In(span), std::move(done));
    return std::move(got);
  }
  Result<ReadAnswer> Read(const std::string& key, milliseconds span = seconds(60)) {
    auto [done, got] = MakeCompletion<ReadAnswer>();
    store_->Read({K(key)}, In(span), std::move(done));
    return got.get();
  }
  // Of a read that must work.
  model::EntryPtr Entry(const std::string& key) {
    Result<ReadAnswer> answer = Read(key);
    EXPECT_TRUE(answer.has_value()) << answer.error().detail;
    return answer.has_value() ? answer->entries.at(0) : model::Entry::Create({});
  }
  model::Version Put(const std::string& key, const std::string& value) {
    Result<WriteAnswer> answer = Write(PutOp(key, value));
    EXPECT_TRUE(answer.has_value()) << answer.error().detail;
    return answer.has_value() ? answer->outcome.version : model::Version{};
  }
  FeedAnswer Poll(std::optional<FeedCursor> cursor) {
    auto [done, got] = MakeCompletion<FeedAnswer>();
    store_->Poll(std::move(cursor), In(seconds(60)), std::move(done));
    Result<FeedAnswer> answer = got.get();
    EXPECT_TRUE(answer.has_value()) << answer.error().detail;
    return answer.has_value() ? std::move(*answer) : FeedAnswer{};
  }

  TempDir dir_;
  SqliteParts parts_;
  SqliteOptions options_;
  std::unique_ptr<SqliteStore> store_;
};

}  // namespace coolkit::store
