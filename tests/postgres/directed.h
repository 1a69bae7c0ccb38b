// Why: tests that need more than the contract: a store, plain SQL beside it, load from threads.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "postgres/store_under_test.h"
#include "store/postgres/session.h"

namespace coolkit::store {

// A session of plain SQL.
class Sql {
 public:
  explicit Sql(const std::string& url) : session_(Connect(url)) {}
  void Run(const std::string& sql) {
    const Result<void> done = session_.Execute(sql);
    EXPECT_TRUE(done.has_value()) << sql << ": " << done.error().detail;
  }
  [[nodiscard]] bool Fails(const std::string& sql) { return !session_.Execute(sql).has_value(); }
  // What the server said; empty: it did it.
  [[nodiscard]] std::string ErrorOf(const std::string& sql) {
    const Result<void> done = session_.Execute(sql);
    return done ? std::string() : done.error().detail;
  }
  // All rows; NULL is empty.
  [[nodiscard]] std::vector<std::vector<std::string>> Rows(const std::string& sql) {
    const auto rows = session_.Query(sql.c_str());
    EXPECT_TRUE(rows.has_value()) << sql << ": " << rows.error().detail;
    std::vector<std::vector<std::string>> texts;
    if (!rows) return texts;
    for (const PgSession::Row& row : *rows) {
      std::vector<std::string>& text = texts.emplace_back();
      for (const auto& value : row) text.push_back(value.value_or(""));
    }
    return texts;
  }
  [[nodiscard]] std::string Ask(const std::string& sql) {
    const auto rows = session_.Query(sql.c_str());
    EXPECT_TRUE(rows.has_value()) << sql << ": " << rows.error().detail;
    return !rows || rows->empty() ? "" : (*rows)[0][0].value_or("");
  }

 private:
  static PgSession Connect(const std::string& url) {
    Result<PgSession> session = PgSession::Connect(url, seconds(10));
    CHECK(session.has_value());
    return std::move(*session);
  }
  PgSession session_;
};

class PostgresTest : public testing::Test {
 protected:
  void SetUp() override { Make({}); }
  void Make(PostgresOptions options) {
    if (options.url.empty()) options.url = SharedCluster()->CreateDatabase();
    under_test_.reset();
    under_test_ = std::make_unique<PostgresUnderTest>(options);
  }
  [[nodiscard]] Store& store() { return under_test_->store(); }
  [[nodiscard]] PostgresUnderTest& under_test() { return *under_test_; }
  [[nodiscard]] BootTime In(milliseconds wait) { return under_test_->clock().Now() + wait; }
  [[nodiscard]] Sql Session() { return Sql(under_test_->url()); }

  Got<WriteAnswer> StartWrite(WriteOp op, milliseconds wait = seconds(60)) {
    auto [done, got] = MakeCompletion<WriteAnswer>();
    store().Write(std::move(op), In(wait), std::move(done));
    return std::move(got);
  }
  WriteOutcome Write(WriteOp op) {
    const Result<WriteAnswer> answer = StartWrite(std::move(op)).get();
    EXPECT_TRUE(answer.has_value()) << answer.error().detail;
    return answer ? answer->outcome : WriteOutcome{};
  }
  Result<ReadAnswer> TryRead(const std::string& key) {
    auto [done, got] = MakeCompletion<ReadAnswer>();
    store().Read({K(key)}, In(seconds(30)), std::move(done));
    return got.get();
  }
  model::EntryPtr Read(const std::string& key) {
    const Result<ReadAnswer> answer = TryRead(key);
    EXPECT_TRUE(answer.has_value()) << answer.error().detail;
    return answer ? answer->entries.at(0) : model::EntryPtr();
  }
  FeedAnswer Poll(std::optional<FeedCursor> cursor) {
    auto [done, got] = MakeCompletion<FeedAnswer>();
    store().Poll(std::move(cursor), In(seconds(30)), std::move(done));
    Result<FeedAnswer> answer = got.get();
    EXPECT_TRUE(answer.has_value()) << answer.error().detail;
    return answer ? std::move(*answer) : FeedAnswer{};
  }

 private:
  std::unique_ptr<PostgresUnderTest> under_test_;
};

// Threads that put to keys of their own, one after the other, and remember what was acknowledged.
class Load {
 public:
  Load(Store& store, const Clock& clock, int threads) : store_(store), clock_(clock) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this, i] { Run(i); });
  }
  ~Load() { End(); }
  void End() {
    ended_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  struct Seen {
    std::string value;
    model::Version version;
  };
  [[nodiscard]] std::map<std::string, Seen> acknowledged() const {
    const MutexLock lock(mutex_);
    return acknowledged_;
  }
  [[nodiscard]] int writes() const { return writes_; }
  [[nodiscard]] int unknown() const { return unknown_; }
  [[nodiscard]] int failed() const { return failed_; }
  [[nodiscard]] bool versions_grew() const { return versions_grew_; }

 private:
  void Run(int thread) {
    for (int i = 0; !ended_; ++i) {
      const std::string key = "load" + std::to_string(thread) + "." + std::to_string(i % 3);
      const std::string value = std::to_string(thread) + "." + std::to_string(i);
      auto [done, got] = MakeCompletion<WriteAnswer>();
      store_.Write(PutOp(key, value), clock_.Now() + seconds(20), std::move(done));
      const Result<WriteAnswer> answer = got.get();
      if (answer) {
        ++writes_;
        const MutexLock lock(mutex_);
        Seen& seen = acknowledged_[key];
        if (answer->outcome.version <= seen.version) versions_grew_ = false;
        seen = {value, answer->outcome.version};
        maybe_.erase(key);
        continue;
      }
      (answer.error().code == ErrorCode::kOutcomeUnknown ? unknown_ : failed_) += 1;
      if (answer.error().code == ErrorCode::kOutcomeUnknown) {
        const MutexLock lock(mutex_);
        maybe_.insert(key);
      }
      std::this_thread::sleep_for(milliseconds(5));
    }
  }

  Store& store_;
  const Clock& clock_;
  mutable Mutex mutex_;
  std::map<std::string, Seen> acknowledged_;
  std::set<std::string> maybe_;
  std::atomic<int> writes_{0};
  std::atomic<int> unknown_{0};
  std::atomic<int> failed_{0};
  std::atomic<bool> versions_grew_{true};
  std::atomic<bool> ended_{false};
  std::vector<std::thread> threads_;
};

}  // namespace coolkit::store
