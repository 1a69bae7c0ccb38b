#include "store/sqlite/write_worker.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "store/sqlite/database_file.h"

namespace coolkit::store {
namespace {

// How long to wait for a lock that another process holds: briefly at first, since commits are
// quick, then so that waiting costs nothing.
constexpr microseconds kLockPauseMin{100};
constexpr microseconds kLockPauseMax{5000};
// Long enough for another process to find the lock free, short beside a commit.
constexpr microseconds kGiveWayPause{300};
constexpr milliseconds kGiveWayFor{1000};

template <class Answer>
void Finish(Completion<Result<Answer>>& done, Result<void> committed, Answer answer) {
  if (committed) {
    done(std::move(answer));
  } else {
    done(Fail(std::move(committed.error())));
  }
}

}  // namespace

void WriteWorker::Close() {
  log_keeper_.Close();
  keeper_.Close(writer_);
}

void WriteWorker::Run() {
  while (shared_.writes.WaitForWork()) {
    if (Result<void> open = keeper_.Ensure(writer_); !open) {
      FailQueued(open.error());
      continue;
    }
    if (RefusedByLog() || !TakeLock()) continue;
    FailExpired(shared_.writes, shared_.clock.Now());
    std::vector<PendingWrite> batch = TakeBatch();
    if (batch.empty()) {
      writer_.Rollback();
      continue;
    }
    Serve(batch);
  }
}

bool WriteWorker::RefusedByLog() {
  if (!log_keeper_.Full()) return false;
  log_keeper_.TryAgain(writer_);
  if (!log_keeper_.Full()) return false;
  shared_.metrics.log_limit_hits.Add();
  FailQueued({ErrorCode::kDatabaseUnavailable,
              "the write-ahead log has reached its limit, because another process keeps reading an "
              "old state of the database",
              {}});
  return true;
}

bool WriteWorker::TakeLock() {
  StatementTimer timer(shared_, shared_.metrics.Statement("begin"));
  const BootTime began = shared_.clock.Now();
  for (int attempt = 0;; ++attempt) {
    const Watermark::Seen before = shared_.watermark.Load();
    int code = writer_.Begin();
    if (code == SQLITE_OK && Watermark::WentBack(before, writer_.life())) {
      code = writer_.BeginNewLife(before.number, FileIdentity(shared_.options.path));
      if (code == SQLITE_OK) code = writer_.Commit();
      if (code == SQLITE_OK) code = writer_.Begin();
    }
    if (code == SQLITE_OK) return true;
    if (!IsBusy(code)) {
      timer.Failed();
      FailQueued(Abandon(code));
      return false;
    }
    writer_.Rollback();
    if (!WaitsForLock(began, attempt)) {
      timer.Failed();
      return false;
    }
  }
}

bool WriteWorker::WaitsForLock(BootTime began, int attempt) {
  const BootTime now = shared_.clock.Now();
  if (now - began > shared_.options.lock_wait_max) {
    std::vector<PendingWrite> items =
        shared_.writes.TakeQueuedBefore(now - shared_.options.lock_wait_max);
    if (!items.empty()) {
      FailAll(items, keeper_.Explain(writer_, SQLITE_BUSY, SqliteStage::kWork));
    }
  }
  if (shared_.writes.Idle()) return false;
  std::this_thread::sleep_for(
      std::min(kLockPauseMin * (1 << std::min(attempt, 10)), kLockPauseMax));
  return true;
}

void WriteWorker::FailQueued(const Error& error) {
  std::vector<PendingWrite> items =
      shared_.writes.TakeWhile([](const PendingWrite&) { return true; });
  FailAll(items, error);
}

std::vector<PendingWrite> WriteWorker::TakeBatch() {
  std::size_t rows = 0;
  std::size_t bytes = 0;
  bool alone = false;
  return shared_.writes.TakeWhile([&](const PendingWrite& item) {
    const bool write = std::holds_alternative<WriteWork>(item.work);
    if (rows > 0 && (alone || !write || rows == shared_.options.rows_per_commit_max ||
                     bytes + item.bytes > shared_.options.bytes_per_commit_max)) {
      return false;
    }
    alone = !write;
    ++rows;
    bytes += item.bytes;
    return true;
  });
}

void WriteWorker::Serve(std::vector<PendingWrite>& batch) {
  const ConnectionKeeper::Use use(keeper_);
  if (own_number_ != 0 && writer_.life().number != own_number_) {
    others_write_until_ = shared_.clock.Now() + kGiveWayFor;
  }
  own_number_ = writer_.life().number;
  WriterWork& first = batch.front().work;
  if (auto* atomic = std::get_if<AtomicWork>(&first)) {
    ServeAtomic(*atomic);
  } else if (auto* collect = std::get_if<CollectWork>(&first)) {
    ServeCollect(*collect);
  } else if (auto* prune = std::get_if<PruneWork>(&first)) {
    ServePrune(*prune);
  } else if (auto* renewal = std::get_if<RenewLifeWork>(&first)) {
    ServeRenewal(*renewal);
  } else {
    ServeWrites(batch);
  }
  GiveWay();
}

int WriteWorker::ApplyAll(std::vector<PendingWrite>& batch,
                          std::vector<Result<WriteAnswer>>& answers, std::size_t& written) {
  StatementTimer timer(shared_, shared_.metrics.Statement("write"));
  for (PendingWrite& item : batch) {
    WriteAnswer answer;
    const int code = writer_.Apply(std::get<WriteWork>(item.work).op, answer.outcome);
    if (IsRowFault(code)) {
      answers.emplace_back(Fail(keeper_.Explain(writer_, code, SqliteStage::kWork)));
      continue;
    }
    if (code != SQLITE_OK) {
      timer.Failed();
      return code;
    }
    if (answer.outcome.kind == WriteOutcome::Kind::kWritten) ++written;
    answers.emplace_back(std::move(answer));
  }
  return SQLITE_OK;
}

void WriteWorker::ServeWrites(std::vector<PendingWrite>& batch) {
  std::vector<Result<WriteAnswer>> answers;
  answers.reserve(batch.size());
  std::size_t written = 0;
  if (const int code = ApplyAll(batch, answers, written); code != SQLITE_OK) {
    FailAll(batch, Abandon(code));
    return;
  }
  if (Result<void> committed = Commit(written); !committed) {
    FailAll(batch, committed.error());
    return;
  }
  const Snapshot snapshot = writer_.snapshot();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (answers[i]) answers[i]->snapshot = snapshot;
    std::get<WriteWork>(batch[i].work).done(std::move(answers[i]));
  }
  if (written > 0) log_keeper_.AfterCommit(writer_);
}

