#include "node/ring_feed.h"

#include <algorithm>
#include <utility>

#include "base/rules.h"
#include "net/await.h"

namespace coolkit::node {
namespace {

constexpr milliseconds kStopCheck{50};
constexpr milliseconds kPollRetry{50};

// What a poll of the database says, as a frame. A lost cursor (`gap`) continues nothing: whoever
// is behind its position has a gap.
feed::Frame FrameOf(store::FeedAnswer& answer, const std::optional<store::FeedCursor>& cursor) {
  const store::Snapshot& now = answer.snapshot;
  const bool continues = cursor && !answer.gap && cursor->incarnation == now.incarnation;
  feed::Frame frame;
  frame.incarnation = now.incarnation;
  frame.prev = continues ? cursor->position : now.position;
  frame.cur = now.position;
  frame.snapshot = answer.next.snapshot;
  frame.db_now = now.db_now;
  frame.changes = std::move(answer.changes);
  frame.echo = now.sent_at;  // R2: the pod's own ping is the poll itself
  return frame;
}

std::size_t BytesOf(const feed::Frame& frame) {
  std::size_t bytes = sizeof(feed::Frame);
  for (const model::Change& change : frame.changes.keys) {
    bytes += sizeof(model::Change) + change.key.collection.size() + change.key.key.size();
  }
  return bytes;
}

}  // namespace

RingFeed::RingFeed(Parts parts, Options options)
    : parts_(parts), options_(std::move(options)), applier_(parts.cache, parts.state) {}

void RingFeed::Start(net::Loop& loop, std::function<void()> begun) {
  loop_ = &loop;
  loop.Post([this, begun = std::move(begun)]() mutable {
    begun_ = std::move(begun);
    tasks_.Spawn(RunPolls());
    tasks_.Spawn(RunSeats());
    tasks_.Spawn(RunPings());
  });
}

void RingFeed::AskToStop() {
  stopping_ = true;
  tasks_.Close();
}

void RingFeed::Stop() {
  AskToStop();
  tasks_.BlockUntilEmpty();
}

net::Task<void> RingFeed::Pause(milliseconds duration) {
  const BootTime end = loop_->Now() + duration;
  while (!stopping_ && loop_->Now() < end) {
    co_await net::SleepUntil(*loop_, std::min(end, loop_->Now() + kStopCheck));
  }
}

std::optional<store::FeedCursor> RingFeed::cursor() const {
  return tails() ? polled_ : std::nullopt;
}

bool RingFeed::HorizonIsOld() const {
  const feed::Sample at = parts_.state.Read();
  return at.applied == model::kNoPosition ||
         Since(at.horizon.at, loop_->Now()) > options_.self_poll_after;
}

net::Task<void> RingFeed::RunPolls() {
  while (!stopping_) {
    const bool alone = !tails() && (must_poll_ || HorizonIsOld());
    if (alone) parts_.ring_metrics.self_polls.Add();
    if (!tails()) polled_.reset();
    if (tails() || alone) co_await Poll();
    co_await Pause(failing_ ? kPollRetry : options_.poll_interval);
  }
}

net::Task<void> RingFeed::Poll() {
  using Answer = Result<store::FeedAnswer>;
  // A stream goes on where it ended; a new one, or a poll for this pod alone, where the applied
  // frames end (R3).
  std::optional<store::FeedCursor> cursor = polled_ ? polled_ : applied_;
  peer::Pings pings = parts_.server.CollectPings();  // R2: before the statement is sent
  const BootTime deadline = loop_->Now() + options_.poll_timeout;
  const feed::Sample before = parts_.state.Read();
  Answer answer = co_await net::AwaitCompletion<Answer>(
      *loop_, [this, &cursor, deadline](Completion<Answer> done) {
        parts_.store.Poll(cursor, deadline, std::move(done));
      });
  if (!Kept(Rule::kR2EchoBefore)) pings = parts_.server.CollectPings();
  parts_.metrics.polls.Add();
  if (!answer) {
    parts_.metrics.poll_errors.Add();
    if (!failing_) {
      parts_.log.Warn("feed poll failed", {{"code", ErrorCodeName(answer.error().code)},
                                           {"detail", std::string_view(answer.error().detail)}});
    }
    failing_ = true;
    // A cursor that the database can't read came from a peer: on from nowhere.
    const ErrorCode code = answer.error().code;
    if (code != ErrorCode::kDatabaseUnavailable && code != ErrorCode::kDeadlineExceeded) {
      applied_.reset();
    }
    co_return;
  }
  if (failing_) parts_.log.Info("feed is back");
  failing_ = false;
  parts_.contact.Succeeded(loop_->Now());
  const feed::Frame frame = FrameOf(*answer, cursor);
  parts_.metrics.changes.Add(frame.changes.keys.size());
  if (answer->gap && cursor) parts_.metrics.gaps.Add();
  must_poll_ = false;
  if (frame.incarnation == before.incarnation && frame.cur < before.applied) {
    co_return StartAgain(frame);
  }
  if (tails()) {
    polled_ = std::move(answer->next);
    parts_.server.Broadcast(frame, pings);
    Keep(frame);
  }
  Take(frame, feed::OnGap::kFlush);
  if (parts_.state.Read().applied == frame.cur) told_at_ = kMinusInfinity;
}

void RingFeed::StartAgain(const feed::Frame& frame) {
  parts_.log.Error(
      "a peer told of changes that the database does not know: all is dropped",
      {{"position", parts_.state.Read().applied.value}, {"database", frame.cur.value}});
  parts_.metrics.resets.Add();
  parts_.cache.Reset(frame.incarnation, frame.cur);
  parts_.state.Publish(frame.incarnation, frame.cur, {});
  applied_ = store::FeedCursor{frame.incarnation, frame.cur, frame.snapshot};
  polled_.reset();
  told_at_ = kMinusInfinity;
  gap_since_ = kNever;
}

void RingFeed::Keep(const feed::Frame& frame) {
  if (!recent_.empty() && !(recent_.back().first.incarnation == frame.incarnation)) {
    recent_.clear();
    recent_bytes_ = 0;
  }
  const std::size_t bytes = BytesOf(frame);
  recent_.emplace_back(frame, bytes);
  recent_bytes_ += bytes;
  while (recent_bytes_ > options_.resend_bytes_max && !recent_.empty()) {
    recent_bytes_ -= recent_.front().second;
    recent_.pop_front();
  }
}

void RingFeed::Take(const feed::Frame& frame, feed::OnGap on_gap) {
  switch (applier_.Take(frame, on_gap)) {
    case feed::Judgement::kApply:
      parts_.ring_metrics.frames.Add();
      gap_since_ = kNever;
      break;
    case feed::Judgement::kEchoOnly:
    case feed::Judgement::kIgnore:
      parts_.ring_metrics.frames_late.Add();
      break;
    case feed::Judgement::kGap:
      parts_.ring_metrics.frames_gap.Add();
      break;
    case feed::Judgement::kNewLife:
      parts_.metrics.resets.Add();
      gap_since_ = kNever;
      break;
  }
  const feed::Sample at = parts_.state.Read();
  if (at.applied == frame.cur && at.incarnation == frame.incarnation) {
    applied_ = store::FeedCursor{frame.incarnation, frame.cur, frame.snapshot};
  }
  if (begun_ && at.applied != model::kNoPosition) std::exchange(begun_, nullptr)();
}

// A frame from the future of this pod's pings or far ahead of its position, and one that lacks what
// is applied here though its statement was sent later (R2), is a lie, or that other one was. A new
// life (R12) is believed of nobody else.
bool RingFeed::IsBelievable(const feed::Frame& frame, const feed::Sample& at) const {
  if (frame.echo > pinged_at_ || feed::Judge(frame, at) == feed::Judgement::kNewLife) return false;
  if (!(frame.incarnation == at.incarnation)) return true;  // an older one, which is ignored
  if (feed::IsAbsurd(frame.cur, at.applied)) return false;
  return frame.cur >= at.applied || told_at_ == kMinusInfinity || frame.echo <= told_at_;
}

// R4: a gap is asked for once; what nobody can send again is polled for, and only what the database
// has forgotten is flushed.
void RingFeed::OnFrame(const ring::MemberId& from, const feed::Frame& frame) {
  if (stopping_) return;
  parts_.contact.Succeeded(loop_->Now());
  const feed::Sample at = parts_.state.Read();
  if (!IsBelievable(frame, at)) {
    parts_.ring_metrics.frames_doubted.Add();
    must_poll_ = true;
    return;
  }
  const BootTime now = loop_->Now();
  if (feed::Judge(frame, at) != feed::Judgement::kGap) {
    Take(frame, feed::OnGap::kAsk);
    if (parts_.state.Read().applied > at.applied) told_at_ = now;
    return;
  }
  if (gap_since_ == kNever) {
    gap_since_ = now;
    parts_.ring_metrics.frames_gap.Add();
    parts_.peers.RequestResend(from, at.incarnation, at.applied);
  } else if (now - gap_since_ >= options_.resend_wait) {
    must_poll_ = true;
  }
}

void RingFeed::OnResendRefused() {
  if (gap_since_ != kNever) must_poll_ = true;
}

void RingFeed::OnResend(peer::Subscription subscription, const model::Incarnation& incarnation,
                        model::Position applied) {
  const bool there = !recent_.empty() && recent_.front().first.incarnation == incarnation &&
                     recent_.front().first.prev <= applied;
  if (!there) return parts_.server.RefuseResend(subscription, incarnation, applied);
  for (const auto& [frame, bytes] : recent_) {
    if (frame.cur <= applied) continue;
    feed::Frame again = frame;
    again.echo = kMinusInfinity;  // the echoes went out with the first sending
    parts_.server.SendFrame(subscription, again);
  }
}

void RingFeed::OnConnected(const ring::MemberId& peer) {
  connected_.insert(peer);
  subscribed_.erase(peer);
  SubscribeToTailers();
}

void RingFeed::OnDisconnected(const ring::MemberId& peer) {
  connected_.erase(peer);
  subscribed_.erase(peer);
}

void RingFeed::SubscribeToTailers() {
  std::set<ring::MemberId> wanted;
  for (const ring::MemberId& tailer : parts_.ring.Tailers()) {
    if (connected_.contains(tailer)) wanted.insert(tailer);
  }
  for (const ring::MemberId& peer : wanted) {
    if (!subscribed_.insert(peer).second) continue;
    pinged_at_ = loop_->Now();
    parts_.peers.Subscribe(peer, pinged_at_);
  }
  for (auto it = subscribed_.begin(); it != subscribed_.end();) {
    if (wanted.contains(*it)) {
      ++it;
      continue;
    }
    parts_.peers.Unsubscribe(*it);
    it = subscribed_.erase(it);
  }
}

net::Task<void> RingFeed::RunPings() {
  while (!stopping_) {
    SubscribeToTailers();
    if (!subscribed_.empty()) {
      pinged_at_ = loop_->Now();
      parts_.peers.SendPing(pinged_at_);
    }
    co_await Pause(options_.ping_interval);
  }
}

net::Task<void> RingFeed::RunSeats() {
  using Taken = Result<bool>;
  while (!stopping_) {
    const std::vector<ring::MemberId> others = parts_.ring.Tailers();
    const bool vacant = others.size() < static_cast<std::size_t>(options_.seats);
    const std::set<ring::MemberId> skip(others.begin(), others.end());
    const auto candidates = static_cast<std::size_t>(options_.seats) * 2;
    const std::string holder = ring::FormatMemberId(parts_.ring.self());
    for (int seat = 0; seat < options_.seats && !stopping_; ++seat) {
      if (seat_ >= 0 ? seat != seat_ : !(vacant && parts_.ring.IsCandidate(candidates, skip))) {
        continue;
      }
      const BootTime sent_at = loop_->Now();
      const Taken taken = co_await net::AwaitCompletion<Taken>(
          *loop_, [this, seat, &holder](Completion<Taken> done) {
            parts_.coordination.TakeSeat(options_.ring, seat, holder, options_.seat_ttl,
                                         std::move(done));
          });
      const bool in_time = loop_->Now() - sent_at < options_.seat_ttl;
      if (taken && *taken && in_time) {
        if (seat_ < 0) parts_.log.Info("polls the database for the ring", {{"seat", seat}});
        seat_ = seat;
      } else if (seat_ == seat) {
        parts_.log.Info("no longer polls for the ring", {{"seat", seat}});
        seat_ = -1;
      }
      if (!taken) parts_.ring_metrics.coordination_errors.Add();
    }
    parts_.ring.SetTails(tails());
    co_await Pause(options_.seat_interval);
  }
  if (seat_ >= 0) {
    using Done = Result<void>;
    const std::string holder = ring::FormatMemberId(parts_.ring.self());
    static_cast<void>(
        co_await net::AwaitCompletion<Done>(*loop_, [this, &holder](Completion<Done> done) {
          parts_.coordination.ReleaseSeat(options_.ring, seat_, holder, std::move(done));
        }));
  }
}

}  // namespace coolkit::node
