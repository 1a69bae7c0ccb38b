// Why: one thread of reading: it takes what is queued, answers all reads of the moment from one
// snapshot, and keeps its connection usable.
// Thread safety: Open and Close before and after Run; Run on the thread.
#pragma once

#include <vector>

#include "store/sqlite/keeper.h"
#include "store/sqlite/reader.h"
#include "store/sqlite/shared.h"

namespace coolkit::store {

class ReadWorker {
 public:
  explicit ReadWorker(SqliteShared& shared)
      : shared_(shared),
        keeper_(shared, {.cache_kib = shared.options.reader_cache_kib, .read_only = true}),
        reader_(shared.clock) {}

  [[nodiscard]] Result<void> Open() { return keeper_.Start(reader_, /*create=*/false); }
  void Close() { keeper_.Close(reader_); }

  // Until the queue is closed.
  void Run();

 private:
  [[nodiscard]] std::vector<PendingRead> TakeBatch();
  void Serve(std::vector<PendingRead>& batch);
  // A snapshot for the batch, waiting while the database is locked; items whose deadline passes
  // meanwhile are answered. Nothing: the error for those that are left.
  [[nodiscard]] Result<void> BeginFor(std::vector<PendingRead>& batch);
  [[nodiscard]] Result<void> CheckLife(const Watermark::Seen& before);
  void ServeReads(std::vector<PendingRead>& batch);
  void ServeList(ListWork& work);
  void ServePoll(PollWork& work);
  [[nodiscard]] Error Explain(int code);

  SqliteShared& shared_;
  ConnectionKeeper keeper_;
  SqliteReader reader_;
};

}  // namespace coolkit::store
