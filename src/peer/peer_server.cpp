#include "peer/peer_server.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"
#include "http/names.h"
#include "net/task_group.h"
#include "peer/control_codec.h"
#include "peer/inbound.h"

namespace coolkit::peer {
namespace {

// Connections beyond the limit that are told so, at one time; further ones are closed at once.
constexpr std::size_t kRefusedMax = 64;

bool Asks(const http::RequestHead& head, http::Field field, std::string_view member) {
  const std::string joined = head.Joined(field);
  for (std::string_view rest = joined; !rest.empty();) {
    if (http::EqualsIgnoreCase(http::NextListMember(rest), member)) return true;
  }
  return false;
}

}  // namespace

struct PeerServer::State {
  State(Parts parts, const Limits& limits, Offer offer) : environment(parts, limits, offer) {}

  net::Task<void> Serve(std::shared_ptr<Inbound> inbound, std::string leftover,
                        std::optional<HandshakeFailure> refusal);

  InboundEnvironment environment;
  net::TaskGroup tasks;
  Mutex mutex;
  std::vector<std::shared_ptr<Inbound>> inbounds GUARDED_BY(mutex);  // as they came
  bool closed GUARDED_BY(mutex) = false;
};

PeerServer::PeerServer(Parts parts, Limits limits, Offer offer)
    : state_(std::make_unique<State>(parts, limits, offer)) {}

PeerServer::~PeerServer() { CHECK(state_->tasks.size() == 0); }

http::Response PeerServer::Accept(const http::RequestHead& head) {
  http::Response response;
  if (head.method != http::Method::kGet) {
    response.status = 405;
    response.AddHeader("Allow", "GET");
    return response;
  }
  const bool body = head.chunked || head.content_length.value_or(0) > 0;
  if (head.version_minor != 1 || body) {
    response.status = 400;
    return response;
  }
  if (!Asks(head, http::Field::kConnection, "upgrade") ||
      !Asks(head, http::Field::kUpgrade, kUpgradeToken)) {
    response.status = 426;
    response.AddHeader("Connection", "Upgrade");
    response.AddHeader("Upgrade", kUpgradeToken);
    return response;
  }
  response.status = 101;
  response.AddHeader("Connection", "Upgrade");
  response.AddHeader("Upgrade", kUpgradeToken);
  response.upgrade = std::make_unique<http::Response::UpgradeTaker>(
      [this](std::unique_ptr<net::Connection> connection, std::string leftover) {
        Serve(std::move(connection), std::move(leftover));
      });
  return response;
}

void PeerServer::Serve(std::unique_ptr<net::Connection> connection, std::string leftover) {
  State& state = *state_;
  const Limits& limits = state.environment.limits;
  const std::size_t open = state.environment.connections.fetch_add(1) + 1;
  std::optional<HandshakeFailure> refusal;
  if (open > limits.connections_in_max) {
    state.environment.parts.metrics.CountLimit("peer_connections");
    refusal = HandshakeFailure{RefuseReason::kFull, "too many connections of peers"};
  }
  auto inbound = std::make_shared<Inbound>(state.environment, std::move(connection));
  bool refused = open > limits.connections_in_max + kRefusedMax;
  if (!refused) {
    // Whoever closes and then looks at the set misses nobody.
    MutexLock lock(state.mutex);
    refused = state.closed;
    if (!refused) state.inbounds.push_back(inbound);
  }
  if (refused || !state.tasks.Spawn(state.Serve(inbound, std::move(leftover), refusal))) {
    state.environment.connections.fetch_sub(1);
    MutexLock lock(state.mutex);
    std::erase(state.inbounds, inbound);
  }
}

net::Task<void> PeerServer::State::Serve(std::shared_ptr<Inbound> inbound, std::string leftover,
                                         std::optional<HandshakeFailure> refusal) {
  co_await inbound->Run(std::move(leftover), std::move(refusal));
  environment.connections.fetch_sub(1);
  MutexLock lock(mutex);
  std::erase(inbounds, inbound);
}

void PeerServer::SetHeartbeat(const ring::Heartbeat& heartbeat) {
  auto body = std::make_shared<const std::string>(EncodeHeartbeat(heartbeat));
  MutexLock lock(state_->environment.mutex);
  state_->environment.heartbeat = std::move(body);
}

Pings PeerServer::CollectPings() const { return state_->environment.subscriptions.Collect(); }

void PeerServer::Broadcast(const feed::Frame& frame, const Pings& pings) {
  struct Target {
    Subscriptions::Subscriber subscriber;
    BootTime echo;
  };
  // One post per loop: there may be a hundred receivers, many times a second.
  std::vector<std::pair<net::Loop*, std::vector<Target>>> by_loop;  // a few
  std::vector<Subscriptions::Subscriber> all = state_->environment.subscriptions.All();
  if (all.empty()) return;
  auto ping = pings.begin();
  for (Subscriptions::Subscriber& subscriber : all) {
    while (ping != pings.end() && ping->first < subscriber.subscription) ++ping;
    const bool found = ping != pings.end() && ping->first == subscriber.subscription;
    net::Loop* const loop = &subscriber.inbound->loop();
    auto at = std::ranges::find(by_loop, loop, [](const auto& group) { return group.first; });
    if (at == by_loop.end()) at = by_loop.insert(at, {loop, {}});
    at->second.push_back({std::move(subscriber), found ? ping->second : kMinusInfinity});
  }
  const auto shared = std::make_shared<const std::string>(EncodeFrame(frame));
  for (auto& [loop, targets] : by_loop) {
    loop->Post([these = std::move(targets), shared] {
      for (const Target& target : these) {
        target.subscriber.inbound->SendFrame(target.subscriber.subscription, target.echo, shared);
      }
    });
  }
}

void PeerServer::SendFrame(Subscription subscription, const feed::Frame& frame) {
  std::shared_ptr<Inbound> inbound = state_->environment.subscriptions.Find(subscription);
  if (inbound == nullptr) return;
  auto shared = std::make_shared<const std::string>(EncodeFrame(frame));
  net::Loop& loop = inbound->loop();
  loop.Post(
      [inbound = std::move(inbound), subscription, echo = frame.echo, shared = std::move(shared)] {
        inbound->EndResend(subscription);
        inbound->SendFrame(subscription, echo, shared);
      });
}

void PeerServer::RefuseResend(Subscription subscription, const model::Incarnation& incarnation,
                              model::Position applied) {
  std::shared_ptr<Inbound> inbound = state_->environment.subscriptions.Find(subscription);
  if (inbound == nullptr) return;
  net::Loop& loop = inbound->loop();
  loop.Post([inbound = std::move(inbound), subscription, from = ResendFrom{incarnation, applied}] {
    inbound->RefuseResend(subscription, from);
  });
}

std::size_t PeerServer::connection_count() const { return state_->environment.proved.load(); }

void PeerServer::Close() {
  std::vector<std::shared_ptr<Inbound>> inbounds;
  {
    MutexLock lock(state_->mutex);
    state_->closed = true;
    inbounds = state_->inbounds;
  }
  state_->tasks.Close();
  for (auto& inbound : inbounds) {
    net::Loop& loop = inbound->loop();
    loop.Post([inbound = std::move(inbound)] { inbound->Stop(); });
  }
}

void PeerServer::Stop() {
  Close();
  state_->tasks.BlockUntilEmpty();
}

}  // namespace coolkit::peer
