#include "peer/calls.h"

#include <algorithm>

#include "peer/control_codec.h"
#include "peer/request_codec.h"

namespace coolkit::peer {

Calls::Calls(const Limits& limits, PeerMetrics& metrics, Random& random)
    : limits_(limits),
      metrics_(metrics),
      breaker_({limits.breaker_timeouts_max, limits.breaker_open_min, limits.breaker_open_max},
               random) {}

void Calls::Begin(Channel& channel, bool shares) {
  channel_ = &channel;
  shares_ = shares;
  breaker_.OnAnswer();  // the handshake was one
  ShowBreaker();
}

void Calls::End() {
  Ended ended;
  const std::uint64_t handed_over = channel_ == nullptr ? 0 : channel_->handed_over();
  channel_ = nullptr;
  for (Queue* queue : {&waiting_, &waiting_long_}) {
    for (auto& call : *queue) ended.emplace_back(std::move(call), Ending::kBrokenUnsent);
    queue->clear();
  }
  for (auto& [id, call] : in_flight_) {
    // R18. What the kernel did not get can't arrive: the connection is closed.
    const bool sent = call->end_offset != 0 && call->end_offset <= handed_over;
    ended.emplace_back(std::move(call), sent ? Ending::kBrokenSent : Ending::kBrokenUnsent);
  }
  in_flight_.clear();
  next_check_ = kNever;
  breaker_.OnAnswer();  // of the next connection
  ShowBreaker();
  EndAll(ended, "the connection to the peer broke");
}

void Calls::Add(std::unique_ptr<Call> call, BootTime now) {
  if (channel_ == nullptr) return call->End(Ending::kNotConnected, "the peer is not connected");
  const bool allowed = breaker_.Allow(now);
  ShowBreaker();
  if (!allowed) return call->End(Ending::kRefused, "the peer does not answer");
  next_check_ = std::min(next_check_, CheckAt(*call));
  (call->bytes <= kChunkBytes ? waiting_ : waiting_long_).push_back(std::move(call));
}

void Calls::Fill(BootTime now) {
  if (channel_ == nullptr) return;
  Outbox& outbox = channel_->outbox();
  while (!waiting_.empty() && outbox.bytes(Outbox::Lane::kSmall) < Outbox::kBlockBytes) {
    if (shares_ && Sharable(*waiting_.front()) != nullptr) {
      LayShared(now);
      continue;
    }
    std::unique_ptr<Call> call = std::move(waiting_.front());
    waiting_.pop_front();
    Lay(std::move(call), now);
  }
  if (!waiting_long_.empty() && outbox.waiting(Outbox::Lane::kBulk) == 0) {
    std::unique_ptr<Call> call = std::move(waiting_long_.front());
    waiting_long_.pop_front();
    Lay(std::move(call), now);
  }
}

void Calls::Lay(std::unique_ptr<Call> call, BootTime now) {
  const std::uint64_t id = next_id_++;
  const bool tracked = call->type() == MessageType::kWrite;
  Outbox::Message message{call->type(), 0, id, call->Encode(now), nullptr, tracked};
  in_flight_.emplace(id, std::move(call));
  const Outbox::Lane lane = Outbox::LaneFor(message);
  channel_->outbox().Add(lane, std::move(message));
}

// Reads of single keys that wait behind each other go in one frame; the peer answers each by
// itself, so that a hit never waits for its neighbour's load.
void Calls::LayShared(BootTime now) {
  const std::uint64_t first_id = next_id_;
  std::vector<const model::Key*> keys;
  BootTime deadline = kMinusInfinity;
  const ReadCall* first = nullptr;
  while (!waiting_.empty() && keys.size() < kEachKeysMax) {
    const ReadCall* read = Sharable(*waiting_.front());
    if (read == nullptr || (first != nullptr && !read->SharesWith(*first))) break;
    if (first == nullptr) first = read;
    keys.push_back(&read->request().keys.front());
    deadline = std::max(deadline, read->times.deadline);
    in_flight_.emplace(next_id_++, std::move(waiting_.front()));
    waiting_.pop_front();
  }
  const std::uint8_t flags = keys.size() > 1 ? kFlagEach : 0;
  Outbox::Message message{MessageType::kRead,
                          flags,
                          first_id,
                          EncodeRead(first->request(), keys, deadline, now),
                          nullptr,
                          false};
  const Outbox::Lane lane = Outbox::LaneFor(message);
  channel_->outbox().Add(lane, std::move(message));
}

ReadCall* Calls::Sharable(Call& call) {
  if (call.type() != MessageType::kRead) return nullptr;
  auto& read = static_cast<ReadCall&>(call);
  return read.CanShare() ? &read : nullptr;
}

void Calls::OnLaidOut(const Outbox::End& end) {
  const auto it = in_flight_.find(end.id);
  if (it != in_flight_.end()) it->second->end_offset = end.offset;
}

bool Calls::OnReply(const FrameReader::Message& message, BootTime now) {
  const auto it = in_flight_.find(message.id);
  if (it == in_flight_.end()) {
    metrics_.late_answers.Add();
    return true;
  }
  if (message.type == MessageType::kRefused) {
    const Result<RefusedRequest> refused = DecodeRefused(message.body);
    if (!refused) return false;
    const std::unique_ptr<Call> call = std::move(it->second);
    in_flight_.erase(it);
    breaker_.OnAnswer();
    ShowBreaker();
    call->End(Ending::kRefused, "the peer refused the request");
    return true;
  }
  if (it->second->reply_type() != message.type) return false;
  const std::unique_ptr<Call> call = std::move(it->second);
  in_flight_.erase(it);
  breaker_.OnAnswer();
  ShowBreaker();
  if (call->Answer(message.body, now)) return true;
  call->End(Ending::kBrokenSent, "the peer's answer makes no sense");
  return false;
}

void Calls::OnHeard() {
  breaker_.OnHeard();
  ShowBreaker();
}

// Half of the time a peer has to be heard at all: then it is asked for a sign of life, so that
// silence at the end means something. A write waits for its deadline, but one that no sign of life
// followed opens the breaker for others.
BootTime Calls::CheckAt(const Call& call) const {
  const nanoseconds part = call.asked ? limits_.peer_timeout : limits_.peer_timeout / 2;
  return std::min(call.times.called_at + part, call.times.deadline);
}

void Calls::Sweep(BootTime now) {
  next_check_ = kNever;
  Ended ended;
  SweepQueue(waiting_, now, ended);
  SweepQueue(waiting_long_, now, ended);
  SweepInFlight(now, ended);
  ShowBreaker();
  EndAll(ended, "the peer did not answer in time");
}

void Calls::SweepQueue(Queue& queue, BootTime now, Ended& ended) {
  std::erase_if(queue, [&](std::unique_ptr<Call>& call) {
    if (call->times.deadline > now) {
      next_check_ = std::min(next_check_, call->times.deadline);
      return false;
    }
    OnTimeout(*call, now);
    ended.emplace_back(std::move(call), Ending::kTimeoutUnsent);
    return true;
  });
}

void Calls::SweepInFlight(BootTime now, Ended& ended) {
  for (auto it = in_flight_.begin(); it != in_flight_.end();) {
    Call& call = *it->second;
    if (call.times.deadline <= now) {
      OnTimeout(call, now);
      const bool unsent = call.type() != MessageType::kRead && channel_->outbox().Remove(it->first);
      ended.emplace_back(std::move(it->second),
                         unsent ? Ending::kTimeoutUnsent : Ending::kTimeoutSent);
      it = in_flight_.erase(it);
      continue;
    }
    const bool heard = channel_->heard_at() > call.times.called_at;
    if (!call.asked && CheckAt(call) <= now) {
      call.asked = true;
      if (!heard) channel_->Ask();
    }
    const bool overdue = call.times.called_at + limits_.peer_timeout <= now;
    if (overdue && !heard) breaker_.OnTimeout(false, now);
    next_check_ = std::min(next_check_, overdue ? call.times.deadline : CheckAt(call));
    ++it;
  }
}

void Calls::OnTimeout(const Call& call, BootTime now) {
  // A deadline that was nearly there says nothing about the peer.
  if (now - call.times.called_at < limits_.peer_timeout) return;
  breaker_.OnTimeout(channel_->heard_at() > call.times.called_at, now);
}

void Calls::ShowBreaker() {
  if (breaker_.opened() != shown_opened_) {
    metrics_.breaker_opened.Add(breaker_.opened() - shown_opened_);
    shown_opened_ = breaker_.opened();
  }
  if (breaker_.open() == shown_open_) return;
  shown_open_ = breaker_.open();
  metrics_.breakers_open.Add(shown_open_ ? 1 : -1);
}

void Calls::EndAll(Ended& ended, const char* detail) {
  for (auto& [call, ending] : ended) call->End(ending, detail);
}

}  // namespace coolkit::peer
