// The requests of one peer: taken within limits, handed to the handler, answered when there is
// room.
#include <utility>

#include "peer/inbound.h"
#include "peer/request_codec.h"

namespace coolkit::peer {
namespace {

// What a message in a queue takes beside its body.
constexpr std::size_t kMessageOverhead = 128;
// Answers to reads are given up beyond so many times the limit at which reading pauses.
constexpr std::size_t kRepliesHardFactor = 2;

std::size_t SizeOf(const ring::PeerReadReply& reply) { return BytesOf(reply); }
std::size_t SizeOf(const ring::PeerWriteReply& reply) {
  constexpr std::size_t kItemBytes = 128;
  return kItemBytes + reply.items.size() * kItemBytes;
}
std::size_t SizeOf(const ring::PeerPushReply& /*reply*/) { return sizeof(ring::PeerPushReply); }

struct Encoded {
  MessageType type;
  std::string body;
};
Encoded Encode(const ring::PeerReadReply& reply) {
  return {MessageType::kReadReply, EncodeReadReply(reply)};
}
Encoded Encode(const ring::PeerWriteReply& reply) {
  return {MessageType::kWriteReply, EncodeWriteReply(reply)};
}
Encoded Encode(const ring::PeerPushReply& reply) {
  return {MessageType::kPushReply, EncodePushReply(reply)};
}

}  // namespace

void Inbound::OnRead(const FrameReader::Message& message) {
  Result<ring::PeerReadRequest> request =
      DecodeRead(message.body, channel_->heard_at(), environment_.limits.request_time_max);
  const bool each = (message.flags & kFlagEach) != 0;
  if (!request) {
    // Nobody knows how many replies are waited for.
    if (each) return OnProtocolError(request.error());
    return Refuse(message.id, RefusedCode::kMalformed, request.error().detail);
  }
  if (!each) return StartRead(message.id, std::move(*request));
  const std::vector<model::Key> keys = std::move(request->keys);
  if (keys.size() > kEachKeysMax) {
    return OnProtocolError({ErrorCode::kMalformedRequest, "read: too many keys", {}});
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    request->keys = {keys[i]};
    StartRead(message.id + i, *request);
  }
}

void Inbound::StartRead(std::uint64_t id, ring::PeerReadRequest request) {
  const std::size_t bytes = BytesOf(request);
  if (!TakeRoom(id, bytes)) return;
  environment_.parts.handler.OnRead(
      session_.peer.id, std::move(request), loop_,
      [self = shared_from_this(), id, bytes](ring::PeerReadReply reply) {
        self->AddReply({id, bytes, std::move(reply)});
      });
}

void Inbound::OnWrite(const FrameReader::Message& message) {
  Result<ring::PeerWriteRequest> request =
      DecodeWrite(message.body, channel_->heard_at(), environment_.limits.request_time_max);
  const std::uint64_t id = message.id;
  if (!request) return Refuse(id, RefusedCode::kMalformed, request.error().detail);
  const std::size_t bytes = BytesOf(*request);
  if (!TakeRoom(id, bytes)) return;
  environment_.parts.handler.OnWrite(
      session_.peer.id, std::move(*request), loop_,
      [self = shared_from_this(), id, bytes](ring::PeerWriteReply reply) {
        self->AddReply({id, bytes, std::move(reply)});
      });
}

void Inbound::OnPush(const FrameReader::Message& message) {
  Result<ring::PeerPush> push = DecodePush(message.body);
  const std::uint64_t id = message.id;
  if (!push) return Refuse(id, RefusedCode::kMalformed, push.error().detail);
  const std::size_t bytes = BytesOf(*push);
  if (!TakeRoom(id, bytes)) return;
  environment_.parts.handler.OnPush(
      session_.peer.id, std::move(*push), loop_,
      [self = shared_from_this(), id, bytes](ring::PeerPushReply reply) {
        self->AddReply({id, bytes, reply});
      });
}

const char* Inbound::FullLimit(std::size_t bytes) const {
  const Limits& limits = environment_.limits;
  if (requests_in_ >= limits.requests_in_max) return "peer_requests_in";
  if (requests_in_ > 0 && bytes_in_ + bytes > limits.bytes_in_max) return "peer_bytes_in";
  return nullptr;
}

bool Inbound::TakeRoom(std::uint64_t id, std::size_t bytes) {
  const char* hit = FullLimit(bytes);
  if (hit != nullptr && std::exchange(batch_open_, false)) {
    TakeReplies();  // of those that were answered at once
    hit = FullLimit(bytes);
  }
  if (hit != nullptr) {
    environment_.parts.metrics.CountLimit(hit);
    Refuse(id, RefusedCode::kOverloaded, "too many requests are under way");
    return false;
  }
  ++requests_in_;
  bytes_in_ += bytes;
  OpenBatch();
  return true;
}

void Inbound::Refuse(std::uint64_t id, RefusedCode code, std::string detail) {
  environment_.parts.metrics.requests_refused.Add();
  if (code == RefusedCode::kMalformed) environment_.parts.metrics.protocol_errors.Add();
  channel_->Send(Outbox::Lane::kSmall, {MessageType::kRefused, 0, id,
                                        EncodeRefused({code, std::move(detail)}), nullptr, false});
}

// While the messages of one read are being handed out, answers that come at once are collected
// without a post.
void Inbound::OpenBatch() {
  if (std::exchange(batch_open_, true)) return;
  MutexLock lock(mutex_);
  posted_ = true;
}

void Inbound::AddReply(Reply reply) {
  {
    MutexLock lock(mutex_);
    replies_.push_back(std::move(reply));
    if (std::exchange(posted_, true)) return;
  }
  loop_.Post([self = shared_from_this()] {
    self->TakeReplies();
    if (self->channel_ == nullptr) return;
    self->PauseWhenFull();
    self->channel_->Flush();
  });
}

void Inbound::TakeReplies() {
  std::vector<Reply> replies;
  {
    MutexLock lock(mutex_);
    replies.swap(replies_);
    posted_ = false;
  }
  for (Reply& reply : replies) {
    --requests_in_;
    bytes_in_ -= reply.request_bytes;
    if (channel_ != nullptr && !channel_->closed()) Queue(std::move(reply));
  }
  if (channel_ == nullptr && requests_in_ == 0) idle_.Resume();
}

void Inbound::Queue(Reply reply) {
  const std::size_t bytes =
      kMessageOverhead + std::visit([](const auto& value) { return SizeOf(value); }, reply.value);
  const std::size_t most = kRepliesHardFactor * environment_.limits.reply_bytes_max;
  const bool full = waiting_bytes_ > 0 && Backlog() + bytes > most;
  if (full && std::holds_alternative<ring::PeerReadReply>(reply.value)) {
    return Refuse(reply.id, RefusedCode::kOverloaded, "too many answers wait");
  }
  waiting_bytes_ += bytes;
  auto& queue = bytes <= kChunkBytes ? waiting_ : waiting_long_;
  queue.push_back({reply.id, bytes, std::move(reply.value)});
}

void Inbound::OnRoom() {
  Outbox& outbox = channel_->outbox();
  while (!waiting_.empty() && outbox.bytes(Outbox::Lane::kSmall) < Outbox::kBlockBytes) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    Lay(std::move(next));
  }
  if (!waiting_long_.empty() && outbox.waiting(Outbox::Lane::kBulk) == 0) {
    Waiting next = std::move(waiting_long_.front());
    waiting_long_.pop_front();
    Lay(std::move(next));
  }
  if (pausing_ && Backlog() < environment_.limits.reply_bytes_max / 2) {
    pausing_ = false;
    channel_->ResumeReading();
  }
}

void Inbound::Lay(Waiting waiting) {
  waiting_bytes_ -= waiting.bytes;
  Encoded encoded = std::visit([](const auto& value) { return Encode(value); }, waiting.value);
  Outbox::Message message{encoded.type, 0, waiting.id, std::move(encoded.body), nullptr, false};
  const Outbox::Lane lane = Outbox::LaneFor(message);
  channel_->outbox().Add(lane, std::move(message));
}

std::size_t Inbound::Backlog() {
  Outbox& outbox = channel_->outbox();
  return waiting_bytes_ + outbox.bytes(Outbox::Lane::kSmall) + outbox.bytes(Outbox::Lane::kBulk) +
         kMessageOverhead *
             (outbox.waiting(Outbox::Lane::kSmall) + outbox.waiting(Outbox::Lane::kBulk));
}

void Inbound::PauseWhenFull() {
  if (pausing_ || channel_ == nullptr || channel_->closed()) return;
  if (Backlog() <= environment_.limits.reply_bytes_max) return;
  pausing_ = true;
  environment_.parts.metrics.CountLimit("peer_reply_bytes");
  channel_->PauseReading();
}

}  // namespace coolkit::peer