void WriteWorker::ServeAtomic(AtomicWork& work) {
  AtomicAnswer answer;
  answer.committed = true;
  answer.snapshot = writer_.snapshot();
  int code = SQLITE_OK;
  {
    StatementTimer timer(shared_, shared_.metrics.Statement("atomic"));
    for (const WriteOp& op : work.ops) {
      WriteOutcome outcome;
      if ((code = writer_.Apply(op, outcome)) != SQLITE_OK) break;
      if (outcome.kind != WriteOutcome::Kind::kWritten) answer.committed = false;
      answer.outcomes.push_back(outcome);
    }
    if (code != SQLITE_OK) timer.Failed();
  }
  if (code != SQLITE_OK) {
    work.done(Fail(Abandon(code)));
    return;
  }
  if (!answer.committed) {
    writer_.Rollback();
    for (WriteOutcome& outcome : answer.outcomes) outcome.version = {};
    work.done(std::move(answer));
    return;
  }
  Result<void> committed = Commit(work.ops.size());
  answer.snapshot = writer_.snapshot();
  const bool written = committed.has_value() && !work.ops.empty();
  Finish(work.done, std::move(committed), std::move(answer));
  if (written) log_keeper_.AfterCommit(writer_);
}

void WriteWorker::ServeCollect(CollectWork& work) {
  std::size_t removed = 0;
  int code = SQLITE_OK;
  {
    StatementTimer timer(shared_, shared_.metrics.Statement("collect"));
    code = writer_.Collect(work.retention, work.limit, removed);
    if (code != SQLITE_OK) timer.Failed();
  }
  if (code != SQLITE_OK) {
    work.done(Fail(Abandon(code)));
    return;
  }
  Result<void> committed = Commit(removed);
  const bool written = committed.has_value() && removed > 0;
  Finish(work.done, std::move(committed), removed);
  if (written) log_keeper_.AfterCommit(writer_);
}

void WriteWorker::ServePrune(PruneWork& work) {
  std::size_t removed = 0;
  int code = SQLITE_OK;
  {
    StatementTimer timer(shared_, shared_.metrics.Statement("prune"));
    code = writer_.Prune(work.mark, work.limit, removed);
    if (code != SQLITE_OK) timer.Failed();
  }
  if (code != SQLITE_OK) {
    work.done(Fail(Abandon(code)));
    return;
  }
  Result<void> committed = Commit(1);  // the floor may have risen although nothing was removed
  const bool written = committed.has_value();
  Finish(work.done, std::move(committed), removed);
  if (written) log_keeper_.AfterCommit(writer_);
}

void WriteWorker::ServeRenewal(RenewLifeWork& work) {
  // TakeLock has looked and done it.
  writer_.Rollback();
  work.done(std::size_t{0});
}

Result<void> WriteWorker::Commit(std::size_t written) {
  if (written == 0) {
    writer_.Rollback();
    return {};
  }
  int code = SQLITE_OK;
  {
    StatementTimer timer(shared_, shared_.metrics.Statement("commit"));
    code = writer_.Commit();
    if (code != SQLITE_OK) timer.Failed();
  }
  if (code == SQLITE_OK) {
    shared_.metrics.commits_total.Add();
    shared_.metrics.rows_written_total.Add(written);
    shared_.watermark.Raise(writer_.life());
    own_number_ = writer_.life().number;
    return {};
  }
  Error error = keeper_.Explain(writer_, code, SqliteStage::kCommit);
  if (error.code == ErrorCode::kOutcomeUnknown) shared_.metrics.outcome_unknown_total.Add(written);
  writer_.Rollback();
  return Fail(std::move(error));
}

Error WriteWorker::Abandon(int code) {
  Error error = keeper_.Explain(writer_, code, SqliteStage::kWork);
  writer_.Rollback();
  return error;
}

void WriteWorker::GiveWay() {
  if (shared_.clock.Now() < others_write_until_) std::this_thread::sleep_for(kGiveWayPause);
}

}  // namespace coolkit::store
