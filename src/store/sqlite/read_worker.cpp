#include "store/sqlite/read_worker.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace coolkit::store {
namespace {

constexpr milliseconds kBusyPause{1};

}  // namespace

void ReadWorker::Run() {
  while (shared_.reads.WaitForWork()) {
    FailExpired(shared_.reads, shared_.clock.Now());
    std::vector<PendingRead> batch = TakeBatch();
    if (!batch.empty()) Serve(batch);
  }
}

std::vector<PendingRead> ReadWorker::TakeBatch() {
  std::size_t keys = 0;
  std::size_t taken = 0;
  return shared_.reads.TakeWhile([&](const PendingRead& item) {
    const auto* read = std::get_if<ReadWork>(&item.work);
    if (taken > 0 && (read == nullptr || keys == SIZE_MAX ||
                      keys + read->keys.size() > shared_.options.keys_per_read_max)) {
      return false;
    }
    ++taken;
    // A list or a poll goes alone.
    keys = read == nullptr ? SIZE_MAX : keys + read->keys.size();
    return true;
  });
}

void ReadWorker::Serve(std::vector<PendingRead>& batch) {
  if (Result<void> open = keeper_.Ensure(reader_); !open) {
    FailAll(batch, open.error());
    return;
  }
  const ConnectionKeeper::Use use(keeper_);
  const Watermark::Seen before = shared_.watermark.Load();
  Result<void> ready = BeginFor(batch);
  if (ready && !batch.empty()) ready = CheckLife(before);
  if (!ready || batch.empty()) {
    reader_.End();
    FailAll(batch, ready ? Error{} : ready.error());
    return;
  }
  if (auto* list = std::get_if<ListWork>(&batch.front().work)) {
    ServeList(*list);
  } else if (auto* poll = std::get_if<PollWork>(&batch.front().work)) {
    ServePoll(*poll);
  } else {
    ServeReads(batch);
  }
}

Result<void> ReadWorker::BeginFor(std::vector<PendingRead>& batch) {
  const BootTime began = shared_.clock.Now();
  for (;;) {
    const int code = reader_.Begin();
    if (code == SQLITE_OK) return {};
    const BootTime now = shared_.clock.Now();
    if (!IsBusy(code) || now - began > shared_.options.lock_wait_max || shared_.reads.Closed()) {
      return Fail(Explain(code));
    }
    reader_.End();
    const auto expired = std::stable_partition(
        batch.begin(), batch.end(), [now](const PendingRead& item) { return item.deadline > now; });
    for (auto it = expired; it != batch.end(); ++it) {
      FailWork(it->work, {ErrorCode::kDeadlineExceeded, "the database was locked too long", {}});
    }
    batch.erase(expired, batch.end());
    if (batch.empty()) return {};
    std::this_thread::sleep_for(kBusyPause);
  }
}

Result<void> ReadWorker::CheckLife(const Watermark::Seen& before) {
  if (!Watermark::WentBack(before, reader_.life())) {
    shared_.watermark.Raise(reader_.life());
    return {};
  }
  PendingWrite renew{RenewLifeWork{[](const Result<std::size_t>&) {}}, kNever, shared_.clock.Now(),
                     0};
  // Full or closed: the next read says the same.
  static_cast<void>(shared_.writes.Push(renew));
  return Fail(ErrorCode::kDatabaseUnavailable,
              "the database was put back to an earlier state; a new life of it begins");
}

Error ReadWorker::Explain(int code) { return keeper_.Explain(reader_, code, SqliteStage::kWork); }

void ReadWorker::ServeReads(std::vector<PendingRead>& batch) {
  std::vector<ReadAnswer> answers(batch.size());
  int code = SQLITE_OK;
  {
    StatementTimer timer(shared_, shared_.metrics.Statement("read"));
    std::size_t keys = 0;
    for (std::size_t i = 0; i < batch.size() && code == SQLITE_OK; ++i) {
      const ReadWork& work = std::get<ReadWork>(batch[i].work);
      answers[i].snapshot = reader_.snapshot();
      answers[i].entries.resize(work.keys.size());
      for (std::size_t k = 0; k < work.keys.size() && code == SQLITE_OK; ++k) {
        code = reader_.ReadKey(work.keys[k], answers[i].entries[k]);
      }
      keys += work.keys.size();
    }
    reader_.End();
    if (code != SQLITE_OK) timer.Failed();
    shared_.metrics.loads_total.Add();
    shared_.metrics.keys_loaded_total.Add(keys);
  }
  if (code != SQLITE_OK) {
    FailAll(batch, Explain(code));
    return;
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    std::get<ReadWork>(batch[i].work).done(std::move(answers[i]));
  }
}

void ReadWorker::ServeList(ListWork& work) {
  ListAnswer answer;
  int code = SQLITE_OK;
  {
    StatementTimer timer(shared_, shared_.metrics.Statement("list"));
    answer.snapshot = reader_.snapshot();
    code = reader_.List(work.request, answer);
    reader_.End();
    if (code != SQLITE_OK) timer.Failed();
  }
  if (code == SQLITE_OK) {
    work.done(std::move(answer));
  } else {
    work.done(Fail(Explain(code)));
  }
}

void ReadWorker::ServePoll(PollWork& work) {
  FeedAnswer answer;
  int code = SQLITE_OK;
  {
    StatementTimer timer(shared_, shared_.metrics.Statement("poll"));
    answer.snapshot = reader_.snapshot();
    code = reader_.Changes(work.cursor, shared_.options.changes_per_poll_max, answer);
    reader_.End();
    if (code != SQLITE_OK) timer.Failed();
  }
  if (code == SQLITE_OK) {
    work.done(std::move(answer));
  } else {
    work.done(Fail(Explain(code)));
  }
}

}  // namespace coolkit::store
