#include "store/postgres/writer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "store/postgres/batch.h"
#include "store/postgres/inbox.h"

namespace coolkit::store {
namespace {

const Error kUnknown{ErrorCode::kOutcomeUnknown,
                     "the commit was sent and not answered; it may or may not have happened",
                     {}};
const Error kLate = TooLate();
constexpr milliseconds kPositionWait{2'000};

std::vector<const WriteOp*> OpsOf(const std::vector<PgWrite>& batch) {
  std::vector<const WriteOp*> ops;
  ops.reserve(batch.size());
  for (const PgWrite& write : batch) ops.push_back(&write.op);
  return ops;
}

WriteLanes::Limits LimitsOf(const PostgresOptions& options) {
  return {options.rows_per_commit_max, options.bytes_per_commit_max,
          options.versions_per_commit_max, options.large_value_bytes};
}

}  // namespace

net::Task<std::optional<Snapshot>> PositionAfterCommit(PgShared& shared) {
  const BootTime deadline = shared.loop.Now() + kPositionWait;
  Function<std::vector<Step>()> make = [] {
    std::vector<Step> steps;
    steps.push_back(StepOf(StatementId::kPosition));
    steps.push_back(SyncStep());
    return steps;
  };
  Result<Conversation> talk = co_await shared.Ask(Urgency::kFirst, deadline, std::move(make));
  if (!talk) co_return std::nullopt;
  co_return ReadPosition(talk->replies[0], talk->sent_at, shared.lives);
}

Writer::Writer(PgShared& shared, Supply& supply,
               std::function<void(std::size_t, std::size_t)> begun)
    : shared_(shared),
      supply_(supply),
      begun_(std::move(begun)),
      lanes_(LimitsOf(shared.options)) {}

void Writer::Start() {
  StartLane(Lane::kSmall);
  StartLane(Lane::kLarge);
  StartLane(Lane::kLocked);
}

void Writer::Begin(Batch& batch) {
  std::size_t count = 0;
  std::size_t bytes = 0;
  for (PgWrite& write : batch) {
    if (std::exchange(write.begun, true)) continue;
    ++count;
    bytes += write.bytes();
  }
  begun_(count, bytes);
}

void Writer::StartLane(Lane lane) {
  int& running = running_[static_cast<std::size_t>(lane)];
  const PostgresOptions& options = shared_.options;
  int most = 1;
  if (lane == Lane::kLocked) most = options.locked_in_flight_max;
  if (lane == Lane::kSmall) most = options.commits_in_flight_max;
  if (running >= most || !lanes_.HasWork(lane)) return;
  if (lane == Lane::kSmall) {
    // A few that come while a commit is under way wait for its end: larger batches cost less. But
    // not for one that hangs.
    const BootTime now = shared_.loop.Now();
    const bool few = lanes_.waiting(lane) < options.overlap_min;
    if (running > 0 && few && now < small_began_ + options.overlap_after) return;
    small_began_ = now;
  }
  ++running;
  if (!shared_.tasks.Spawn(RunLane(lane))) --running;
}

bool Writer::busy() const { return running_[0] + running_[1] + running_[2] > 0; }

std::size_t Writer::wanted() const {
  const int running = running_[static_cast<std::size_t>(Lane::kSmall)];
  if (running == 0) return 1;
  if (running >= shared_.options.commits_in_flight_max) return Inbox::kNoWake;
  const std::size_t least = shared_.options.overlap_min;
  const std::size_t waiting = lanes_.waiting(Lane::kSmall);
  return waiting < least ? least - waiting : 1;
}

net::Task<void> Writer::RunLane(Lane lane) {
  for (;;) {
    supply_.Pull();
    if (!lanes_.HasWork(lane)) break;
    Batch batch = lanes_.Take(lane);
    if (batch.empty()) break;  // all that wait are of keys that are under way in another one
    Begin(batch);
    if (lane == Lane::kSmall) small_began_ = shared_.loop.Now();
    supply_.Began();
    co_await Commit(lane, std::move(batch));
  }
  --running_[static_cast<std::size_t>(lane)];
  supply_.Ended();
}

net::Task<void> Writer::Commit(Lane lane, Batch batch) {
  const model::Key first = batch.front().op.key;
  Work work;
  work.lane = lane;
  work.parts.push_back(std::move(batch));
  while (!work.parts.empty()) {
    Batch part = std::move(work.parts.front());
    work.parts.pop_front();
    part = DropExpired(std::move(part), lane);
    if (!part.empty()) co_await CommitPart(work, std::move(part));
  }
  if (lane == Lane::kLocked) lanes_.EndTurn(first);
}

net::Task<void> Writer::CommitPart(Work& work, Batch part) {
  std::optional<Watch> watch(std::in_place, *this, part, kLate, milliseconds(0));
  Result<Lease> lease = co_await shared_.pool.Acquire(Urgency::kFirst, kNever);
  if (!lease) {
    FailAll(part, lease.error());
    co_return;
  }
  part = DropExpired(std::move(part), work.lane);  // who was told is not written any more
  if (part.empty()) co_return;
  const std::vector<const WriteOp*> ops = OpsOf(part);
  const std::vector<WriteRound> rounds = PlanRounds(ops, /*fold=*/true);
  std::vector<Step> steps;
  for (const WriteRound& round : rounds) {
    steps.push_back(StepOf(round.statement, WriteParameters(round, ops, shared_.lives.current())));
  }
  const std::size_t sync = steps.size();
  steps.push_back(SyncStep());
  steps.push_back(StepOf(StatementId::kPosition));
  steps.push_back(SyncStep());
  watch.emplace(*this, part, kUnknown, shared_.options.answer_grace);
  Conversation talk = co_await (*lease)->Run(std::move(steps));
  watch.reset();
  if (talk.Succeeded(sync + 1)) {
    std::vector<WriteOutcome> outcomes(part.size());
    bool understood = true;
    for (std::size_t i = 0; i < sync; ++i) {
      understood &= TakeOutcomes(talk.replies[i], rounds[i], ops, outcomes);
    }
    if (!understood) {
      FailAll(part, kUnknown);
      co_return;
    }
    std::optional<Snapshot> snapshot;
    if (talk.Ok(sync + 1)) {
      snapshot = ReadPosition(talk.replies[sync + 1], talk.sent_at, shared_.lives);
    }
    {
      const Lease back = std::move(*lease);
    }
    co_await Answer(std::move(part), std::move(outcomes), snapshot);
    co_return;
  }
  // Refused before the Sync was acted on: the transaction is gone. Anything else may have happened.
  const bool surely_not = talk.Refused(sync) || !talk.synced;
  if (!surely_not) {
    FailAll(part, kUnknown);
    co_return;
  }
  const Refusal why = talk.Why(sync);
  shared_.Note(*lease, why);
  {
    const Lease back = std::move(*lease);
  }
  co_await Refused(work, std::move(part), why);
}

net::Task<void> Writer::Answer(Batch part, std::vector<WriteOutcome> outcomes,
                               std::optional<Snapshot> snapshot) {
  shared_.metrics.commits_total.Add();
  const auto written = std::count_if(outcomes.begin(), outcomes.end(), [](const auto& outcome) {
    return outcome.kind == WriteOutcome::Kind::kWritten;
  });
  shared_.metrics.rows_written_total.Add(static_cast<std::uint64_t>(written));
  if (!snapshot) {
    const Watch watch(*this, part, kUnknown, shared_.options.answer_grace);
    snapshot = co_await PositionAfterCommit(shared_);
  }
  if (!snapshot) {
    // They happened, but no answer can say up to where a session has seen the database.
    FailAll(part, kUnknown);
    co_return;
  }
  for (const PgWrite& write : part) lanes_.Finish(write.op.key);
  // After the next commit was sent, so that the database need not wait for the answers.
  shared_.loop.Post([this, part = std::move(part), outcomes = std::move(outcomes),
                     snapshot = *snapshot]() mutable {
    for (std::size_t i = 0; i < part.size(); ++i) {
      Tell(part[i], WriteAnswer{snapshot, outcomes[i]});
    }
  });
}

net::Task<void> Writer::Refused(Work& work, Batch part, Refusal why) {
  bool again = false;
  switch (why.remedy) {
    case Remedy::kNone:
      break;
    case Remedy::kRetry:
      again = work.retries++ < shared_.options.retries_max;
      break;
    case Remedy::kReconnect:
      again = work.reconnects++ < kReconnectsMax;
      break;
    case Remedy::kIncarnation: {
      again = work.renewals++ < kRenewalsMax;
      if (!again) break;
      const Watch watch(*this, part, kLate, milliseconds(0));
      Result<void> renewed = co_await shared_.Renew(kNever);
      if (!renewed) {
        FailAll(part, renewed.error());
        co_return;
      }
      break;
    }
    case Remedy::kLocked:
      co_await Locked(work, std::move(part));
      co_return;
    case Remedy::kHalve:
      if (part.size() > 1) {
        Halve(work, std::move(part));
        co_return;
      }
      break;
  }
  if (again) {
    work.parts.push_front(std::move(part));
  } else {
    FailAll(part, ErrorOf(why));
  }
}

// The order of the writes stays: the first half is tried first.
void Writer::Halve(Work& work, Batch part) {
  const auto middle = part.begin() + static_cast<std::ptrdiff_t>(part.size() / 2);
  Batch second(std::make_move_iterator(middle), std::make_move_iterator(part.end()));
  part.erase(middle, part.end());
  work.parts.push_front(std::move(second));
  work.parts.push_front(std::move(part));
}

net::Task<void> Writer::Locked(Work& work, Batch part) {
  const bool one_key = std::all_of(part.begin(), part.end(), [&](const PgWrite& write) {
    return write.op.key == part.front().op.key;
  });
  if (one_key) {
    std::set<model::Key> locked;
    locked.insert(part.front().op.key);
    MoveToLocked(work, std::move(part), locked);
    co_return;
  }
  std::set<model::Key> locked;
  {
    const Watch watch(*this, part, kLate, milliseconds(0));
    locked = co_await FindLocked(part);
  }
  if (locked.empty()) {
    // Already free again, or locked by an insert that is not committed, which nobody can see.
    Halve(work, std::move(part));
    co_return;
  }
  MoveToLocked(work, std::move(part), locked);
}

net::Task<std::set<model::Key>> Writer::FindLocked(const Batch& part) {
  std::set<model::Key> keys;
  for (const PgWrite& write : part) keys.insert(write.op.key);
  Function<std::vector<Step>()> make = [&keys] {
    std::vector<const model::Key*> sorted;
    for (const model::Key& key : keys) sorted.push_back(&key);
    std::vector<Step> steps;
    steps.push_back(StepOf(StatementId::kLocked, KeyParameters(sorted)));
    steps.push_back(SyncStep());
    return steps;
  };
  std::set<model::Key> locked;
  Result<Conversation> talk = co_await shared_.Ask(Urgency::kFirst, kNever, std::move(make));
  if (!talk) co_return locked;
  const PgResult& rows = talk->replies[0];
  for (int row = 0; row < rows.rows(); ++row) {
    locked.emplace(std::string(rows.Bytes(row, 0)), std::string(rows.Bytes(row, 1)));
  }
  co_return locked;
}

// Their later writes in other parts go with them; the rest is tried at once.
void Writer::MoveToLocked(Work& work, Batch part, const std::set<model::Key>& locked) {
  shared_.metrics.ConnectionError("locked").Add();
  work.parts.push_front(std::move(part));
  std::map<model::Key, Batch> moved;
  for (Batch& batch : work.parts) {
    Batch rest;
    for (PgWrite& write : batch) {
      if (locked.contains(write.op.key)) {
        moved[write.op.key].push_back(std::move(write));
      } else {
        rest.push_back(std::move(write));
      }
    }
    batch = std::move(rest);
  }
  for (auto& [key, writes] : moved) lanes_.Lock(std::move(writes));
  for (int i = 0; i < shared_.options.locked_in_flight_max; ++i) StartLane(Lane::kLocked);
}

Writer::Batch Writer::DropExpired(Batch part, Lane lane) {
  const BootTime now = shared_.loop.Now();
  Error error = TooLate();
  if (lane == Lane::kLocked) error.detail = "the row is locked by another transaction";
  Batch kept;
  for (PgWrite& write : part) {
    if (write.deadline > now) {
      kept.push_back(std::move(write));
      continue;
    }
    lanes_.Finish(write.op.key);
    Tell(write, Fail(error));
  }
  return kept;
}

void Writer::FailAll(Batch& batch, const Error& error) {
  for (PgWrite& write : batch) {
    lanes_.Finish(write.op.key);
    Tell(write, Fail(error));
  }
  batch.clear();
}

void Writer::Tell(PgWrite& write, Result<WriteAnswer> answer) {
  if (std::exchange(write.answered, true)) return;
  const bool unknown = !answer && answer.error().code == ErrorCode::kOutcomeUnknown;
  if (unknown) shared_.metrics.outcome_unknown_total.Add();
  write.done(std::move(answer));
}

Writer::Watch::Watch(Writer& writer, Batch& batch, const Error& late, milliseconds grace)
    : writer_(writer), batch_(batch), late_(late), grace_(grace) {
  writer_.watches_.push_back(this);
}

Writer::Watch::~Watch() { std::erase(writer_.watches_, this); }

// Its key stays taken until what was sent has ended: no later write of it can overtake.
void Writer::TellLate(BootTime now) {
  for (const Watch* watch : watches_) {
    for (PgWrite& write : watch->batch_) {
      if (write.deadline <= now - watch->grace_) Tell(write, Fail(watch->late_));
    }
  }
}

void Writer::FailExpired(BootTime now) {
  TellLate(now);
  Batch expired = lanes_.TakeExpired(now);
  Begin(expired);
  for (PgWrite& write : expired) Tell(write, Fail(TooLate()));
}

void Writer::FailWaiting(const Error& error) {
  Batch waiting = lanes_.TakeAll();
  Begin(waiting);
  for (PgWrite& write : waiting) Tell(write, Fail(error));
}

}  // namespace coolkit::store
