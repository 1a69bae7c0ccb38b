#include "peer/inbound.h"

#include <algorithm>
#include <utility>

namespace coolkit::peer {

Inbound::Inbound(InboundEnvironment& environment, std::unique_ptr<net::Connection> connection)
    : environment_(environment),
      connection_(std::move(connection)),
      loop_(connection_->loop()),
      address_(connection_->PeerAddress()) {}

net::Task<void> Inbound::Run(std::string leftover, std::optional<HandshakeFailure> refusal) {
  const std::shared_ptr<Inbound> self = shared_from_this();
  const Limits& limits = environment_.limits;
  const PeerServer::Parts& parts = environment_.parts;
  auto reader = std::make_unique<FrameReader>(limits.partial_bytes_max, environment_.partial_bytes);
  EstablishResult<Session> session = std::unexpected(EstablishFailure{"too_long", ""});
  if (leftover.size() <= kHandshakeBytesMax) {
    reader->Append(leftover);
    const BootTime until = loop_.Now() + limits.handshake_timeout;
    session = co_await ProveAsAcceptor(*connection_, *reader, parts.identity, environment_.offer,
                                       std::move(refusal), until);
  }
  if (stopped_ || !session) {
    connection_.reset();
    if (session) co_return;
    if (session.error().reason == "timeout") parts.metrics.CountLimit("peer_handshake_time");
    parts.metrics.CountHandshakeFailure(session.error().reason);
    parts.log.Warn("peer refused", {{"address", address_},
                                    {"reason", session.error().reason},
                                    {"detail", session.error().detail}});
    co_return;
  }
  session_ = std::move(*session);
  co_await Serve(std::move(reader));
  if (requests_in_ > 0) co_await idle_;
}

net::Task<void> Inbound::Serve(std::unique_ptr<FrameReader> reader) {
  const PeerServer::Parts& parts = environment_.parts;
  channel_ = std::make_shared<Channel>(std::move(connection_), std::move(reader), false,
                                       environment_.limits, parts.metrics, *this);
  environment_.proved.fetch_add(1);
  parts.metrics.connections_in.Add(1);
  parts.log.Debug("peer accepted", {{"address", address_}, {"peer", session_.peer.name}});
  const Error reason = co_await channel_->Run();
  EndSubscription();
  channel_.reset();
  waiting_.clear();
  waiting_long_.clear();
  environment_.proved.fetch_sub(1);
  parts.metrics.connections_in.Add(-1);
  parts.log.Debug("peer left",
                  {{"address", address_}, {"peer", session_.peer.name}, {"reason", reason.detail}});
}

void Inbound::Stop() {
  stopped_ = true;
  if (connection_ != nullptr) connection_->Close();
  if (channel_ != nullptr) {
    channel_->Close({ErrorCode::kConnectionClosed, "this pod cut the connection", {}});
  }
}

void Inbound::OnMessage(const FrameReader::Message& message) {
  switch (message.type) {
    case MessageType::kRead:
      return OnRead(message);
    case MessageType::kWrite:
      return OnWrite(message);
    case MessageType::kPush:
      return OnPush(message);
    case MessageType::kHeartbeat:
      return OnHeartbeat(message);
    case MessageType::kViewRequest:
    case MessageType::kView:
      return OnControl(message);
    case MessageType::kSubscribe:
    case MessageType::kUnsubscribe:
    case MessageType::kPing:
    case MessageType::kResend:
      return OnFeed(message);
    default:
      environment_.parts.metrics.messages_skipped.Add();
  }
}

void Inbound::OnMessages() {
  if (std::exchange(batch_open_, false)) TakeReplies();
  PauseWhenFull();
}

void Inbound::OnHeartbeat(const FrameReader::Message& message) {
  const Result<ring::Heartbeat> heartbeat = DecodeHeartbeat(message.body);
  if (!heartbeat) return OnProtocolError(heartbeat.error());
  if (heartbeat->self.id != session_.peer.id) {
    return OnProtocolError({ErrorCode::kMalformedRequest, "a heartbeat of somebody else", {}});
  }
  environment_.parts.control.OnHeartbeat(*heartbeat);
  SharedBytes ours;
  {
    MutexLock lock(environment_.mutex);
    ours = environment_.heartbeat;
  }
  constexpr std::size_t kAnswersMax = 8;
  if (ours == nullptr || channel_->outbox().waiting(Outbox::Lane::kUrgent) >= kAnswersMax) return;
  channel_->Send(Outbox::Lane::kUrgent,
                 {MessageType::kHeartbeat, 0, 0, {}, std::move(ours), false});
}

void Inbound::OnControl(const FrameReader::Message& message) {
  Control& control = environment_.parts.control;
  if (message.type == MessageType::kView) {
    Result<ring::View> view = DecodeViewMessage(message.body);
    if (!view) return OnProtocolError(view.error());
    return control.OnView(session_.peer.id, std::move(*view));
  }
  const Result<ring::Epoch> have = DecodeViewRequest(message.body);
  if (!have) return OnProtocolError(have.error());
  const SharedBytes view = control.OnViewRequest(session_.peer.id, *have);
  if (view == nullptr) return;
  Outbox::Message answer{MessageType::kView,       0,       message.id,
                         EncodeViewMessage(*view), nullptr, false};
  const Outbox::Lane lane = Outbox::LaneFor(answer);
  channel_->Send(lane, std::move(answer));
  PauseWhenFull();
}

void Inbound::OnFeed(const FrameReader::Message& message) {
  Subscriptions& subscriptions = environment_.subscriptions;
  switch (message.type) {
    case MessageType::kSubscribe:
    case MessageType::kPing: {
      const Result<BootTime> ping = DecodePing(message.body);
      if (!ping) return OnProtocolError(ping.error());
      if (message.type == MessageType::kSubscribe) return OnSubscribe(*ping);
      if (subscription_) subscriptions.SetPing(*subscription_, *ping);
      return;
    }
    case MessageType::kResend: {
      const Result<ResendFrom> from = DecodeResend(message.body);
      if (!from) return OnProtocolError(from.error());
      if (!subscription_ || std::exchange(resending_, true)) return;
      return environment_.parts.control.OnResend(session_.peer.id, *subscription_,
                                                 from->incarnation, from->applied);
    }
    default:
      return EndSubscription();
  }
}

void Inbound::OnSubscribe(BootTime ping) {
  EndSubscription();
  subscription_ = environment_.subscriptions.Add(shared_from_this(), ping);
  if (!subscription_) return environment_.parts.metrics.CountLimit("peer_subscriptions");
  environment_.parts.metrics.subscriptions.Add(1);
  environment_.parts.control.OnSubscribe(session_.peer.id, *subscription_);
}

void Inbound::EndSubscription() {
  if (!subscription_) return;
  const Subscription ended = *std::exchange(subscription_, std::nullopt);
  resending_ = false;
  environment_.subscriptions.Remove(ended);
  environment_.parts.metrics.subscriptions.Add(-1);
  environment_.parts.control.OnUnsubscribe(session_.peer.id, ended);
}

void Inbound::SendFrame(Subscription subscription, BootTime echo, const SharedBytes& frame) {
  if (channel_ == nullptr || subscription_ != subscription) return;
  Outbox& outbox = channel_->outbox();
  const std::size_t waiting = outbox.bytes(Outbox::Lane::kFeed);
  if (waiting > 0 && waiting + frame->size() > environment_.limits.subscriber_bytes_max) {
    // The next one that there is room for does not continue what it has: it will ask (R4).
    environment_.parts.metrics.frames_left_out.Add();
    return environment_.parts.metrics.CountLimit("peer_subscriber_bytes");
  }
  outbox.Add(Outbox::Lane::kFeed, {MessageType::kFrame, 0, 0, EncodeEcho(echo), frame, false});
  channel_->Flush();
}

void Inbound::EndResend(Subscription subscription) {
  if (subscription_ == subscription) resending_ = false;
}

void Inbound::RefuseResend(Subscription subscription, const ResendFrom& from) {
  if (channel_ == nullptr || subscription_ != subscription) return;
  resending_ = false;
  channel_->Send(Outbox::Lane::kUrgent,
                 {MessageType::kResendRefused, 0, 0, EncodeResend(from), nullptr, false});
}

void Inbound::OnProtocolError(const Error& error) {
  environment_.parts.metrics.protocol_errors.Add();
  environment_.parts.log.Warn(
      "peer makes no sense",
      {{"address", address_}, {"peer", session_.peer.name}, {"detail", error.detail}});
  channel_->Close(error);
}

}  // namespace coolkit::peer
