#include "store/postgres/atomic_writer.h"

#include <algorithm>
#include <utility>

#include "store/postgres/batch.h"
#include "store/postgres/writer.h"

namespace coolkit::store {
namespace {

using Kind = WriteOutcome::Kind;

bool IsWritten(const WriteOutcome& outcome) { return outcome.kind == Kind::kWritten; }

}  // namespace

net::Task<AtomicWriter::Attempt> AtomicWriter::Try(const PgAtomic& atomic) {
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
    steps.push_back(
        StepOf(StatementId::kWrite, WriteParameters(round, ops, shared_.lives.current())));
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
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    TakeOutcomes(talk.replies[i + 1], rounds[i], ops, outcomes);
  }
  attempt = co_await Decide(*lease, std::move(outcomes));
  co_return attempt;
}

net::Task<AtomicWriter::Attempt> AtomicWriter::Decide(Lease& lease,
                                                      std::vector<WriteOutcome> outcomes) {
  Attempt attempt;
  const bool commit = std::all_of(outcomes.begin(), outcomes.end(), &IsWritten);
  std::vector<Step> steps;
  steps.push_back(StepOf(commit ? StatementId::kCommit : StatementId::kRollback));
  steps.push_back(SyncStep());
  steps.push_back(StepOf(StatementId::kPosition));
  steps.push_back(SyncStep());
  Conversation talk = co_await lease->Run(std::move(steps));
  const bool ended = talk.Succeeded(2);
  if (commit && !ended && talk.synced) {
    shared_.metrics.outcome_unknown_total.Add(outcomes.size());
    attempt.error = {ErrorCode::kOutcomeUnknown,
                     "the commit was sent and not answered; it may or may not have happened",
                     {}};
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
    if (commit) shared_.metrics.outcome_unknown_total.Add(outcomes.size());
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

net::Task<void> AtomicWriter::Write(PgAtomic atomic) {
  int retries = 0;
  int reconnects = 0;
  int renewals = 0;
  for (;;) {
    Attempt attempt = co_await Try(atomic);
    if (attempt.kind == Attempt::Kind::kAnswered) {
      co_return atomic.done(std::move(attempt.answer));
    }
    if (attempt.kind == Attempt::Kind::kFailed) {
      co_return atomic.done(Fail(std::move(attempt.error)));
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
        if (!renewed) co_return atomic.done(Fail(std::move(renewed.error())));
        break;
      }
    }
    if (!again || shared_.loop.Now() >= atomic.deadline) {
      co_return atomic.done(Fail(ErrorOf(attempt.why)));
    }
  }
}

}  // namespace coolkit::store
