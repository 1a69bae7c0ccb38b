// Why: one machine needs no database server: SQLite in a file, durable (write-ahead log,
// synchronous = FULL) and with the meaning of PostgreSQL: versions, positions, incarnations, a
// feed that also sees what other processes write to the same file, by this store or by plain SQL.
//
// Thread safety: as Store says. One thread writes, a few read, one answers what waited too long;
// only this directory may have threads of its own below the composition root.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/sqlite/sqlite_options.h"
#include "store/store.h"
#include "store/store_metrics.h"
#include "telemetry/log.h"

namespace coolkit::store {

class SqliteStore final : public Store {
 public:
  // All outlive the store; `metrics` was made with StatementNames(). The clock's wall clock is the
  // database's clock.
  SqliteStore(SqliteOptions options, const Clock& clock, StoreMetrics& metrics,
              telemetry::Log& log);
  ~SqliteStore() override;  // stops

  [[nodiscard]] static std::vector<std::string> StatementNames();

  // Creates the file if it is missing. Errors name the path: see migrate.h and database_file.h.
  [[nodiscard]] Result<void> Start() override;
  // Also empties the write-ahead log, if no other process has the file open.
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

 private:
  struct Threads;
  std::unique_ptr<Threads> threads_;
};

}  // namespace coolkit::store
