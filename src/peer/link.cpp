#include "peer/link.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "net/await.h"
#include "peer/control_codec.h"

namespace coolkit::peer {
namespace {

// A connection that lived for less counts as a failure.
constexpr seconds kLivedLongEnough{1};
// Short messages that wait for a peer that takes nothing; further ones are left out.
constexpr std::size_t kUrgentMax = 64;

}  // namespace

std::size_t Directory::IdHash::operator()(const ring::MemberId& id) const {
  std::size_t hash = 0;  // the ids are random
  std::memcpy(&hash, id.bytes.data(), sizeof hash);
  return hash;
}

bool Directory::Add(const ring::MemberId& id, const std::shared_ptr<Link>& link) {
  MutexLock lock(mutex_);
  return links_.emplace(id, link).second;
}

void Directory::Remove(const ring::MemberId& id, const Link* link) {
  MutexLock lock(mutex_);
  const auto it = links_.find(id);
  if (it != links_.end() && it->second.get() == link) links_.erase(it);
}

std::shared_ptr<Link> Directory::Find(const ring::MemberId& id) const {
  MutexLock lock(mutex_);
  const auto it = links_.find(id);
  return it == links_.end() ? nullptr : it->second;
}

std::vector<std::shared_ptr<Link>> Directory::All() const {
  MutexLock lock(mutex_);
  std::vector<std::shared_ptr<Link>> all;
  all.reserve(links_.size());
  for (const auto& [id, link] : links_) all.push_back(link);
  return all;
}

Link::Link(LinkEnvironment& environment, std::string address, net::Loop& loop, std::uint64_t seed)
    : environment_(environment),
      address_(std::move(address)),
      loop_(loop),
      random_(seed),
      calls_(environment.limits, environment.parts.metrics, random_) {}

net::Task<void> Link::Run() {
  const std::shared_ptr<Link> self = shared_from_this();
  while (!stopped_) {
    const Attempt attempt = co_await Connect();
    if (stopped_) break;
    nanoseconds pause = environment_.limits.alias_retry;
    if (attempt == Attempt::kSelf) pause = nanoseconds::max();
    if (attempt == Attempt::kServed || attempt == Attempt::kFailed) pause = Backoff();
    co_await Pause(pause);
  }
  TakeSubmitted();
  if (check_timer_.value != 0) loop_.Cancel(std::exchange(check_timer_, net::TimerId{}));
}

void Link::Stop() {
  if (std::exchange(stopped_, true)) return;
  if (connecting_ != nullptr) connecting_->Close();
  if (channel_ != nullptr) {
    channel_->Close({ErrorCode::kConnectionClosed, "this pod cut the connection", {}});
  }
  if (pause_timer_.value != 0) loop_.Cancel(std::exchange(pause_timer_, net::TimerId{}));
  loop_.Post([self = shared_from_this()] { self->pause_.Resume(); });
}

net::Task<Link::Attempt> Link::Connect() {
  using Dialed = Result<std::unique_ptr<net::Connection>>;
  const BootTime deadline = loop_.Now() + environment_.limits.connect_timeout;
  Dialed dialed =
      co_await net::AwaitCompletion<Dialed>(loop_, [this, deadline](Completion<Dialed> done) {
        environment_.parts.dialer.Connect(loop_, address_, deadline, std::move(done));
      });
  if (stopped_) co_return Attempt::kStopped;
  if (!dialed) {
    OnFailure(dialed.error().code == ErrorCode::kTimeout ? "timeout" : "closed",
              std::move(dialed.error().detail));
    co_return Attempt::kFailed;
  }
  std::unique_ptr<net::Connection> connection = std::move(*dialed);
  auto reader = std::make_unique<FrameReader>(environment_.limits.partial_bytes_max,
                                              environment_.partial_bytes);
  connecting_ = connection.get();
  EstablishResult<Session> session = co_await Establish(*connection, *reader);
  connecting_ = nullptr;
  if (stopped_) co_return Attempt::kStopped;
  if (!session) {
    OnFailure(session.error().reason, std::move(session.error().detail));
    co_return Attempt::kFailed;
  }
  session_ = std::move(*session);
  if (session_.peer.id == environment_.parts.identity.id()) {
    environment_.parts.events.OnSelf(address_);
    co_return Attempt::kSelf;
  }
  if (!environment_.directory.Add(session_.peer.id, shared_from_this())) {
    co_return Attempt::kAlias;
  }
  co_return co_await Serve(std::move(connection), std::move(reader));
}

net::Task<EstablishResult<Session>> Link::Establish(net::Connection& connection,
                                                    FrameReader& reader) {
  const Limits& limits = environment_.limits;
  std::string host = address_;
  const BootTime upgrade_until = loop_.Now() + limits.connect_timeout;
  const EstablishResult<void> upgraded =
      co_await AskForUpgrade(connection, reader, std::move(host), upgrade_until);
  if (!upgraded) co_return std::unexpected(upgraded.error());
  const BootTime prove_until = loop_.Now() + limits.handshake_timeout;
  co_return co_await ProveAsInitiator(connection, reader, environment_.parts.identity,
                                      environment_.offer, prove_until);
}

net::Task<Link::Attempt> Link::Serve(std::unique_ptr<net::Connection> connection,
                                     std::unique_ptr<FrameReader> reader) {
  const Peers::Parts& parts = environment_.parts;
  const BootTime began = loop_.Now();
  channel_ = std::make_shared<Channel>(std::move(connection), std::move(reader), true,
                                       environment_.limits, parts.metrics, *this);
  calls_.Begin(*channel_, session_.Has(kCapabilityEach));
  parts.metrics.connects.Add();
  parts.metrics.connections_out.Add(1);
  parts.log.Info(
      "peer connected",
      {{"address", address_}, {"peer", session_.peer.name}, {"version", session_.version}});
  parts.events.OnConnected(address_, session_.peer);
  const Error reason = co_await channel_->Run();
  environment_.directory.Remove(session_.peer.id, this);
  subscribed_ = false;
  calls_.End();
  channel_.reset();
  parts.metrics.connections_out.Add(-1);
  parts.log.Info("peer disconnected",
                 {{"address", address_}, {"peer", session_.peer.name}, {"reason", reason.detail}});
  parts.events.OnDisconnected(address_, session_.peer, reason);
  failures_ = loop_.Now() - began >= kLivedLongEnough ? 0 : failures_ + 1;
  co_return Attempt::kServed;
}

void Link::OnFailure(std::string_view reason, std::string detail) {
  const Peers::Parts& parts = environment_.parts;
  ++failures_;
  parts.metrics.connect_failures.Add();
  parts.metrics.CountHandshakeFailure(reason);
  // Those that nothing but a change of configuration ends are for people at once.
  const bool wrong = reason != "timeout" && reason != "closed";
  if (wrong || failures_ == 1) {
    parts.log.Warn("peer not connected",
                   {{"address", address_}, {"reason", reason}, {"detail", detail}});
  }
  parts.events.OnUnreachable(address_, {ErrorCode::kConnectionClosed, std::move(detail), {}});
}

nanoseconds Link::Backoff() {
  const Limits& limits = environment_.limits;
  const std::int64_t pause =
      std::min(limits.reconnect_max.count(), limits.reconnect_min.count()
                                                 << std::clamp(failures_ - 1, 0, 16));
  const auto jitter =
      static_cast<std::int64_t>(random_.Below(static_cast<std::uint64_t>(pause / 2 + 1)));
  return milliseconds(pause - jitter);
}

net::Task<void> Link::Pause(nanoseconds pause) {
  if (pause != nanoseconds::max()) {
    pause_timer_ = loop_.At(loop_.Now() + pause, [self = shared_from_this()] {
      self->pause_timer_ = {};
      self->pause_.Resume();
    });
  }
  co_await pause_;
}

void Link::OnMessage(const FrameReader::Message& message) {
  switch (message.type) {
    case MessageType::kReadReply:
    case MessageType::kWriteReply:
    case MessageType::kPushReply:
    case MessageType::kRefused:
      if (!calls_.OnReply(message, loop_.Now())) {
        OnProtocolError({ErrorCode::kMalformedRequest, "an answer makes no sense", {}});
      }
      return;
    case MessageType::kHeartbeat:
    case MessageType::kView:
    case MessageType::kFrame:
    case MessageType::kResendRefused:
      return OnNews(message);
    default:
      environment_.parts.metrics.messages_skipped.Add();
  }
}

void Link::OnNews(const FrameReader::Message& message) {
  PeerEvents& events = environment_.parts.events;
  const ring::MemberId& from = session_.peer.id;
  if (message.type == MessageType::kHeartbeat) {
    const Result<ring::Heartbeat> heartbeat = DecodeHeartbeat(message.body);
    if (!heartbeat) return OnProtocolError(heartbeat.error());
    if (heartbeat->self.id != from) {
      return OnProtocolError({ErrorCode::kMalformedRequest, "a heartbeat of somebody else", {}});
    }
    return events.OnHeartbeat(*heartbeat);
  }
  if (message.type == MessageType::kView) {
    Result<ring::View> view = DecodeViewMessage(message.body);
    if (!view) return OnProtocolError(view.error());
    return events.OnView(from, std::move(*view));
  }
  if (!subscribed_) return;  // it had not heard yet of the end
  if (message.type == MessageType::kFrame) {
    const Result<feed::Frame> frame = DecodeFrame(message.body);
    if (!frame) return OnProtocolError(frame.error());
    return events.OnFrame(from, *frame);
  }
  const Result<ResendFrom> refused = DecodeResend(message.body);
  if (!refused) return OnProtocolError(refused.error());
  events.OnResendRefused(from, refused->incarnation, refused->applied);
}

void Link::OnMessages() {
  calls_.OnHeard();
  ArmCheck();
}

void Link::OnRoom() { calls_.Fill(loop_.Now()); }

void Link::OnProtocolError(const Error& error) {
  environment_.parts.metrics.protocol_errors.Add();
  environment_.parts.log.Warn(
      "peer makes no sense",
      {{"address", address_}, {"peer", session_.peer.name}, {"detail", error.detail}});
  channel_->Close(error);
}

bool Link::TakeRoom(Call& call) {
  const Limits& limits = environment_.limits;
  const char* hit = nullptr;
  if (requests_out_.fetch_add(1) >= limits.requests_out_max) {
    hit = "peer_requests_out";
  } else if (bytes_out_.fetch_add(call.bytes) + call.bytes > limits.bytes_out_max) {
    hit = "peer_bytes_out";
    bytes_out_.fetch_sub(call.bytes);
  } else if (!environment_.bytes_out.TryCharge(call.bytes)) {
    hit = "peer_bytes_out_total";
    bytes_out_.fetch_sub(call.bytes);
  }
  if (hit != nullptr) {
    requests_out_.fetch_sub(1);
    environment_.parts.metrics.CountLimit(hit);
    return false;
  }
  call.charge.Set([self = shared_from_this(), bytes = call.bytes] {
    self->requests_out_.fetch_sub(1);
    self->bytes_out_.fetch_sub(bytes);
    self->environment_.bytes_out.Release(bytes);
  });
  return true;
}

void Link::Submit(std::unique_ptr<Call> call) {
  if (!TakeRoom(*call)) {
    // On the loop: completions are never called before this returned.
    loop_.Post(
        [call = std::move(call)] { call->End(Ending::kRefused, "too much waits for the peer"); });
    return;
  }
  {
    MutexLock lock(mutex_);
    submitted_.push_back(std::move(call));
    if (std::exchange(posted_, true)) return;
  }
  loop_.Post([self = shared_from_this()] { self->TakeSubmitted(); });
}

void Link::TakeSubmitted() {
  std::vector<std::unique_ptr<Call>> calls;
  {
    MutexLock lock(mutex_);
    calls.swap(submitted_);
    posted_ = false;
  }
  const BootTime now = loop_.Now();
  for (auto& call : calls) calls_.Add(std::move(call), now);
  if (channel_ == nullptr) return;
  channel_->Flush();
  ArmCheck();
}

void Link::ArmCheck() {
  const BootTime wanted = calls_.next_check();
  if (wanted == kNever || (check_timer_.value != 0 && check_at_ <= wanted)) return;
  if (check_timer_.value != 0) loop_.Cancel(check_timer_);
  check_at_ = wanted;
  check_timer_ = loop_.At(wanted, [self = shared_from_this()] {
    self->check_timer_ = {};
    self->calls_.Sweep(self->loop_.Now());
    self->ArmCheck();
  });
}

void Link::Post(MessageType type, SharedBytes body) {
  loop_.Post([self = shared_from_this(), type, body = std::move(body)]() mutable {
    self->Send(type, std::move(body));
  });
}

void Link::Send(MessageType type, SharedBytes body) {
  if (channel_ == nullptr) return;
  Outbox::Message message{type, 0, 0, {}, std::move(body), false};
  Outbox::Lane lane = Outbox::LaneFor(message);
  if (lane == Outbox::Lane::kSmall) lane = Outbox::Lane::kUrgent;
  if (channel_->outbox().waiting(lane) >= kUrgentMax) return;
  channel_->Send(lane, std::move(message));
}

void Link::Subscribe(BootTime ping) {
  if (channel_ == nullptr) return;
  subscribed_ = true;
  Send(MessageType::kSubscribe, std::make_shared<const std::string>(EncodePing(ping)));
}

void Link::Unsubscribe() {
  if (!subscribed_.exchange(false)) return;
  Send(MessageType::kUnsubscribe, std::make_shared<const std::string>());
}

void Link::SendPing(const SharedBytes& body) {
  if (subscribed_) Send(MessageType::kPing, body);
}

}  // namespace coolkit::peer
