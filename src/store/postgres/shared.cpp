#include "store/postgres/shared.h"

#include <utility>

namespace coolkit::store {

void PgShared::Note(Lease& lease, const Refusal& why) {
  if (why.remedy == Remedy::kReconnect && lease->usable()) lease->Discard(why);
}

net::Task<Result<Conversation>> PgShared::Ask(Urgency urgency, BootTime deadline,
                                              Function<std::vector<Step>()> make) {
  int reconnects = 0;
  for (int attempt = 0;; ++attempt) {
    Result<Lease> lease = co_await pool.Acquire(urgency, deadline);
    if (!lease) co_return Fail(std::move(lease.error()));
    std::vector<Step> steps = make();
    const std::size_t count = steps.size();
    Conversation talk = co_await (*lease)->Run(std::move(steps));
    if (talk.Succeeded(count)) co_return talk;
    const Refusal why = talk.Why(count);
    Note(*lease, why);
    const bool again = why.remedy == Remedy::kRetry || why.remedy == Remedy::kLocked ||
                       (why.remedy == Remedy::kReconnect && reconnects++ < kReconnectsMax);
    if (!again || attempt >= options.retries_max) co_return Fail(ErrorOf(why));
    if (loop.Now() >= deadline) co_return Fail(ErrorOf(why));
  }
}

net::Task<Result<void>> PgShared::Renew(BootTime deadline) {
  Function<std::vector<Step>()> make = [] {
    std::vector<Step> steps;
    steps.push_back(StepOf(StatementId::kIncarnation));
    steps.push_back(SyncStep());
    return steps;
  };
  Result<Conversation> talk = co_await Ask(Urgency::kFirst, deadline, std::move(make));
  if (!talk) co_return Fail(std::move(talk.error()));
  const Result<model::Incarnation> seen = lives.Learn(talk->replies[0].Bytes(0, 0));
  if (!seen) co_return Fail(seen.error());
  log.Info("the database's incarnation", {{"incarnation", model::FormatIncarnation(*seen)}});
  co_return Result<void>{};
}

Result<Header> ReadHeader(const PgResult& result, int first_column, BootTime sent_at,
                          Lives& lives) {
  const int column = first_column;
  if (result.rows() == 0 || !result.IsNull(0, column - 1)) {
    return Fail(ErrorCode::kIncarnationChanged, "the database has no incarnation");
  }
  if (result.IsNull(0, column + 3)) {
    return Fail(ErrorCode::kStorageError, "the database gave no position");
  }
  Header header;
  const Result<model::Incarnation> life = lives.Learn(result.Bytes(0, column + 2));
  if (!life) return Fail(life.error());
  header.snapshot.incarnation = *life;
  header.snapshot.position = {result.Int(0, column + 3)};
  header.snapshot.db_now = result.Time(0, column + 4);
  header.snapshot.sent_at = sent_at;
  header.absent = {result.Int(0, column)};
  return header;
}

std::optional<Snapshot> ReadPosition(const PgResult& result, BootTime sent_at, Lives& lives) {
  if (result.rows() == 0 || result.IsNull(0, 1)) return std::nullopt;
  const Result<model::Incarnation> life = lives.Learn(result.Bytes(0, 0));
  if (!life) return std::nullopt;
  return Snapshot{*life, {result.Int(0, 1)}, result.Time(0, 2), sent_at};
}

}  // namespace coolkit::store
