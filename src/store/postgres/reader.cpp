#include "store/postgres/reader.h"

#include <algorithm>
#include <utility>

#include "store/postgres/inbox.h"
#include "store/postgres/read_rows.h"

namespace coolkit::store {
namespace {

BootTime LatestDeadline(const std::vector<PgRead>& batch) {
  BootTime latest = kMinusInfinity;
  for (const PgRead& read : batch) latest = std::max(latest, read.deadline);
  return latest;
}

void FailAll(std::vector<PgRead>& batch, const Error& error) {
  for (PgRead& read : batch) read.done(Fail(error));
}

}  // namespace

void Reader::Start() {
  if (waiting_.empty() || lanes_ >= shared_.options.reads_in_flight_max) return;
  const BootTime now = shared_.loop.Now();
  const bool few = waiting_.size() < shared_.options.overlap_min;
  if (lanes_ > 0 && few && now < began_ + shared_.options.overlap_after) return;
  began_ = now;
  ++lanes_;
  if (!shared_.tasks.Spawn(RunLane())) --lanes_;
}

std::size_t Reader::wanted() const {
  if (lanes_ == 0) return 1;
  if (lanes_ >= shared_.options.reads_in_flight_max) return Inbox::kNoWake;
  const std::size_t least = shared_.options.overlap_min;
  return waiting_.size() < least ? least - waiting_.size() : 1;
}

net::Task<void> Reader::RunLane() {
  for (;;) {
    supply_.Pull();
    if (waiting_.empty()) break;
    std::vector<PgRead> batch = TakeBatch();
    began_ = shared_.loop.Now();
    supply_.Began();
    co_await Load(std::move(batch));
  }
  --lanes_;
  supply_.Ended();
}

std::vector<PgRead> Reader::TakeBatch() {
  std::vector<PgRead> batch;
  std::size_t keys = 0;
  while (!waiting_.empty()) {
    keys += waiting_.front().keys.size();
    if (!batch.empty() && keys > shared_.options.keys_per_read_max) break;
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  begun_(batch.size());
  return batch;
}

net::Task<void> Reader::Load(std::vector<PgRead> batch) {
  const std::vector<const model::Key*> keys = DistinctKeys(batch);
  const BootTime deadline = LatestDeadline(batch);
  for (int renewals = 0;; ++renewals) {
    Function<std::vector<Step>()> make = [this, &keys] {
      shared_.metrics.loads_total.Add();
      shared_.metrics.keys_loaded_total.Add(keys.size());
      std::vector<Step> steps;
      steps.push_back(ReadStep(keys));
      steps.push_back(SyncStep());
      return steps;
    };
    Result<Conversation> talk = co_await shared_.Ask(Urgency::kFirst, deadline, std::move(make));
    if (!talk) co_return FailAll(batch, talk.error());
    const Result<void> answered =
        AnswerReads(talk->replies[0], talk->sent_at, shared_.lives, keys, batch);
    if (answered) co_return;
    const bool renew =
        answered.error().code == ErrorCode::kIncarnationChanged && renewals < kRenewalsMax;
    if (!renew) {
      co_return FailAll(batch, {ErrorCode::kDatabaseUnavailable, answered.error().detail, {}});
    }
    Result<void> renewed = co_await shared_.Renew(deadline);
    if (!renewed) co_return FailAll(batch, renewed.error());
  }
}

net::Task<void> Reader::List(PgList list) {
  for (int renewals = 0;; ++renewals) {
    Function<std::vector<Step>()> make = [&list] {
      std::vector<Step> steps;
      steps.push_back(ListStep(list.request));
      steps.push_back(SyncStep());
      return steps;
    };
    Result<Conversation> talk =
        co_await shared_.Ask(Urgency::kSecond, list.deadline, std::move(make));
    if (!talk) co_return list.done(Fail(std::move(talk.error())));
    Result<ListAnswer> answer =
        TakeList(talk->replies[0], list.request, talk->sent_at, shared_.lives);
    const bool renew =
        !answer && answer.error().code == ErrorCode::kIncarnationChanged && renewals < kRenewalsMax;
    if (!renew) co_return list.done(std::move(answer));
    Result<void> renewed = co_await shared_.Renew(list.deadline);
    if (!renewed) co_return list.done(Fail(std::move(renewed.error())));
  }
}

void Reader::FailExpired(BootTime now) {
  std::deque<PgRead> kept;
  std::vector<PgRead> expired;
  for (PgRead& read : waiting_) {
    if (read.deadline <= now) {
      expired.push_back(std::move(read));
    } else {
      kept.push_back(std::move(read));
    }
  }
  waiting_ = std::move(kept);
  begun_(expired.size());
  FailAll(expired, TooLate());
}

void Reader::FailWaiting(const Error& error) {
  std::deque<PgRead> waiting = std::exchange(waiting_, {});
  begun_(waiting.size());
  for (PgRead& read : waiting) read.done(Fail(error));
}

}  // namespace coolkit::store
