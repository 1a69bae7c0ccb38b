#include "store/postgres/feed.h"

#include <utility>

namespace coolkit::store {
namespace {

std::vector<Step> OneStep(StatementId id, Parameters parameters) {
  std::vector<Step> steps;
  steps.push_back(StepOf(id, std::move(parameters)));
  steps.push_back(SyncStep());
  return steps;
}

}  // namespace

net::Task<Result<FeedAnswer>> Feed::PollOnce(const PgPoll& poll,
                                             const std::optional<PgSnapshot>& since) {
  const std::size_t limit = shared_.options.changes_per_poll_max;
  Function<std::vector<Step>()> feed = [&since, limit] {
    return OneStep(StatementId::kFeed, FeedParameters(since, limit));
  };
  Result<Conversation> talk = co_await shared_.Ask(Urgency::kFirst, poll.deadline, std::move(feed));
  if (!talk) co_return Fail(std::move(talk.error()));
  Result<FeedRows> rows =
      TakeFeed(talk->replies[0], poll.cursor, since, limit, talk->sent_at, shared_.lives);
  if (!rows) co_return Fail(std::move(rows.error()));
  FeedAnswer answer = std::move(rows->answer);
  if (!rows->overflow) co_return answer;
  Function<std::vector<Step>()> collections = [&since, &answer] {
    return OneStep(StatementId::kFeedCollections, FeedCollectionsParameters(*since, answer.next));
  };
  Result<Conversation> more =
      co_await shared_.Ask(Urgency::kFirst, poll.deadline, std::move(collections));
  if (!more) co_return Fail(std::move(more.error()));
  TakeFeedCollections(more->replies[0], answer);
  co_return answer;
}

net::Task<void> Feed::Poll(PgPoll poll) {
  std::optional<PgSnapshot> since;
  if (poll.cursor) since = ParsePgSnapshot(poll.cursor->snapshot);
  for (int renewals = 0;; ++renewals) {
    Result<FeedAnswer> answer = co_await PollOnce(poll, since);
    const bool renew =
        !answer && answer.error().code == ErrorCode::kIncarnationChanged && renewals < kRenewalsMax;
    if (!renew) co_return poll.done(std::move(answer));
    Result<void> renewed = co_await shared_.Renew(poll.deadline);
    if (!renewed) co_return poll.done(Fail(std::move(renewed.error())));
  }
}

net::Task<void> Feed::Collect(PgCollect collect) {
  Function<std::vector<Step>()> make = [&collect] {
    Parameters parameters;
    parameters.AddInt8(collect.retention.count());
    parameters.AddInt4(static_cast<std::int32_t>(collect.limit));
    return OneStep(StatementId::kCollect, std::move(parameters));
  };
  Result<Conversation> talk =
      co_await shared_.Ask(Urgency::kSecond, collect.deadline, std::move(make));
  if (!talk) co_return collect.done(Fail(std::move(talk.error())));
  collect.done(static_cast<std::size_t>(talk->replies[0].Int(0, 0)));
}

// The floor is committed before anything is deleted.
net::Task<void> Feed::Prune(PgPrune prune) {
  const std::optional<PgSnapshot> mark = ParsePgSnapshot(prune.mark.snapshot);
  if (!mark) co_return prune.done(std::size_t{0});
  if (!(pruned_in_ == prune.mark.incarnation)) {
    pruned_in_ = prune.mark.incarnation;
    pruned_to_ = 0;
  }
  Function<std::vector<Step>()> make = [this, &mark, &prune] {
    Parameters floor;
    floor.AddInt8(static_cast<std::int64_t>(mark->xmin));
    floor.AddUuid(prune.mark.incarnation.id);
    Parameters slice;
    slice.AddInt8(pruned_to_);
    slice.AddInt8(static_cast<std::int64_t>(mark->xmin));
    slice.AddUuid(prune.mark.incarnation.id);
    slice.AddInt4(static_cast<std::int32_t>(prune.limit));
    std::vector<Step> steps = OneStep(StatementId::kPruneFloor, std::move(floor));
    steps.push_back(StepOf(StatementId::kPrune, std::move(slice)));
    steps.push_back(SyncStep());
    return steps;
  };
  Result<Conversation> talk =
      co_await shared_.Ask(Urgency::kSecond, prune.deadline, std::move(make));
  if (!talk) co_return prune.done(Fail(std::move(talk.error())));
  const PgResult& gone = talk->replies[2];
  if (!gone.IsNull(0, 1)) pruned_to_ = gone.Int(0, 1);
  prune.done(static_cast<std::size_t>(gone.Int(0, 0)));
}

}  // namespace coolkit::store
