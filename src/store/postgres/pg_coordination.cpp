#include "store/postgres/pg_coordination.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace coolkit::store {
namespace {

constexpr int kSeatsMax = 8;
constexpr milliseconds kTimeMin{10};  // of a statement that is sent shortly before its deadline

std::vector<RingSecret> SecretsOf(const PgResult& rows) {
  std::vector<RingSecret> secrets;
  for (int i = 0; i < rows.rows(); ++i) {
    secrets.push_back({static_cast<std::uint32_t>(rows.Int(i, 0)), std::string(rows.Bytes(i, 1))});
  }
  return secrets;
}

RingRow RowOf(const PgResult& rows) {
  RingRow row;
  if (rows.rows() == 0) return row;
  row.epoch = rows.Int(0, 0);
  row.view = rows.Bytes(0, 1);
  row.members = static_cast<std::int32_t>(rows.Int(0, 2));
  row.holder = rows.Bytes(0, 3);
  row.other_members = static_cast<std::int32_t>(rows.Int(0, 4));
  return row;
}

// Gives `done` what `read` makes of the rows.
template <class Answer, class Read>
Completion<Result<PgResult>> Reading(Completion<Result<Answer>> done, Read read) {
  return [done = std::move(done), read](Result<PgResult> rows) mutable {
    if (!rows) return done(Fail(std::move(rows.error())));
    done(read(*rows));
  };
}

Completion<Result<PgResult>> Ignoring(Completion<Result<void>> done) {
  return Reading<void>(std::move(done), [](const PgResult&) { return Result<void>{}; });
}

}  // namespace

std::vector<Step> PgCoordination::StepsOf(const PgCoordinate& work, milliseconds time) const {
  Parameters brief;
  brief.AddText(std::to_string(time.count()));
  std::vector<Step> steps;
  steps.push_back(StepOf(StatementId::kBrief, std::move(brief)));
  steps.push_back(StepOf(work.statement, work.parameters));
  steps.push_back(SyncStep());
  return steps;
}

// All of them may happen twice but the publishing of a view: who sent one and lost the connection
// does not know, and a second try would be told that somebody else is ahead.
net::Task<Result<PgResult>> PgCoordination::Ask(const PgCoordinate& work) {
  const bool twice = work.statement != StatementId::kView;
  int reconnects = 0;
  for (int attempt = 0;; ++attempt) {
    Result<Lease> lease = co_await shared_.pool.Acquire(Urgency::kAtOnce, work.deadline);
    if (!lease) co_return Fail(std::move(lease.error()));
    const milliseconds time = std::max(
        kTimeMin, std::chrono::duration_cast<milliseconds>(work.deadline - shared_.loop.Now()));
    std::vector<Step> steps = StepsOf(work, time);
    const std::size_t count = steps.size();
    const milliseconds until_lost = time + shared_.options.coordination_slack;
    Conversation talk = co_await (*lease)->Run(std::move(steps), until_lost);
    if (talk.Succeeded(count)) co_return std::move(talk.replies[1]);
    if (talk.lost && talk.synced && !twice) {
      co_return Fail(ErrorCode::kOutcomeUnknown, "the database may have taken the view");
    }
    const Refusal why = talk.Why(count);
    shared_.Note(*lease, why);
    const bool again = why.remedy == Remedy::kRetry || why.remedy == Remedy::kLocked ||
                       (why.remedy == Remedy::kReconnect && reconnects++ < kReconnectsMax);
    if (!again || attempt >= shared_.options.retries_max || shared_.loop.Now() >= work.deadline) {
      co_return Fail(ErrorOf(why));
    }
  }
}

net::Task<void> PgCoordination::Run(PgCoordinate work) {
  Result<PgResult> rows = co_await Ask(work);
  // The first to ask makes the secret; many at once agree, since only one row can be the first.
  if (rows && work.statement == StatementId::kRingKeys && rows->rows() == 0) {
    work.statement = StatementId::kRingKeyBegin;
    rows = co_await Ask(work);
    if (rows) {
      work.statement = StatementId::kRingKeys;
      rows = co_await Ask(work);
    }
  }
  work.done(std::move(rows));
}

