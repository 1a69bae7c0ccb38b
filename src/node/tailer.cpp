#include "node/tailer.h"

#include <algorithm>

#include "base/rules.h"
#include "net/await.h"

namespace coolkit::node {

TailerMetrics::TailerMetrics(telemetry::Registry& registry)
    : polls(registry.AddCounter("coolkit_feed_polls_total", "Polls of the change feed.")),
      poll_errors(registry.AddCounter("coolkit_feed_poll_errors_total",
                                      "Polls of the change feed that failed.")),
      changes(registry.AddCounter("coolkit_feed_changes_total",
                                  "Changed keys taken from the change feed.")),
      gaps(registry.AddCounter("coolkit_feed_gaps_total",
                               "Gaps in the feed: older entries were dropped.")),
      resets(registry.AddCounter("coolkit_feed_incarnations_total",
                                 "New lives of the database: everything cached was dropped.")) {}

Tailer::Tailer(Parts parts, Options options) : parts_(parts), options_(options) {}

void Tailer::Start(net::Loop& loop, std::function<void()> first_poll) {
  loop.Post([this, &loop, first_poll = std::move(first_poll)]() mutable {
    tasks_.Spawn(Run(loop, std::move(first_poll)));
  });
}

void Tailer::AskToStop() {
  stopping_ = true;
  tasks_.Close();
}

void Tailer::Stop() {
  AskToStop();
  tasks_.BlockUntilEmpty();
}

net::Task<void> Tailer::Run(net::Loop& loop, std::function<void()> first_poll) {
  milliseconds pause = options_.poll_interval;
  while (!stopping_) {
    const BootTime deadline = loop.Now() + options_.poll_timeout;
    Result<store::FeedAnswer> answer = co_await net::AwaitCompletion<Result<store::FeedAnswer>>(
        loop, [this, deadline](Completion<Result<store::FeedAnswer>> done) {
          parts_.store.Poll(cursor_, deadline, std::move(done));
        });
    parts_.metrics.polls.Add();
    if (answer) {
      parts_.contact.Succeeded(loop.Now());
      if (pause > options_.poll_interval) parts_.log.Info("feed is back");
      pause = options_.poll_interval;
      Take(std::move(*answer), loop);
      if (first_poll) std::exchange(first_poll, nullptr)();
    } else {
      parts_.metrics.poll_errors.Add();
      if (pause == options_.poll_interval) {
        parts_.log.Warn("feed poll failed", {{"code", ErrorCodeName(answer.error().code)},
                                             {"detail", std::string_view(answer.error().detail)}});
      }
      pause = std::min(pause * 2, options_.retry_max);
    }
    if (!stopping_) co_await net::SleepUntil(loop, loop.Now() + pause);
  }
}

void Tailer::Take(store::FeedAnswer answer, net::Loop& loop) {
  if (!Kept(Rule::kR12NewLife) && cursor_) {
    answer.snapshot.incarnation = answer.next.incarnation = cursor_->incarnation;
  }
  const store::Snapshot& now = answer.snapshot;
  const bool same_life = cursor_ && cursor_->incarnation == now.incarnation;
  const model::Position applied = same_life ? cursor_->position : now.position;
  // R2: what was acknowledged before the statement was sent is in it, not what came later.
  model::Fresh horizon{now.sent_at, now.db_now};
  if (!Kept(Rule::kR2SentNotArrived)) horizon.at = loop.Now();
  if (!Kept(Rule::kR2ApplyThenPublish) && same_life) {
    parts_.state.Publish(now.incarnation, std::max(applied, now.position), horizon);
    MayPreempt();
  }
  if (!same_life) {
    // R12. The first poll is the same case: nothing cached can be of this life.
    parts_.cache.Reset(now.incarnation, now.position);
    parts_.metrics.resets.Add();
  } else if (answer.gap && Kept(Rule::kR3Gap)) {
    parts_.cache.ApplyGap(now.position, applied);  // R4
    parts_.metrics.gaps.Add();
  } else {
    parts_.cache.Apply(answer.changes, now.position);
    parts_.metrics.changes.Add(answer.changes.keys.size());
  }
  MayPreempt();
  cursor_ = std::move(answer.next);
  // Every shard has the frame; only now may readers see its position and horizon.
  parts_.state.Publish(now.incarnation, std::max(applied, now.position), horizon);
  MayPreempt();
  parts_.cache.Settle(now.position, now.sent_at);
}

}  // namespace coolkit::node
