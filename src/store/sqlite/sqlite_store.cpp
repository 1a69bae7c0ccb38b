#include "store/sqlite/sqlite_store.h"

#include <pthread.h>

#include <memory>
#include <thread>
#include <utility>

#include "base/check.h"
#include "model/limits.h"
#include "store/sqlite/read_worker.h"
#include "store/sqlite/shared.h"
#include "store/sqlite/sweeper.h"
#include "store/sqlite/write_worker.h"

namespace coolkit::store {
namespace {

const Error kTooLate{ErrorCode::kDeadlineExceeded, "the database was not asked in time", {}};
const Error kStopping{ErrorCode::kDraining, "the store is stopping", {}};

std::size_t BytesOf(const WriteOp& op) { return op.value == nullptr ? 0 : op.value->size(); }

}  // namespace

struct SqliteStore::Threads {
  Threads(SqliteOptions options, const Clock& clock, StoreMetrics& metrics, telemetry::Log& log)
      : shared(std::move(options), clock, metrics, log),
        sweeper(shared.options.sweep_interval, [this] { Sweep(); }),
        writer(shared) {
    for (int i = 0; i < shared.options.reader_threads; ++i) {
      readers.push_back(std::make_unique<ReadWorker>(shared));
    }
  }

  // Answers what has waited for too long.
  void Sweep() {
    const BootTime now = shared.clock.Now();
    FailExpired(shared.reads, now);
    FailExpired(shared.writes, now);
  }

  // Queues the operation, or has it refused by the sweeper.
  enum class Place { kLast, kFirst };
  template <class Work>
  void Submit(PendingQueue<Work>& queue, telemetry::Counter& refused, Pending<Work> item,
              Place place = Place::kLast) {
    using Admission = typename PendingQueue<Work>::Admission;
    item.queued_at = shared.clock.Now();
    Error error = kTooLate;
    if (item.deadline > item.queued_at) {
      const Admission admission = place == Place::kFirst ? queue.PushFirst(item) : queue.Push(item);
      if (admission == Admission::kQueued) return;
      if (admission == Admission::kFull) {
        refused.Add();
        error = {ErrorCode::kOverloaded, "too many operations wait for the database", {}};
      } else {
        error = kStopping;
      }
    }
    Refuse(std::move(item), std::move(error));
  }

  template <class Work>
  void Refuse(Pending<Work> item, Error error) {
    Function<void()> answer = [item = std::move(item), error = std::move(error)]() mutable {
      FailWork(item.work, error);
    };
    if (!sweeper.Answer(answer)) answer();
  }

  template <class Worker>
  void Spawn(Worker& worker, const char* name) {
    running.emplace_back([&worker, name] {
      ::pthread_setname_np(::pthread_self(), name);
      worker.Run();
    });
  }

  Result<void> OpenAll() {
    if (Result<void> open = writer.Open(); !open) return open;
    for (const auto& reader : readers) {
      if (Result<void> open = reader->Open(); !open) return open;
    }
    return {};
  }
  void CloseAll() {
    for (const auto& reader : readers) reader->Close();
    writer.Close();
  }

  SqliteShared shared;
  Sweeper sweeper;
  WriteWorker writer;
  std::vector<std::unique_ptr<ReadWorker>> readers;
  std::vector<std::thread> running;
};

SqliteStore::SqliteStore(SqliteOptions options, const Clock& clock, StoreMetrics& metrics,
                         telemetry::Log& log)
    : threads_(std::make_unique<Threads>(std::move(options), clock, metrics, log)) {}

SqliteStore::~SqliteStore() { Stop(); }

std::vector<std::string> SqliteStore::StatementNames() {
  return {"open",   "read",   "list",    "poll",  "begin",     "write",
          "commit", "atomic", "collect", "prune", "checkpoint"};
}

Result<void> SqliteStore::Start() {
  CHECK(threads_->running.empty() && !threads_->readers.empty());
  if (Result<void> open = threads_->OpenAll(); !open) {
    threads_->CloseAll();
    return open;
  }
  threads_->shared.reads.Open();
  threads_->shared.writes.Open();
  threads_->sweeper.Start();
  threads_->Spawn(threads_->writer, "store-writer");
  for (const auto& reader : threads_->readers) threads_->Spawn(*reader, "store-reader");
  return {};
}

void SqliteStore::Stop() {
  Threads& threads = *threads_;
  if (threads.running.empty()) return;
  for (PendingRead& item : threads.shared.reads.Close()) threads.Refuse(std::move(item), kStopping);
  for (PendingWrite& item : threads.shared.writes.Close()) {
    threads.Refuse(std::move(item), kStopping);
  }
  for (std::thread& thread : threads.running) thread.join();
  threads.running.clear();
  threads.sweeper.Stop();
  threads.CloseAll();
}

void SqliteStore::Read(std::vector<model::Key> keys, BootTime deadline,
                       Completion<Result<ReadAnswer>> done) {
  CHECK(keys.size() <= model::kMaxBatchItems);
  PendingRead item{ReadWork{std::move(keys), std::move(done)}, deadline, {}, 0};
  threads_->Submit(threads_->shared.reads, threads_->shared.metrics.reads_refused, std::move(item));
}

void SqliteStore::List(ListRequest request, BootTime deadline,
                       Completion<Result<ListAnswer>> done) {
  PendingRead item{ListWork{std::move(request), std::move(done)}, deadline, {}, 0};
  threads_->Submit(threads_->shared.reads, threads_->shared.metrics.reads_refused, std::move(item));
}

void SqliteStore::Poll(std::optional<FeedCursor> cursor, BootTime deadline,
                       Completion<Result<FeedAnswer>> done) {
  PendingRead item{PollWork{std::move(cursor), std::move(done)}, deadline, {}, 0};
  // First: without the feed the cache may answer less and less, and more reads would come here.
  threads_->Submit(threads_->shared.reads, threads_->shared.metrics.reads_refused, std::move(item),
                   Threads::Place::kFirst);
}

void SqliteStore::Write(WriteOp op, BootTime deadline, Completion<Result<WriteAnswer>> done) {
  const std::size_t bytes = BytesOf(op);
  PendingWrite item{WriteWork{std::move(op), std::move(done)}, deadline, {}, bytes};
  threads_->Submit(threads_->shared.writes, threads_->shared.metrics.writes_refused,
                   std::move(item));
}

void SqliteStore::WriteAtomic(std::vector<WriteOp> ops, BootTime deadline,
                              Completion<Result<AtomicAnswer>> done) {
  CHECK(ops.size() <= model::kMaxBatchItems);
  std::size_t bytes = 0;
  for (const WriteOp& op : ops) bytes += BytesOf(op);
  PendingWrite item{AtomicWork{std::move(ops), std::move(done)}, deadline, {}, bytes};
  threads_->Submit(threads_->shared.writes, threads_->shared.metrics.writes_refused,
                   std::move(item));
}

void SqliteStore::Collect(milliseconds retention, std::size_t limit,
                          Completion<Result<std::size_t>> done) {
  PendingWrite item{CollectWork{retention, limit, std::move(done)}, kNever, {}, 0};
  threads_->Submit(threads_->shared.writes, threads_->shared.metrics.writes_refused,
                   std::move(item));
}

void SqliteStore::Prune(FeedCursor mark, std::size_t limit, Completion<Result<std::size_t>> done) {
  PendingWrite item{PruneWork{std::move(mark), limit, std::move(done)}, kNever, {}, 0};
  threads_->Submit(threads_->shared.writes, threads_->shared.metrics.writes_refused,
                   std::move(item));
}

}  // namespace coolkit::store