void PgCoordination::Push(StatementId id, Parameters parameters,
                          Completion<Result<PgResult>> done) {
  const BootTime deadline = shared_.loop.Now() + shared_.options.coordination_timeout;
  inbox_.Push(PgCoordinate{id, std::move(parameters), deadline, std::move(done)});
}

void PgCoordination::TakeLease(std::string ring, std::string holder, milliseconds ttl,
                               std::int32_t members,
                               Completion<Result<std::optional<RingLease>>> done) {
  Parameters parameters;
  parameters.AddText(ring);
  parameters.AddText(holder);
  parameters.AddInt8(ttl.count());
  parameters.AddInt4(members);
  const auto read = [](const PgResult& rows) -> std::optional<RingLease> {
    if (rows.rows() == 0) return std::nullopt;
    return RingLease{rows.Int(0, 0), static_cast<std::int32_t>(rows.Int(0, 1))};
  };
  Push(StatementId::kLease, std::move(parameters),
       Reading<std::optional<RingLease>>(std::move(done), read));
}

void PgCoordination::ReleaseLease(std::string ring, std::string holder,
                                  Completion<Result<void>> done) {
  Parameters parameters;
  parameters.AddText(ring);
  parameters.AddText(holder);
  Push(StatementId::kLeaseRelease, std::move(parameters), Ignoring(std::move(done)));
}

void PgCoordination::PublishView(std::string ring, std::string holder, std::int64_t epoch,
                                 std::string view,
                                 Completion<Result<std::optional<std::int64_t>>> done) {
  Parameters parameters;
  parameters.AddText(ring);
  parameters.AddText(holder);
  parameters.AddInt8(epoch);
  parameters.AddText(view);  // bytea has the same binary format
  const auto read = [](const PgResult& rows) -> std::optional<std::int64_t> {
    if (rows.rows() == 0) return std::nullopt;
    return rows.Int(0, 0);
  };
  Push(StatementId::kView, std::move(parameters),
       Reading<std::optional<std::int64_t>>(std::move(done), read));
}

void PgCoordination::ReadRing(std::string ring, std::int64_t have,
                              Completion<Result<RingRow>> done) {
  Parameters parameters;
  parameters.AddText(ring);
  parameters.AddInt8(have);
  Push(StatementId::kRing, std::move(parameters), Reading<RingRow>(std::move(done), &RowOf));
}

void PgCoordination::TakeSeat(std::string ring, int seat, std::string holder, milliseconds ttl,
                              Completion<Result<bool>> done) {
  CHECK(seat >= 0 && seat < kSeatsMax);
  Parameters parameters;
  parameters.AddText(ring);
  parameters.AddInt4(seat);
  parameters.AddText(holder);
  parameters.AddInt8(ttl.count());
  const auto read = [](const PgResult& rows) { return rows.rows() > 0; };
  Push(StatementId::kSeat, std::move(parameters), Reading<bool>(std::move(done), read));
}

void PgCoordination::ReleaseSeat(std::string ring, int seat, std::string holder,
                                 Completion<Result<void>> done) {
  CHECK(seat >= 0 && seat < kSeatsMax);
  Parameters parameters;
  parameters.AddText(ring);
  parameters.AddInt4(seat);
  parameters.AddText(holder);
  Push(StatementId::kSeatRelease, std::move(parameters), Ignoring(std::move(done)));
}

void PgCoordination::ReadSecrets(Completion<Result<std::vector<RingSecret>>> done) {
  Push(StatementId::kRingKeys, {}, Reading<std::vector<RingSecret>>(std::move(done), &SecretsOf));
}

}  // namespace coolkit::store
