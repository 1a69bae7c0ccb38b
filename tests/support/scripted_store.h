// Why: a store whose answers come when a test says so, with the positions and clocks it says.
// Single-threaded.
#pragma once

#include <deque>
#include <map>

#include "base/clock.h"
#include "store/store.h"

namespace coolkit::support {

class ScriptedStore final : public store::Store {
 public:
  struct PendingRead {
    std::vector<model::Key> keys;
    BootTime deadline;
    BootTime sent_at;
    Completion<Result<store::ReadAnswer>> done;
  };
  struct PendingWrite {
    store::WriteOp op;
    BootTime sent_at;
    Completion<Result<store::WriteAnswer>> done;
  };
  struct PendingPoll {
    std::optional<store::FeedCursor> cursor;
    BootTime sent_at;
    Completion<Result<store::FeedAnswer>> done;
  };

  explicit ScriptedStore(const Clock& clock) : clock_(clock) { life.id[0] = 1; }

  Result<void> Start() override { return {}; }
  void Stop() override {}
  void Read(std::vector<model::Key> keys, BootTime deadline,
            Completion<Result<store::ReadAnswer>> done) override {
    reads.push_back({std::move(keys), deadline, clock_.Now(), std::move(done)});
  }
  void Write(store::WriteOp op, BootTime /*deadline*/,
             Completion<Result<store::WriteAnswer>> done) override {
    writes.push_back({std::move(op), clock_.Now(), std::move(done)});
  }
  void WriteAtomic(std::vector<store::WriteOp> /*ops*/, BootTime /*deadline*/,
                   Completion<Result<store::AtomicAnswer>> done) override {
    done(Fail(ErrorCode::kInternal, "not scripted"));
  }
  void List(store::ListRequest /*request*/, BootTime /*deadline*/,
            Completion<Result<store::ListAnswer>> done) override {
    done(Fail(ErrorCode::kInternal, "not scripted"));
  }
  void Poll(std::optional<store::FeedCursor> cursor, BootTime /*deadline*/,
            Completion<Result<store::FeedAnswer>> done) override {
    polls.push_back({std::move(cursor), clock_.Now(), std::move(done)});
  }
  void Collect(milliseconds /*retention*/, std::size_t /*limit*/,
               Completion<Result<std::size_t>> done) override {
    ++collects;
    done(collect_answers.empty() ? Result<std::size_t>(std::size_t{0}) : Take(collect_answers));
  }
  void Prune(store::FeedCursor mark, std::size_t /*limit*/,
             Completion<Result<std::size_t>> done) override {
    prune_marks.push_back(mark.position.value);
    done(std::size_t{0});
  }

  // Answers the oldest read with one entry for its first key.
  void AnswerRead(std::string_view value, std::int64_t version, std::int64_t position,
                  std::optional<DbTime> expires_at = std::nullopt) {
    PendingRead read = Take(reads);
    model::Entry::Fields fields;
    fields.collection = read.keys.front().collection;
    fields.key = read.keys.front().key;
    fields.version = {version};
    fields.present = !value.empty();
    fields.value = value;
    fields.expires_at = expires_at;
    store::ReadAnswer answer;
    answer.snapshot = SnapshotAt(position, read.sent_at);
    answer.entries.push_back(model::Entry::Create(fields));
    read.done(std::move(answer));
  }
  void FailRead(ErrorCode code) { Take(reads).done(Fail(code, "scripted")); }
  void AnswerWrite(std::int64_t version, std::int64_t position) {
    PendingWrite write = Take(writes);
    store::WriteAnswer answer;
    answer.snapshot = SnapshotAt(position, write.sent_at);
    answer.outcome.version = {version};
    answer.outcome.created = true;
    write.done(std::move(answer));
  }
  void RefuseWrite(store::WriteOutcome::Kind kind, std::int64_t position) {
    PendingWrite write = Take(writes);
    store::WriteAnswer answer;
    answer.snapshot = SnapshotAt(position, write.sent_at);
    answer.outcome.kind = kind;
    write.done(std::move(answer));
  }
  [[nodiscard]] store::Snapshot SnapshotAt(std::int64_t position, BootTime sent_at) const {
    return {life, {position}, DbNow(), sent_at};
  }
  // The database's clock runs with the pod's, from 1970 on.
  [[nodiscard]] DbTime DbNow() const {
    return DbTime(std::chrono::duration_cast<microseconds>(clock_.Now().time_since_epoch()));
  }
  template <class T>
  static T Take(std::deque<T>& queue) {
    T front = std::move(queue.front());
    queue.pop_front();
    return front;
  }

  model::Incarnation life;
  std::deque<PendingRead> reads;
  std::deque<PendingWrite> writes;
  std::deque<PendingPoll> polls;
  std::deque<Result<std::size_t>> collect_answers;
  std::vector<std::int64_t> prune_marks;
  int collects = 0;

 private:
  const Clock& clock_;
};

}  // namespace coolkit::support
