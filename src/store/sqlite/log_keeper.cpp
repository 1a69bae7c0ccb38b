#include "store/sqlite/log_keeper.h"

#include <algorithm>

namespace coolkit::store {
namespace {

constexpr std::uint64_t kPageBytes = 4096;
constexpr std::uint64_t kFrameBytes = kPageBytes + 24;
// A full log is tried again this often.
constexpr milliseconds kTryAgainPause{200};

}  // namespace

std::uint64_t LogKeeper::BytesOf(int pages) const {
  return static_cast<std::uint64_t>(pages) * kFrameBytes;
}

void LogKeeper::AfterCommit(SqliteWriter& writer) {
  const int pages = writer.log_pages();
  shared_.metrics.log_bytes.Set(static_cast<double>(BytesOf(pages)));
  if (pages < shared_.options.checkpoint_pages) next_checkpoint_pages_ = 0;  // it was reset
  if (pages < std::max(next_checkpoint_pages_, shared_.options.checkpoint_pages)) return;
  Checkpoint(writer);
  // A log that is copied completely begins anew with the next commit, unless a reader of just now
  // still looks at it: then more commits follow before the next attempt.
  next_checkpoint_pages_ = pages + shared_.options.checkpoint_pages / 4;
}

void LogKeeper::TryAgain(SqliteWriter& writer) {
  const BootTime now = shared_.clock.Now();
  if (now < next_try_) return;
  next_try_ = now + kTryAgainPause;
  Checkpoint(writer);
}

void LogKeeper::Checkpoint(SqliteWriter& writer) {
  if (Result<void> open = keeper_.Ensure(bare_); !open) return;
  if (writer.Begin() == SQLITE_OK) {  // else somebody writes: after the next commit, then
    int code = SQLITE_OK;
    int pages = 0;
    int copied = 0;
    {
      StatementTimer timer(shared_, shared_.metrics.Statement("checkpoint"));
      code = sqlite3_wal_checkpoint_v2(bare_.held.get(), "main", SQLITE_CHECKPOINT_PASSIVE, &pages,
                                       &copied);
      if (code != SQLITE_OK) timer.Failed();
    }
    if (code == SQLITE_OK) {
      full_ = copied < pages && BytesOf(pages) >= shared_.options.log_bytes_max;
    } else if (!IsBusy(code)) {
      static_cast<void>(keeper_.Explain(bare_, code, SqliteStage::kWork));
    }
  }
  writer.Rollback();
}

void LogKeeper::Close() { keeper_.Close(bare_); }

}  // namespace coolkit::store
