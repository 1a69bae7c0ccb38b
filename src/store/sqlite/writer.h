// Why: what SQLite is asked to write, as statements that are compiled once, in one transaction
// with a result for each write: the heart of group commit. No threads, no queues. Results are
// SQLite's codes: failure.h.
// Not thread-safe: a writer belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "store/judge.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/life.h"
#include "store/store.h"

namespace coolkit::store {

class SqliteWriter {
 public:
  // `clock` outlives the writer.
  explicit SqliteWriter(const Clock& clock) : clock_(clock) {}

  // Takes an open connection and compiles the statements. SQLITE_OK, or the failure.
  [[nodiscard]] int Use(Connection connection);
  void Close();
  [[nodiscard]] Connection& connection() { return connection_; }

  // Takes the write lock (SQLITE_BUSY: somebody else has it) and looks where the database stands.
  [[nodiscard]] int Begin();
  [[nodiscard]] int Commit();
  void Rollback();
  [[nodiscard]] const Life& life() const { return life_; }
  // As it will be after Commit; nobody else writes meanwhile.
  [[nodiscard]] Snapshot snapshot() const;
  // Pages in the write-ahead log after the last commit of this connection.
  [[nodiscard]] int log_pages() const { return log_pages_; }

  // These work between Begin and Commit. Apply judges and writes; a failure for which IsRowFault
  // holds leaves the transaction as it was before this write.
  [[nodiscard]] int Apply(const WriteOp& op, WriteOutcome& outcome);
  // A new life, because the database was put back behind `number_seen`.
  [[nodiscard]] int BeginNewLife(std::int64_t number_seen, std::string_view file);
  [[nodiscard]] int Collect(milliseconds retention, std::size_t limit, std::size_t& removed);
  [[nodiscard]] int Prune(const FeedCursor& mark, std::size_t limit, std::size_t& removed);

 private:
  struct Found {
    FoundRow row;
    bool exists = false;
    std::int64_t row_id = 0;
    std::int64_t version = 0;  // of any row, live or not
  };
  [[nodiscard]] int Find(const model::Key& key, Found& found);
  // Versions of this process begin at the present time (see 0001_initial.sql).
  [[nodiscard]] int RaiseBase();
  [[nodiscard]] int WriteRow(const WriteOp& op, const Found& found, const WriteOutcome& outcome);
  // Somebody's own triggers wrote too: what became of the row?
  [[nodiscard]] int LookAgain(const model::Key& key, WriteOutcome& outcome);

  const Clock& clock_;
  Connection connection_;
  Statement begin_;
  Statement commit_;
  Statement read_life_;
  Statement find_;
  Statement insert_;
  Statement update_;
  Statement raise_base_;
  Statement collect_;
  Statement raise_floor_;
  Statement prune_;
  Life life_;
  Snapshot snapshot_;
  bool base_raised_ = false;   // by this connection, in a transaction that was committed
  bool base_raising_ = false;  // in the present one
  int log_pages_ = 0;
};

}  // namespace coolkit::store
