#include "store/postgres/atomic_writer.h"

#include <algorithm>
#include <utility>

#include "store/postgres/batch.h"
#include "store/postgres/writer.h"

namespace coolkit::store {
namespace {

using Kind = WriteOutcome::Kind;

const Error kUnknown{ErrorCode::kOutcomeUnknown,
                     "the commit was sent and not answered; it may or may not have happened",
                     {}};

bool IsWritten(const WriteOutcome& outcome) { return outcome.kind == Kind::kWritten; }

}  // namespace

net::Task<AtomicWriter::Attempt> AtomicWriter::Try(PgAtomic& atomic) {
  Attempt attempt;
  Result<Lease> lease = co_await shared_.pool.Acquire(Urgency::kSecond, atomic.deadline);
  if (!lease) {
    attempt.error = std::move(lease.error());
    co_return attempt;
  }
  std::vector<const WriteOp*> ops;
  for (const WriteOp& op : atomic.ops) ops.push_back(&op);
  const std::vector<WriteRound> rounds = PlanRounds(ops, /*fold=*/false);
  std::vector<Step> steps;
  steps.push_back(StepOf(StatementId::kBegin));
  for (const WriteRound& round : rounds) {
    steps.push_back(StepOf(round.statement, WriteParameters(round, ops, shared_.lives.current())));
  }
  steps.push_back(SyncStep());
  const std::size_t count = steps.size();
  Conversation talk = co_await (*lease)->Run(std::move(steps));
  if (!talk.Succeeded(count)) {
    attempt.kind = Attempt::Kind::kRefused;
    attempt.why = talk.Why(count);
    shared_.Note(*lease, attempt.why);
    if (!(*lease)->usable()) co_return attempt;
    std::vector<Step> undo;
    undo.push_back(StepOf(StatementId::kRollback));
    undo.push_back(SyncStep());
    Conversation undone = co_await (*lease)->Run(std::move(undo));
    if (!undone.Succeeded(2) && (*lease)->usable()) (*lease)->Discard(undone.Why(2));
    co_return attempt;
  }
  std::vector<WriteOutcome> outcomes(ops.size());
  bool understood = true;
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    understood &= TakeOutcomes(talk.replies[i + 1], rounds[i], ops, outcomes);
  }
  if (!understood) {
    attempt.error = {ErrorCode::kStorageError, "the database gave rows that nobody asked for", {}};
    (*lease)->Discard(RefusalOf({}));  // with it the open transaction
    co_return attempt;
  }
  attempt = co_await Decide(atomic, *lease, std::move(outcomes));
  co_return attempt;
}

net::Task<AtomicWriter::Attempt> AtomicWriter::Decide(PgAtomic& atomic, Lease& lease,
                                                      std::vector<WriteOutcome> outcomes) {
  Attempt attempt;
  // Who was told that it did not happen in time can rely on it.
  const bool commit = !atomic.answered && std::all_of(outcomes.begin(), outcomes.end(), &IsWritten);
  atomic.committing = commit;
  std::vector<Step> steps;
  steps.push_back(StepOf(commit ? StatementId::kCommit : StatementId::kRollback));
  steps.push_back(SyncStep());
  steps.push_back(StepOf(StatementId::kPosition));
  steps.push_back(SyncStep());
  Conversation talk = co_await lease->Run(std::move(steps));
  const bool ended = talk.Succeeded(2);
  if (commit && !ended && talk.synced) {
    attempt.error = kUnknown;
    if (lease->usable()) lease->Discard(talk.Why(2));
    co_return attempt;
  }
  if (!ended) {
    attempt.kind = Attempt::Kind::kRefused;
    attempt.why = RefusalOf({});
    if (lease->usable()) lease->Discard(attempt.why);
    co_return attempt;
  }
  std::optional<Snapshot> snapshot;
  if (talk.Ok(2)) snapshot = ReadPosition(talk.replies[2], talk.sent_at, shared_.lives);
  if (!snapshot) {
    {
      const Lease back = std::move(lease);
    }
    snapshot = co_await PositionAfterCommit(shared_);
  }
  if (!snapshot) {
    attempt.error = {ErrorCode::kDatabaseUnavailable, "the connection was lost", {}};
    if (commit) attempt.error.code = ErrorCode::kOutcomeUnknown;
    co_return attempt;
  }
  if (commit) {
    shared_.metrics.commits_total.Add();
    shared_.metrics.rows_written_total.Add(outcomes.size());
  } else {
    for (WriteOutcome& outcome : outcomes) outcome = {outcome.kind, {}, false, {}, {}};
  }
  attempt.kind = Attempt::Kind::kAnswered;
  attempt.answer = {*snapshot, commit, std::move(outcomes)};
  co_return attempt;
}

class AtomicWriter::Alarm {
 public:
  Alarm(AtomicWriter& writer, PgAtomic& atomic) : writer_(writer), atomic_(atomic) {
    if (atomic.deadline != kNever) Set(atomic.deadline);
  }
  ~Alarm() { writer_.shared_.loop.Cancel(timer_); }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

 private:
  void Set(BootTime when) {
    timer_ = writer_.shared_.loop.At(when, [this] { Ring(); });
  }
  void Ring() {
    if (!atomic_.committing) return writer_.Tell(atomic_, Fail(TooLate()));
    const BootTime last = atomic_.deadline + writer_.shared_.options.answer_grace;
    if (writer_.shared_.loop.Now() < last) return Set(last);
    writer_.Tell(atomic_, Fail(kUnknown));
  }

  AtomicWriter& writer_;
  PgAtomic& atomic_;
  net::TimerId timer_;
};

void AtomicWriter::Tell(PgAtomic& atomic, Result<AtomicAnswer> answer) {
  if (std::exchange(atomic.answered, true)) return;
  const bool unknown = !answer && answer.error().code == ErrorCode::kOutcomeUnknown;
  if (unknown) shared_.metrics.outcome_unknown_total.Add(atomic.ops.size());
  atomic.done(std::move(answer));
}

net::Task<void> AtomicWriter::Write(PgAtomic atomic) {
  const Alarm alarm(*this, atomic);
  co_await WriteInTime(atomic);
}

net::Task<void> AtomicWriter::WriteInTime(PgAtomic& atomic) {
  int retries = 0;
  int reconnects = 0;
  int renewals = 0;
  for (;;) {
    atomic.committing = false;
    Attempt attempt = co_await Try(atomic);
    if (attempt.kind == Attempt::Kind::kAnswered) {
      co_return Tell(atomic, std::move(attempt.answer));
    }
    if (attempt.kind == Attempt::Kind::kFailed) {
      co_return Tell(atomic, Fail(std::move(attempt.error)));
    }
    bool again = false;
    switch (attempt.why.remedy) {
      case Remedy::kNone:
      case Remedy::kHalve:
        break;
      case Remedy::kRetry:
        again = retries++ < shared_.options.retries_max;
        break;
      case Remedy::kLocked:
        again = true;  // until the deadline: each try waits for lock_timeout
        break;
      case Remedy::kReconnect:
        again = reconnects++ < kReconnectsMax;
        break;
      case Remedy::kIncarnation: {
        again = renewals++ < kRenewalsMax;
        Result<void> renewed = co_await shared_.Renew(atomic.deadline);
        if (!renewed) co_return Tell(atomic, Fail(std::move(renewed.error())));
        break;
      }
    }
    if (!again || shared_.loop.Now() >= atomic.deadline) {
      co_return Tell(atomic, Fail(ErrorOf(attempt.why)));
    }
  }
}

}  // namespace coolkit::store
