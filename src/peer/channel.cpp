#include "peer/channel.h"

#include <span>
#include <string_view>
#include <utility>

namespace coolkit::peer {
namespace {

constexpr std::size_t kRepliesMax = 8;
constexpr std::size_t kIdleBlockBytes = 32u << 10;  // kept while nothing is sent

}  // namespace

Channel::Channel(std::unique_ptr<net::Connection> connection, std::unique_ptr<FrameReader> reader,
                 bool asks, const Limits& limits, PeerMetrics& metrics, ChannelOwner& owner)
    : connection_(std::move(connection)),
      reader_(std::move(reader)),
      loop_(connection_->loop()),
      asks_(asks),
      limits_(limits),
      metrics_(metrics),
      owner_(owner),
      heard_at_(loop_.Now()),
      sent_at_(heard_at_) {}

net::Task<Error> Channel::Run() {
  const std::shared_ptr<Channel> self = shared_from_this();
  connection_->SetReadDeadline(kNever);
  connection_->SetWriteDeadline(kNever);
  ticked_at_ = loop_.Now();
  ArmTick();
  net::Task<void> writing = WriteLoop();
  net::Detach(std::move(writing), [self] {
    self->writer_ended_ = true;
    // Posted, so that the writer's frame is gone before the channel is.
    self->PostResume(self->writer_end_);
  });
  co_await ReadLoop();
  Close({ErrorCode::kConnectionClosed, "ended", {}});
  if (!writer_ended_) co_await writer_end_;
  if (tick_.value != 0) loop_.Cancel(std::exchange(tick_, net::TimerId{}));
  connection_.reset();
  co_return reason_;
}

net::Task<void> Channel::ReadLoop() {
  Dispatch();  // what came with the end of the handshake
  while (!closed_) {
    if (paused_) {
      co_await reading_;
      continue;
    }
    net::IoOperation read = connection_->Read(reader_->Space());
    const Result<std::size_t> n = co_await read;
    if (!n) {
      Close(n.error());
      break;
    }
    if (*n == 0) {
      Close({ErrorCode::kConnectionClosed, "the peer ended the connection", {}});
      break;
    }
    heard_at_ = loop_.Now();
    metrics_.bytes_received.Add(*n);
    reader_->Commit(*n);
    Dispatch();
  }
}

void Channel::Dispatch() {
  std::uint64_t count = 0;
  dispatching_ = true;
  while (!closed_) {
    const Result<std::optional<FrameReader::Message>> message = reader_->Next();
    if (!message) {
      if (message.error().code == ErrorCode::kPayloadTooLarge) {
        metrics_.CountLimit(message.error().detail);
      } else {
        metrics_.protocol_errors.Add();
      }
      Close(message.error());
      break;
    }
    if (!*message) break;
    ++count;
    const MessageType type = (*message)->type;
    if (type == MessageType::kKeepAlive || type == MessageType::kKeepAliveReply) {
      OnKeepAlive(**message);
    } else {
      owner_.OnMessage(**message);
    }
  }
  metrics_.messages_received.Add(count);
  owner_.OnMessages();
  dispatching_ = false;
  Flush();
}

void Channel::OnKeepAlive(const FrameReader::Message& message) {
  if (message.type == MessageType::kKeepAliveReply) {
    asked_at_ = kMinusInfinity;
    return;
  }
  // One answer at a time is enough, however often the peer asks.
  if (outbox_.waiting(Outbox::Lane::kUrgent) >= kRepliesMax) return;
  outbox_.Add(Outbox::Lane::kUrgent, {MessageType::kKeepAliveReply, 0, message.id, {}, {}, false});
}

net::Task<void> Channel::WriteLoop() {
  while (!closed_) {
    block_.clear();
    ends_.clear();
    owner_.OnRoom();
    metrics_.messages_sent.Add(outbox_.Fill(block_, ends_));
    if (block_.empty()) {
      if (block_.capacity() > kIdleBlockBytes) block_ = std::string();
      co_await writer_;
      continue;
    }
    for (const Outbox::End& end : ends_) owner_.OnLaidOut(end);
    const bool alive = co_await WriteBlock();
    if (!alive) break;
  }
}

net::Task<bool> Channel::WriteBlock() {
  std::string_view rest = block_;
  connection_->SetWriteDeadline(loop_.Now() + limits_.write_stall_max);
  while (!rest.empty()) {
    net::IoOperation write = connection_->WriteSome(std::span<const std::string_view>(&rest, 1));
    const Result<std::size_t> n = co_await write;
    if (!n) {
      if (n.error().code == ErrorCode::kTimeout) metrics_.CountLimit("peer_write_stall");
      Close(n.error());
      co_return false;
    }
    handed_over_ += *n;
    metrics_.bytes_sent.Add(*n);
    metrics_.writes.Add();
    rest.remove_prefix(*n);
    sent_at_ = loop_.Now();
    if (!rest.empty()) connection_->SetWriteDeadline(sent_at_ + limits_.write_stall_max);
    if (closed_) co_return false;
  }
  co_return true;
}

void Channel::Send(Outbox::Lane lane, Outbox::Message message) {
  if (closed_) return;
  outbox_.Add(lane, std::move(message));
  Wake();
}

void Channel::Wake() {
  if (closed_ || flush_posted_ || dispatching_ || !writer_.waiting()) return;
  flush_posted_ = true;
  loop_.Post([self = shared_from_this()] {
    self->flush_posted_ = false;
    self->Flush();
  });
}

void Channel::Flush() {
  if (!closed_) writer_.Resume();
}

void Channel::ResumeReading() {
  if (!std::exchange(paused_, false)) return;
  heard_at_ = loop_.Now();  // nobody listened
  PostResume(reading_);
}

void Channel::Close(Error reason) {
  if (std::exchange(closed_, true)) return;
  reason_ = std::move(reason);
  connection_->Close();
  PostResume(writer_);
  PostResume(reading_);
}

void Channel::PostResume(Gate& gate) {
  if (!gate.waiting()) return;
  loop_.Post([self = shared_from_this(), &gate] { gate.Resume(); });
}

void Channel::ArmTick() {
  const nanoseconds interval = limits_.keep_alive_after / 2;
  tick_ = loop_.At(loop_.Now() + interval, [self = shared_from_this()] {
    self->tick_ = {};
    self->OnTick();
  });
}

void Channel::OnTick() {
  if (closed_) return;
  const BootTime now = loop_.Now();
  // Whoever was frozen does not know what came meanwhile.
  if (now - ticked_at_ > limits_.silence_max / 2) heard_at_ = now;
  ticked_at_ = now;
  if (!paused_ && now - heard_at_ > limits_.silence_max) {
    metrics_.CountLimit("peer_silence");
    return Close({ErrorCode::kTimeout, "the peer is silent", {}});
  }
  const bool quiet =
      now - heard_at_ >= limits_.keep_alive_after || now - sent_at_ >= limits_.keep_alive_after;
  if (asks_ && quiet) Ask();
  ArmTick();
}

void Channel::Ask() {
  const BootTime now = loop_.Now();
  if (Since(asked_at_, now) < limits_.keep_alive_after / 4) return;
  asked_at_ = now;
  Send(Outbox::Lane::kUrgent, {MessageType::kKeepAlive, 0, 0, {}, {}, false});
}

}  // namespace coolkit::peer
