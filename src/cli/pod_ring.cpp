#include "cli/pod_ring.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "cli/peers_setting.h"
#include "crypto/digest.h"
#include "kv/peer_service.h"
#include "net/dns_resolver.h"
#include "net/tcp.h"
#include "peer/dialer.h"
#include "peer/peer_server.h"
#include "peer/peers.h"
#include "peer/protocol.h"

namespace coolkit::cli {
namespace {

constexpr int kPollsPerStaleness = 10;  // the feed is polled so often within B
constexpr milliseconds kPollIntervalMin{5};
constexpr milliseconds kPollIntervalMax{10};
constexpr milliseconds kDiscoveryTimeout{3'000};

// Over TCP; every loop of a pod is an EventLoop.
class TcpDialer final : public peer::Dialer {
 public:
  void Connect(net::Loop& loop, const std::string& address, BootTime deadline,
               Completion<Result<std::unique_ptr<net::Connection>>> done) override {
    Result<net::Endpoint> endpoint = net::ParseEndpoint(address);
    if (!endpoint) return done(Fail(std::move(endpoint.error())));
    net::TcpConnect(static_cast<net::EventLoop&>(loop), std::move(*endpoint), deadline,
                    std::move(done));
  }
};

// Peers come to the port of the API, by HTTP Upgrade.
class FrontHandler final : public http::Handler {
 public:
  FrontHandler(http::Handler& api, peer::PeerServer& peers) : api_(api), peers_(peers) {}

  http::Admission Admit(const http::RequestHead& head) override {
    if (IsPeer(head)) return {};
    return api_.Admit(head);
  }
  net::Task<http::Response> Handle(const http::Request& request, net::Loop& loop) override {
    if (!IsPeer(*request.head)) return api_.Handle(request, loop);
    return Accept(request);
  }
  http::Response RenderError(int status, const Error& error) override {
    return api_.RenderError(status, error);
  }
  void Observe(const http::ExchangeRecord& record) override { api_.Observe(record); }

 private:
  static bool IsPeer(const http::RequestHead& head) { return head.target == peer::kUpgradePath; }
  net::Task<http::Response> Accept(const http::Request& request) {
    http::Response response = peers_.Accept(*request.head);
    co_return response;
  }

  http::Handler& api_;
  peer::PeerServer& peers_;
};

ring::Member MakeSelf(const PodRing::Parts& parts) {
  ring::Member self;
  const std::string bytes = crypto::RandomBytes(self.id.bytes.size());
  std::copy(bytes.begin(), bytes.end(), self.id.bytes.begin());
  self.name = parts.pod_name;
  self.address = parts.address;
  self.born_us =
      std::chrono::duration_cast<microseconds>(parts.clock.WallNow().time_since_epoch()).count();
  return self;
}

peer::Limits PeerLimits(const Settings& settings) {
  peer::Limits limits;
  limits.peer_timeout = settings.peer_timeout;
  return limits;
}

node::RingNode::Options NodeOptions(const Settings& settings) {
  node::RingNode::Options options;
  options.ring.ring = settings.ring;
  options.feed.ring = settings.ring;
  options.feed.poll_interval =
      std::clamp(settings.max_staleness / kPollsPerStaleness, kPollIntervalMin, kPollIntervalMax);
  return options;
}

std::vector<net::Loop*> AsLoops(const std::vector<net::EventLoop*>& loops) {
  return {loops.begin(), loops.end()};
}

}  // namespace

node::Discovery MakeDiscovery(const Settings& settings, const Clock& clock) {
  using Found = Result<std::vector<std::string>>;
  const auto peers = ParsePeers(settings.peers);
  CHECK(peers.has_value());  // LoadSettings refuses others
  if (peers->name.empty()) {
    return [addresses = peers->addresses](Completion<Found> done) { done(addresses); };
  }
  net::DnsResolver::Options options;
  options.server = settings.dns_server;
  auto resolver = std::make_shared<net::DnsResolver>(clock, options);
  resolver->Start();
  return [resolver, name = peers->name, port = peers->port, &clock](Completion<Found> done) {
    resolver->Resolve(name, clock.Now() + kDiscoveryTimeout,
                      [port, done = std::move(done)](Found found) mutable {
                        if (!found) return done(std::move(found));
                        for (std::string& address : *found) {
                          address = net::FormatEndpoint({std::move(address), port});
                        }
                        done(std::move(found));
                      });
  };
}

struct PodRing::State {
  explicit State(Parts p)
      : parts(std::move(p)),
        identity(parts.settings.ring, MakeSelf(parts)),
        router(identity.id(), {}),
        node({identity, parts.store, parts.coordination, parts.cache, parts.feed_state, router,
              parts.metrics, parts.tailer_metrics, parts.contact, parts.log, parts.discover,
              parts.on_members},
             NodeOptions(parts.settings)),
        peers({identity, dialer, node, parts.peer_metrics, parts.log}, PeerLimits(parts.settings),
              AsLoops(parts.loops), SystemSeed()) {}

