// Why: the store that production runs on: PostgreSQL through libpq, asynchronous and pipelined, on
// one loop. Reads of one moment share a query, writes of one moment a commit.
//
// Thread safety: as Store says. All work happens on the loop that is passed in, which runs before
// Start and until Stop has returned, and has nothing to do that takes long.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/readiness.h"
#include "store/coordination.h"
#include "store/postgres/postgres_options.h"
#include "store/store.h"
#include "store/store_metrics.h"
#include "telemetry/log.h"

namespace coolkit::store {

class PostgresStore final : public Store {
 public:
  // All outlive the store; `metrics` was made with StatementNames().
  PostgresStore(const PostgresOptions& options, net::Readiness& readiness, StoreMetrics& metrics,
                telemetry::Log& log);
  ~PostgresStore() override;  // stops

  [[nodiscard]] static std::vector<std::string> StatementNames();

  // Not on the loop. Applies migrations if it is told to, and waits for the first connection.
  // Errors: kInvalidRequest (the URL), kDatabaseUnavailable, kStorageError (the schema).
  [[nodiscard]] Result<void> Start() override;
  // Not on the loop.
  void Stop() override;

  // The rows of the rings on this database. Lives as long as the store and stops with it.
  [[nodiscard]] Coordination& coordination();
  // Connections to have at most from now on, at least 1, below this pod's share of the options:
  // idle ones are closed at once, those in use as they come back. Any thread; not after Stop.
  void SetConnectionsMax(int connections_max);
  // With `share_by_members`: so many pods of all rings live, this one too. From then on the share
  // of the budget follows, and so it does when this is not called for too long. Any thread; not
  // after Stop.
  void SetMembers(int members);

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
  struct Core;
  std::unique_ptr<Core> core_;
};

}  // namespace coolkit::store
