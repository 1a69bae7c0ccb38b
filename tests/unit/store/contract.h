// Why: what Store means, as tests that every store must pass. A fixture over a list of stores, with
// calls that wait for their answer; the tests are in contract_*_test.cpp.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "store/coordination.h"
#include "store/store.h"

namespace coolkit::store {

// The real clock, with a wall clock of the test's own: it begins in the past, so that moving it on
// never passes the real time (SQLite's triggers read that).
class TestClock final : public Clock {
 public:
  [[nodiscard]] BootTime Now() const override { return system_.Now(); }
  [[nodiscard]] std::chrono::system_clock::time_point WallNow() const override {
    return system_.WallNow() + microseconds(offset_us_.load());
  }
  void AdvanceWall(microseconds by) {
    offset_us_ += by.count();
    if (on_advance_) on_advance_(by);
  }
  // A database with a clock of its own follows.
  void OnAdvance(std::function<void(microseconds)> follow) { on_advance_ = std::move(follow); }
  void FollowRealTime() { offset_us_ = 0; }

 private:
  SystemClock system_;
  std::atomic<std::int64_t> offset_us_{-500LL * 24 * 3600 * 1'000'000};
  std::function<void(microseconds)> on_advance_;
};

struct ContractLimits {
  std::size_t reads_max = 4096;
  std::size_t writes_max = 4096;
  std::size_t changes_per_poll_max = 100'000;
};

// A started store and what it stands on.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  [[nodiscard]] virtual Store& store() = 0;
  [[nodiscard]] virtual TestClock& clock() = 0;
  // Null: it has none.
  [[nodiscard]] virtual Coordination* coordination() { return nullptr; }
  virtual void RotateSecret() {}
};

struct StoreKind {
  const char* name;
  std::unique_ptr<StoreUnderTest> (*make)(const ContractLimits& limits);
};

// What came of one operation.
template <class Answer>
using Got = std::future<Result<Answer>>;

template <class Answer>
std::pair<Completion<Result<Answer>>, Got<Answer>> MakeCompletion() {
  auto promise = std::make_shared<std::promise<Result<Answer>>>();
  Got<Answer> got = promise->get_future();
  // A second call would throw, and so end the test program.
  return {[promise](Result<Answer> answer) { promise->set_value(std::move(answer)); },
          std::move(got)};
}

inline model::Key K(std::string key) { return {"things", std::move(key)}; }

inline WriteOp PutOp(std::string key, std::string value, model::Condition condition = {}) {
  WriteOp op;
  op.key = K(std::move(key));
  op.value = std::make_shared<const std::string>(std::move(value));
  op.content_type = "text/plain";
  op.condition = std::move(condition);
  return op;
}
inline WriteOp PutFor(std::string key, std::string value, milliseconds ttl) {
  WriteOp op = PutOp(std::move(key), std::move(value));
  op.expiry = {Expiry::Kind::kAfter, ttl};
  return op;
}
inline WriteOp DeleteOp(std::string key, model::Condition condition = {}) {
  WriteOp op;
  op.kind = WriteOp::Kind::kDelete;
  op.key = K(std::move(key));
  op.condition = std::move(condition);
  return op;
}
inline model::Condition If(model::Condition::Kind kind, std::vector<model::Version> versions = {}) {
  return {kind, std::move(versions)};
}

class StoreContract : public testing::TestWithParam<StoreKind> {
 protected:
  using OutcomeKind = WriteOutcome::Kind;
  using ConditionKind = model::Condition::Kind;

  void SetUp() override { Make({}); }
  void TearDown() override {
    if (under_test_ != nullptr) store().Stop();
  }
  void Make(const ContractLimits& limits) {
    if (under_test_ != nullptr) store().Stop();
    under_test_.reset();
    under_test_ = GetParam().make(limits);
  }
  [[nodiscard]] Store& store() { return under_test_->store(); }
  [[nodiscard]] TestClock& clock() { return under_test_->clock(); }
  [[nodiscard]] BootTime Soon() { return clock().Now() + seconds(60); }

  Got<ReadAnswer> StartRead(std::vector<model::Key> keys, BootTime deadline) {
    auto [done, got] = MakeCompletion<ReadAnswer>();
    store().Read(std::move(keys), deadline, std::move(done));
    return std::move(got);
  }
  Got<WriteAnswer> StartWrite(WriteOp op, BootTime deadline) {
    auto [done, got] = MakeCompletion<WriteAnswer>();
    store().Write(std::move(op), deadline, std::move(done));
    return std::move(got);
  }
  Got<WriteAnswer> StartWrite(WriteOp op) { return StartWrite(std::move(op), Soon()); }

  // Each fails the test, and gives an empty answer, when the store failed.
  template <class Answer>
  Answer Take(Got<Answer> got) {
    Result<Answer> answer = got.get();
    EXPECT_TRUE(answer.has_value()) << answer.error().detail;
    return answer ? std::move(*answer) : Answer{};
  }
  ReadAnswer Read(std::vector<model::Key> keys) { return Take(StartRead(std::move(keys), Soon())); }
  struct ReadOne {
    Snapshot snapshot;
    model::EntryPtr entry;
  };
  ReadOne Read(const std::string& key) {
    ReadAnswer answer = Read(std::vector<model::Key>{K(key)});
    EXPECT_EQ(answer.entries.size(), 1u);
    return {answer.snapshot, answer.entries.at(0)};
  }
  WriteAnswer Write(WriteOp op) { return Take(StartWrite(std::move(op))); }
  WriteOutcome Put(const std::string& key, const std::string& value) {
    const WriteOutcome outcome = Write(PutOp(key, value)).outcome;
    EXPECT_EQ(outcome.kind, OutcomeKind::kWritten);
    return outcome;
  }
  WriteOutcome Delete(const std::string& key) { return Write(DeleteOp(key)).outcome; }
  AtomicAnswer WriteAtomic(std::vector<WriteOp> ops) {
    auto [done, got] = MakeCompletion<AtomicAnswer>();
    store().WriteAtomic(std::move(ops), Soon(), std::move(done));
    return Take(std::move(got));
  }
  ListAnswer List(ListRequest request) {
    auto [done, got] = MakeCompletion<ListAnswer>();
    store().List(std::move(request), Soon(), std::move(done));
    return Take(std::move(got));
  }
  FeedAnswer Poll(std::optional<FeedCursor> cursor) {
    auto [done, got] = MakeCompletion<FeedAnswer>();
    store().Poll(std::move(cursor), Soon(), std::move(done));
    return Take(std::move(got));
  }
  std::size_t Collect(milliseconds retention, std::size_t limit = 1000) {
    auto [done, got] = MakeCompletion<std::size_t>();
    store().Collect(retention, limit, std::move(done));
    return Take(std::move(got));
  }
  std::size_t Prune(FeedCursor mark, std::size_t limit = 1000) {
    auto [done, got] = MakeCompletion<std::size_t>();
    store().Prune(std::move(mark), limit, std::move(done));
    return Take(std::move(got));
  }

 private:
  std::unique_ptr<StoreUnderTest> under_test_;
};

}  // namespace coolkit::store
