// Why: what waits in the queues of the SQLite store: the operations of store.h with their
// completions. Values; each belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <variant>
#include <vector>

#include "base/function.h"
#include "base/result.h"
#include "store/sqlite/pending_queue.h"
#include "store/store.h"

namespace coolkit::store {

struct ReadWork {
  std::vector<model::Key> keys;
  Completion<Result<ReadAnswer>> done;
};
struct ListWork {
  ListRequest request;
  Completion<Result<ListAnswer>> done;
};
struct PollWork {
  std::optional<FeedCursor> cursor;
  Completion<Result<FeedAnswer>> done;
};
using ReaderWork = std::variant<ReadWork, ListWork, PollWork>;

struct WriteWork {
  WriteOp op;
  Completion<Result<WriteAnswer>> done;
};
struct AtomicWork {
  std::vector<WriteOp> ops;
  Completion<Result<AtomicAnswer>> done;
};
struct CollectWork {
  milliseconds retention{0};
  std::size_t limit = 0;
  Completion<Result<std::size_t>> done;
};
struct PruneWork {
  FeedCursor mark;
  std::size_t limit = 0;
  Completion<Result<std::size_t>> done;
};
// Nobody asked for it: a reader saw that the database went back to an earlier state.
struct RenewLifeWork {
  Completion<Result<std::size_t>> done;
};
using WriterWork = std::variant<WriteWork, AtomicWork, CollectWork, PruneWork, RenewLifeWork>;

using PendingRead = Pending<ReaderWork>;
using PendingWrite = Pending<WriterWork>;
using ReadQueue = PendingQueue<ReaderWork>;
using WriteQueue = PendingQueue<WriterWork>;

// Completes an operation with an error.
template <class Work>
void FailWork(Work& work, const Error& error) {
  std::visit([&](auto& operation) { operation.done(Fail(error)); }, work);
}
template <class Work>
void FailAll(std::vector<Pending<Work>>& items, const Error& error) {
  for (Pending<Work>& item : items) FailWork(item.work, error);
  items.clear();
}

// Answers what nobody began in time.
template <class Work>
void FailExpired(PendingQueue<Work>& queue, BootTime now) {
  std::vector<Pending<Work>> expired = queue.TakeExpired(now);
  FailAll(expired, {ErrorCode::kDeadlineExceeded, "the database was not asked in time", {}});
}

}  // namespace coolkit::store
