// Why: the one seam to the database. Everything that the coherence protocol needs (versions,
// positions, incarnations, clocks) is in the answers, so that kv, cache and feed are the same over
// PostgreSQL, SQLite and memory. tests/unit/store/contract.h is its executable meaning.
//
// Thread safety: every call from any thread; completions are called exactly once, on a thread of
// the store (they must be quick: post the work elsewhere), never before the call returned.
// After Stop every pending operation has been completed with an error; a call that is made after
// Stop has returned is refused inside the call, since the store has no thread left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/function.h"
#include "base/result.h"
#include "base/time.h"
#include "model/change.h"
#include "model/entry.h"
#include "model/incarnation.h"
#include "model/key.h"
#include "model/version.h"
#include "model/write.h"

namespace coolkit::store {

// What every answer says about the snapshot it comes from.
struct Snapshot {
  model::Incarnation incarnation;
  model::Position position;  // of the statement's own snapshot (reads); after COMMIT (writes): R10
  DbTime db_now{};           // the database's clock, read after the snapshot was taken (R15)
  BootTime sent_at{};        // local time before the statement was sent (R7, R11)
};

struct ReadAnswer {
  Snapshot snapshot;
  // One per key asked, in order. Absent keys too: the tombstone's version, or `settled - 1` of the
  // snapshot where there is no row. Expired rows are absent (with the row's version).
  std::vector<model::EntryPtr> entries;
};

using Expiry = model::Expiry;
using WriteOp = model::WriteOp;
using WriteOutcome = model::WriteOutcome;

struct WriteAnswer {
  Snapshot snapshot;
  WriteOutcome outcome;
};

struct AtomicAnswer {
  Snapshot snapshot;
  bool committed = false;  // false: some outcome is not kWritten, nothing was written
  // One per op, in order; judged one after the other, each as if those before it had been applied.
  // Not committed: a kWritten outcome only says that its condition held; it has no version.
  std::vector<WriteOutcome> outcomes;
};

struct ListRequest {
  std::string collection;
  std::string from;         // inclusive; empty: the beginning
  std::string below;        // exclusive; empty: the end
  std::size_t limit = 100;  // rows
  bool with_values = false;
  // Keys and listed values; stops before the row that would pass it (never before one row).
  std::size_t bytes_max = 8u << 20;
};
struct ListRow {
  model::EntryPtr entry;  // its value is empty unless values were asked for
  std::uint64_t value_bytes = 0;
};
struct ListAnswer {
  Snapshot snapshot;
  std::vector<ListRow> rows;  // live keys in byte order
  bool more = false;
};

// Where a tailer stands; made by the store, opaque to others but for the position.
struct FeedCursor {
  model::Incarnation incarnation;
  model::Position position;
  std::string snapshot;  // text of the snapshot (PostgreSQL); empty for SQLite
};
struct FeedAnswer {
  Snapshot snapshot;
  FeedCursor next;  // next.position == snapshot.position
  // Everything changed since the cursor is in `changes`, unless `gap`: the cursor was lost (none
  // given, pruned, another incarnation) and what changed is unknown.
  bool gap = false;
  model::ChangeSet changes;
};

class Store {
 public:
  virtual ~Store() = default;

  // Begins to work; blocks until the database was reached once, or fails.
  [[nodiscard]] virtual Result<void> Start() = 0;
  // Refuses new work with kDraining, ends what is under way (a commit that was sent is waited for),
  // blocks until all threads are gone.
  virtual void Stop() = 0;

  // Reads of the same moment share one statement. At most kMaxBatchItems keys.
  // Errors of every operation: kDatabaseUnavailable, kOverloaded (a queue is full),
  // kDeadlineExceeded (not begun in time), kStorageError, kDraining. A read never fails for one key
  // alone.
  virtual void Read(std::vector<model::Key> keys, BootTime deadline,
                    Completion<Result<ReadAnswer>> done) = 0;

  // Group commit: writes that arrive while a commit is under way form the next one; each has its
  // own condition and its own result; writes of one key apply in the order of the calls of one
  // thread. Errors also: kStorageFull, kOutcomeUnknown (COMMIT was sent and not answered; nobody
  // retries). After any other error the write surely did not happen.
  virtual void Write(store::WriteOp op, BootTime deadline,
                     Completion<Result<WriteAnswer>> done) = 0;

  // All or nothing, in one transaction; ops of one key apply in order. At most kMaxBatchItems.
  virtual void WriteAtomic(std::vector<WriteOp> ops, BootTime deadline,
                           Completion<Result<AtomicAnswer>> done) = 0;

  virtual void List(ListRequest request, BootTime deadline,
                    Completion<Result<ListAnswer>> done) = 0;

  // The feed: what changed since `cursor` (none: the first poll, a gap).
  virtual void Poll(std::optional<FeedCursor> cursor, BootTime deadline,
                    Completion<Result<FeedAnswer>> done) = 0;

  // Maintenance, bounded by `limit` rows; the answer is the number of rows removed.
  // Collect: tombstones and expired rows older than `retention` whose version is settled (R13).
  virtual void Collect(milliseconds retention, std::size_t limit,
                       Completion<Result<std::size_t>> done) = 0;
  // Prune: change rows that the snapshot of `mark` already saw (R16).
  virtual void Prune(FeedCursor mark, std::size_t limit, Completion<Result<std::size_t>> done) = 0;
};

}  // namespace coolkit::store
