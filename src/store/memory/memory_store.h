// Why: a store without a database, for unit tests, for the simulation and as the floor of
// benchmarks. It means exactly what the others mean (tests/unit/store/contract.h), but nothing is
// durable.
//
// Thread safety: as Store says. An operation takes effect inside the call; its completion is
// posted to the loop, so a manual loop decides when the caller learns of it. Stop does not wait:
// completions that are posted already still run on the loop.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "net/loop.h"
#include "store/judge.h"
#include "store/store.h"

namespace coolkit::store {

class MemoryStore final : public Store {
 public:
  struct Options {
    std::size_t reads_pending_max = 1 << 20;  // not yet completed; beyond: kOverloaded
    std::size_t writes_pending_max = 1 << 20;
    std::size_t changes_per_poll_max = 100'000;  // beyond: collections instead of keys
    std::uint64_t seed = 1;                      // of the incarnations' identities
  };
  // `loop` outlives the store and all its completions; its clock is the database's clock too.
  MemoryStore(net::Loop& loop, Options options);

  [[nodiscard]] Result<void> Start() override;
  void Stop() override;

  void Read(std::vector<model::Key> keys, BootTime deadline,
            Completion<Result<ReadAnswer>> done) override;
  void Write(WriteOp op, BootTime deadline, Completion<Result<WriteAnswer>> done) override;
  void WriteAtomic(std::vector<WriteOp> ops, BootTime deadline,
                   Completion<Result<AtomicAnswer>> done) override;
  void List(ListRequest request, BootTime deadline, Completion<Result<ListAnswer>> done) override;
  void Poll(std::optional<FeedCursor> cursor, BootTime deadline,
            Completion<Result<FeedAnswer>> done) override;
  void Collect(milliseconds retention, std::size_t limit,
               Completion<Result<std::size_t>> done) override;
  void Prune(FeedCursor mark, std::size_t limit, Completion<Result<std::size_t>> done) override;

  // For tests and the simulation. While an error is set, every operation fails with it and does
  // nothing.
  void FailWith(std::optional<Error> error);
  // The database crashed and came back: same rows, another incarnation, positions start again.
  void BeginIncarnation();

 private:
  struct Row {
    model::Version version;
    bool present = false;  // false: a tombstone
    std::string value;
    std::string content_type;
    DbTime modified_at{};
    std::optional<DbTime> expires_at;  // of a tombstone: when it was deleted
  };
  using Rows = std::map<model::Key, Row>;
  // What a write of an atomic batch replaced; nothing: there was no row.
  struct Undo {
    model::Key key;
    std::optional<Row> row;
  };

  // Admits an operation to `pending` and posts `done` with what `work` answers, or the refusal.
  template <class Answer, class Work>
  void Run(std::atomic<std::size_t>& pending, std::size_t pending_max, BootTime deadline,
           Completion<Result<Answer>> done, Work work);
  [[nodiscard]] std::optional<Error> Refusal(BootTime deadline) const;

  [[nodiscard]] Snapshot TakeSnapshot() const REQUIRES(mutex_);
  [[nodiscard]] FoundRow Find(const model::Key& key, DbTime now) const REQUIRES(mutex_);
  [[nodiscard]] WriteOutcome Apply(const WriteOp& op, DbTime now) REQUIRES(mutex_);

  // Each of these is one operation and takes the lock.
  [[nodiscard]] ReadAnswer ReadNow(const std::vector<model::Key>& keys) const;
  [[nodiscard]] WriteAnswer WriteNow(const WriteOp& op);
  [[nodiscard]] AtomicAnswer WriteAllNow(const std::vector<WriteOp>& ops);
  [[nodiscard]] ListAnswer ListNow(const ListRequest& request) const;
  [[nodiscard]] FeedAnswer PollNow(const std::optional<FeedCursor>& cursor) const;
  [[nodiscard]] std::size_t CollectNow(milliseconds retention, std::size_t limit);
  [[nodiscard]] std::size_t PruneNow(const FeedCursor& mark, std::size_t limit);

  net::Loop& loop_;
  const Options options_;
  std::atomic<std::size_t> reads_pending_{0};
  std::atomic<std::size_t> writes_pending_{0};

  mutable Mutex mutex_;
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::optional<Error> failure_ GUARDED_BY(mutex_);
  model::Incarnation incarnation_ GUARDED_BY(mutex_);
  Rows rows_ GUARDED_BY(mutex_);
  // The change with number n is changes_[n - pruned_to_ - 1].
  std::deque<model::Change> changes_ GUARDED_BY(mutex_);
  std::int64_t pruned_to_ GUARDED_BY(mutex_) = 0;
};

}  // namespace coolkit::store
