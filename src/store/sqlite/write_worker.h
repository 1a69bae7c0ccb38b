// Why: group commit. The one thread that writes takes all that is queued into one transaction once
// it has the write lock, gives each write its own result, and one commit makes them all durable.
// Thread safety: Open and Close before and after Run; Run on the thread.
#pragma once

#include <cstdint>
#include <vector>

#include "store/sqlite/keeper.h"
#include "store/sqlite/log_keeper.h"
#include "store/sqlite/shared.h"
#include "store/sqlite/writer.h"

namespace coolkit::store {

class WriteWorker {
 public:
  explicit WriteWorker(SqliteShared& shared)
      : shared_(shared),
        keeper_(shared, {.cache_kib = shared.options.writer_cache_kib, .read_only = false}),
        writer_(shared.clock),
        log_keeper_(shared) {}

  // Creates the database if need be.
  [[nodiscard]] Result<void> Open() { return keeper_.Start(writer_, /*create=*/true); }
  void Close();

  // Until the queue is closed.
  void Run();

 private:
  // A connection with the write lock, while something is queued. What has waited too long is
  // answered meanwhile. False: there is nothing to write for or with any more.
  [[nodiscard]] bool TakeLock();
  [[nodiscard]] bool WaitsForLock(BootTime began, int attempt);
  void FailQueued(const Error& error);
  // The log is full: nothing is written until it can be emptied.
  [[nodiscard]] bool RefusedByLog();

  [[nodiscard]] std::vector<PendingWrite> TakeBatch();
  // These run with the lock and end the transaction.
  void Serve(std::vector<PendingWrite>& batch);
  void ServeWrites(std::vector<PendingWrite>& batch);
  void ServeAtomic(AtomicWork& work);
  void ServeCollect(CollectWork& work);
  void ServePrune(PruneWork& work);
  void ServeRenewal(RenewLifeWork& work);

  // Applies each write; row faults go to their own result. SQLITE_OK, or what ends the batch.
  [[nodiscard]] int ApplyAll(std::vector<PendingWrite>& batch,
                             std::vector<Result<WriteAnswer>>& answers, std::size_t& written);
  // Commits; an error explains what became of the writes.
  [[nodiscard]] Result<void> Commit(std::size_t written);
  [[nodiscard]] Error Abandon(int code);
  // After a commit while other processes write too: lets them have the lock.
  void GiveWay();

  SqliteShared& shared_;
  ConnectionKeeper keeper_;
  SqliteWriter writer_;
  LogKeeper log_keeper_;
  std::int64_t own_number_ = 0;  // the position after this worker's last transaction
  BootTime others_write_until_ = kMinusInfinity;
};

}  // namespace coolkit::store
