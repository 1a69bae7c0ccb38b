// Why: SQLite's write-ahead log must be copied back into the database from time to time, or it
// grows without bound. The store does it itself, between two commits and while it holds the write
// lock on the writer's connection: a checkpoint that runs beside a commit of another connection
// can corrupt the database (the WAL-reset bug of SQLite 3.7.0 to 3.51.2; Debian 12 has 3.40).
// With the lock held nobody commits, in this process or another one.
// Not thread-safe: it belongs to the writer's thread.
#pragma once

#include "store/sqlite/keeper.h"
#include "store/sqlite/shared.h"
#include "store/sqlite/writer.h"

namespace coolkit::store {

class LogKeeper {
 public:
  explicit LogKeeper(SqliteShared& shared)
      : shared_(shared), keeper_(shared, {.cache_kib = 256, .read_only = false}) {}

  // After a commit of `writer`: a checkpoint if the log is long. What goes wrong is counted and
  // tried again later: the log is still whole.
  void AfterCommit(SqliteWriter& writer);

  // The log has reached its limit and can't be emptied, because somebody keeps an old snapshot.
  [[nodiscard]] bool Full() const { return full_; }
  // Tries to empty a full log again, from time to time.
  void TryAgain(SqliteWriter& writer);

  void Close();

 private:
  // What the checkpoint uses: a connection without statements.
  struct Bare {
    Connection held;
    [[nodiscard]] int Use(Connection connection) {
      held = std::move(connection);
      return SQLITE_OK;
    }
    void Close() { held.Close(); }
    [[nodiscard]] Connection& connection() { return held; }
  };

  void Checkpoint(SqliteWriter& writer);
  [[nodiscard]] std::uint64_t BytesOf(int pages) const;

  SqliteShared& shared_;
  ConnectionKeeper keeper_;
  Bare bare_;
  int next_checkpoint_pages_ = 0;  // 0: at the option's number
  bool full_ = false;
  BootTime next_try_ = kMinusInfinity;
};

}  // namespace coolkit::store
