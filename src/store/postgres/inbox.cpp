#include "store/postgres/inbox.h"

#include <utility>

namespace coolkit::store {
namespace {

bool IsRead(const PgWork& work) {
  return std::holds_alternative<PgRead>(work) || std::holds_alternative<PgList>(work) ||
         std::holds_alternative<PgPoll>(work);
}

std::size_t BytesOf(const PgWork& work) {
  if (const auto* write = std::get_if<PgWrite>(&work)) return write->bytes();
  if (const auto* atomic = std::get_if<PgAtomic>(&work)) return atomic->bytes();
  return 0;
}

BootTime DeadlineOf(const PgWork& work) {
  return std::visit([](const auto& operation) { return operation.deadline; }, work);
}

const Error kFull{ErrorCode::kOverloaded, "too many operations wait for the database", {}};
const Error kStopping{ErrorCode::kDraining, "the store is stopping", {}};

}  // namespace

void FailWork(PgWork& work, const Error& error) {
  std::visit([&](auto& operation) { operation.done(Fail(error)); }, work);
}

Inbox::Inbox(net::Loop& loop, const PostgresOptions& options, StoreMetrics& metrics,
             std::function<void()> on_work)
    : loop_(loop), options_(options), metrics_(metrics), on_work_(std::move(on_work)) {}

std::optional<Error> Inbox::Admit(const PgWork& work) {
  if (state_ != State::kOpen) return kStopping;
  if (DeadlineOf(work) <= loop_.Now()) {
    return Error{ErrorCode::kDeadlineExceeded, "the database was not asked in time", {}};
  }
  // The ring goes on while reads and writes are refused.
  if (std::holds_alternative<PgCoordinate>(work)) {
    if (coordinating_ >= options_.coordination_queued_max) {
      metrics_.coordination_refused.Add();
      return kFull;
    }
    ++coordinating_;
    return std::nullopt;
  }
  if (IsRead(work)) {
    if (reads_ >= options_.reads_queued_max) {
      metrics_.reads_refused.Add();
      return kFull;
    }
    ++reads_;
    return std::nullopt;
  }
  const std::size_t bytes = BytesOf(work);
  const bool too_many_bytes = writes_ > 0 && write_bytes_ + bytes > options_.write_bytes_queued_max;
  if (writes_ >= options_.writes_queued_max || too_many_bytes) {
    metrics_.writes_refused.Add();
    return kFull;
  }
  ++writes_;
  write_bytes_ += bytes;
  return std::nullopt;
}

void Inbox::Push(PgWork work) {
  bool post = false;
  bool gone = false;
  std::optional<Error> refusal;
  {
    const MutexLock lock(mutex_);
    refusal = Admit(work);
    gone = state_ == State::kGone;
    if (!refusal) {
      if (std::holds_alternative<PgRead>(work)) {
        ++reads_come_;
      } else if (std::holds_alternative<PgWrite>(work) &&
                 BytesOf(work) < options_.large_value_bytes) {
        ++writes_come_;
      } else {
        other_come_ = true;
      }
      come_.push_back(std::move(work));
      post = MustWake();
      ShowGauges();
    }
  }
  if (!refusal) {
    if (post) loop_.Post([this] { on_work_(); });
    return;
  }
  if (gone) return FailWork(work, *refusal);
  loop_.Post(
      // NOLINTNEXTLINE(bugprone-use-after-move): only what was not refused was moved
      [work = std::move(work), error = std::move(*refusal)]() mutable { FailWork(work, error); });
}

std::vector<PgWork> Inbox::Take() {
  const MutexLock lock(mutex_);
  posted_ = false;
  reads_come_ = 0;
  writes_come_ = 0;
  other_come_ = false;
  return std::exchange(come_, {});
}

bool Inbox::MustWake() {
  if (!other_come_ && reads_come_ < wake_reads_ && writes_come_ < wake_writes_) return false;
  return !std::exchange(posted_, true);
}

void Inbox::WakeAt(std::size_t reads, std::size_t writes) {
  bool post = false;
  {
    const MutexLock lock(mutex_);
    wake_reads_ = reads;
    wake_writes_ = writes;
    // What came before this call, too late for the last Take.
    if (!come_.empty()) post = MustWake();
  }
  if (post) loop_.Post([this] { on_work_(); });
}

void Inbox::ReadsBegun(std::size_t count) {
  const MutexLock lock(mutex_);
  reads_ -= count;
  ShowGauges();
}

void Inbox::WritesBegun(std::size_t count, std::size_t bytes) {
  const MutexLock lock(mutex_);
  writes_ -= count;
  write_bytes_ -= bytes;
  ShowGauges();
}

void Inbox::Coordinated() {
  const MutexLock lock(mutex_);
  --coordinating_;
}

void Inbox::ShowGauges() {
  metrics_.reads_queued.Set(static_cast<double>(reads_));
  metrics_.writes_queued.Set(static_cast<double>(writes_));
}

void Inbox::Open() {
  const MutexLock lock(mutex_);
  state_ = State::kOpen;
}

void Inbox::Close() {
  const MutexLock lock(mutex_);
  if (state_ == State::kOpen) state_ = State::kClosed;
}

void Inbox::CloseForGood() {
  const MutexLock lock(mutex_);
  state_ = State::kGone;
}

}  // namespace coolkit::store