  Parts parts;
  peer::Identity identity;
  ring::Router router;
  TcpDialer dialer;
  node::RingNode node;
  peer::Peers peers;
  cache::Flights flights{{}};
  std::unique_ptr<kv::PeerService> service;
  std::unique_ptr<peer::PeerServer> server;
  std::unique_ptr<FrontHandler> front;
};

PodRing::PodRing(Parts parts) : state_(std::make_unique<State>(std::move(parts))) {}

PodRing::~PodRing() = default;

void PodRing::Complete(kv::Service::Parts& parts) {
  parts.router = &state_->router;
  parts.peers = &state_->peers;
  parts.peer_flights = &state_->flights;
}

void PodRing::Attach(kv::Service& service) {
  State& s = *state_;
  s.service = std::make_unique<kv::PeerService>(service, s.router);
  s.server = std::make_unique<peer::PeerServer>(
      peer::PeerServer::Parts{s.identity, *s.service, s.node, s.parts.peer_metrics, s.parts.log},
      PeerLimits(s.parts.settings));
}

http::Handler& PodRing::Front(http::Handler& api) {
  state_->front = std::make_unique<FrontHandler>(api, *state_->server);
  return *state_->front;
}

void PodRing::Start(std::function<void()> begun) {
  State& s = *state_;
  s.node.Start(s.parts.node_loop, s.peers, *s.server, std::move(begun));
}

void PodRing::Drain() { state_->node.Drain(); }

bool PodRing::Drained() const { return state_->node.Drained(); }

// The loops of the ring first: they give back lease and seat while the store still works.
void PodRing::Stop() {
  State& s = *state_;
  s.node.AskToStop();
  s.server->Close();
  s.peers.Close();
  s.node.Stop();
  s.service->Stop();
  s.server->Stop();
  s.peers.Stop();
}

bool PodRing::conflict() const { return state_->node.Status().conflict; }

std::optional<store::FeedCursor> PodRing::cursor() const { return state_->node.cursor(); }

ops::RingView PodRing::View() const {
  const State& s = *state_;
  const node::RingStatus status = s.node.Status();
  ops::RingView view;
  view.ring = s.parts.settings.ring;
  view.slots = model::kSlotCount;
  view.epoch = status.view == nullptr ? 0 : static_cast<std::uint64_t>(status.view->epoch());
  for (const ring::Member& member : status.members) {
    ops::RingMember shown;
    shown.pod = member.name;
    shown.address = member.address;
    shown.state = ring::MemberStateName(member.state);
    shown.self = member.id == s.identity.id();
    if (status.view != nullptr) {
      shown.slots = static_cast<std::uint32_t>(status.view->SlotsOwnedBy(member.id));
    }
    view.members.push_back(std::move(shown));
  }
  for (const node::HandOffStatus& hand_off : s.node.HandOffs()) {
    view.hand_offs.push_back({s.parts.pod_name, hand_off.to, hand_off.slots, hand_off.slots_done});
  }
  return view;
}

}  // namespace coolkit::cli
