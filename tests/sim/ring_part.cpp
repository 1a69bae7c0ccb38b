#include "sim/ring_part.h"

#include <utility>

namespace coolkit::sim {
namespace {

constexpr std::string_view kUpgraded =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: coolkit-peer/1\r\n\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

}  // namespace

// What comes on any connection goes on to the node, or does not.
class RingPart::Whispers final : public peer::Control, public peer::PeerEvents {
 public:
  explicit Whispers(RingPart& part) : part_(part), node_(part.node_) {}

  void OnHeartbeat(const ring::Heartbeat& heartbeat) override {
    Say([node = &node_, heartbeat] { node->OnHeartbeat(heartbeat); });
  }
  void OnView(const ring::MemberId& from, ring::View view) override {
    Say([node = &node_, from, view = std::move(view)] { node->OnView(from, view); });
  }
  void OnFrame(const ring::MemberId& from, const feed::Frame& frame) override {
    Scheduler& scheduler = part_.world_.scheduler;
    scheduler.trace().Add(scheduler.now(), part_.options_.self.name, "is sent a frame from",
                          frame.prev.value, "to", frame.cur.value, "with",
                          frame.changes.keys.size(), "life", frame.incarnation.base);
    Say([node = &node_, from, frame] { node->OnFrame(from, frame); });
  }
  void OnResendRefused(const ring::MemberId& from, const model::Incarnation& incarnation,
                       model::Position applied) override {
    node_.OnResendRefused(from, incarnation, applied);
  }
  peer::SharedBytes OnViewRequest(const ring::MemberId& from, ring::Epoch have) override {
    return node_.OnViewRequest(from, have);
  }
  void OnSubscribe(const ring::MemberId& from, peer::Subscription subscription) override {
    node_.OnSubscribe(from, subscription);
  }
  void OnUnsubscribe(const ring::MemberId& from, peer::Subscription subscription) override {
    node_.OnUnsubscribe(from, subscription);
  }
  void OnResend(const ring::MemberId& from, peer::Subscription subscription,
                const model::Incarnation& incarnation, model::Position applied) override {
    node_.OnResend(from, subscription, incarnation, applied);
  }
  void OnConnected(const std::string& address, const ring::Member& member) override {
    node_.OnConnected(address, member);
  }
  void OnDisconnected(const std::string& address, const ring::Member& member,
                      const Error& reason) override {
    node_.OnDisconnected(address, member, reason);
  }
  void OnUnreachable(const std::string& address, const Error& reason) override {
    node_.OnUnreachable(address, reason);
  }
  void OnSelf(const std::string& address) override { node_.OnSelf(address); }

 private:
  template <class Work>
  void Say(Work work) {
    const Rumours& how = part_.rumours_;
    Random& random = part_.world_.scheduler.random();
    if (random.Below(100) < how.lost_percent) return;
    if (random.Below(100) < how.repeated_percent) Later(work);
    if (random.Below(100) < how.late_percent) return Later(std::move(work));
    work();
  }
  template <class Work>
  void Later(Work work) {
    Scheduler& scheduler = part_.world_.scheduler;
    const auto most = static_cast<std::uint64_t>(part_.rumours_.late_max.count()) + 1;
    scheduler.After(nanoseconds(static_cast<std::int64_t>(scheduler.random().Below(most))),
                    std::move(work));
  }

  RingPart& part_;
  node::RingNode& node_;
};

RingPart::RingPart(const World& world, const Pod& pod, Options options)
    : world_(world),
      pod_(pod),
      options_(std::move(options)),
      rumours_(options_.rumours),
      identity_(options_.node.ring.ring, options_.self),
      router_(options_.self.id, options_.router),
      dialer_(world.wires, options_.machine),
      coordination_(world.scheduler, world.database, world.rows, pod.store_thread,
                    world.database_network, options_.coordination_timeout),
      node_({identity_, pod.store, coordination_, pod.cache, pod.state, router_,
             world.instruments.ring, world.instruments.tailer, pod.contact, world.instruments.log,
             world.discover, nullptr},
            options_.node),
      whispers_(std::make_unique<Whispers>(*this)),
      peers_({identity_, dialer_, *whispers_, world.instruments.peer, world.instruments.log},
             options_.limits, {pod.workers.begin(), pod.workers.end()}, world.seed,
             options_.offer) {}

RingPart::~RingPart() = default;

void RingPart::Complete(kv::Service::Parts& parts) {
  parts.router = &router_;
  parts.peers = &peers_;
  parts.peer_flights = &flights_;
}

void RingPart::Attach(kv::Service& service) {
  service_ = std::make_unique<kv::PeerService>(service, router_);
  server_ = std::make_unique<peer::PeerServer>(
      peer::PeerServer::Parts{identity_, *service_, *whispers_, world_.instruments.peer,
                              world_.instruments.log},
      options_.limits, options_.offer);
}

void RingPart::Start() {
  Wires::Host host;
  host.machine = options_.machine;
  host.loops = pod_.workers;
  host.accept = [this](std::unique_ptr<net::Connection> connection) {
    accepting_.Spawn(Accept(std::move(connection)));
  };
  world_.wires.Listen(options_.self.address, std::move(host));
  node_.Start(pod_.node_thread, peers_, *server_, [this] { began_ = true; });
}

// What http::Server does with a request for the peers' path.
net::Task<void> RingPart::Accept(std::unique_ptr<net::Connection> connection) {
  std::string head;
  std::array<char, 512> buffer{};
  while (head.find(kHeadEnd) == std::string::npos) {
    net::IoOperation read = connection->Read(buffer);
    const Result<std::size_t> n = co_await read;
    if (!n || *n == 0) co_return;
    head.append(buffer.data(), *n);
  }
  std::string_view answer = kUpgraded;
  while (!answer.empty()) {
    net::IoOperation write = connection->WriteSome(std::span<const std::string_view>(&answer, 1));
    const Result<std::size_t> n = co_await write;
    if (!n) co_return;
    answer.remove_prefix(*n);
  }
  head.erase(0, head.find(kHeadEnd) + kHeadEnd.size());
  server_->Serve(std::move(connection), std::move(head));
}

void RingPart::Die(bool machine_too) {
  world_.wires.Die(options_.self.address, pod_.process, machine_too);
  coordination_.Stop();
  dialer_.Stop();
  accepting_.Close();
  node_.AskToStop();
  server_->Close();
  peers_.Close();
}

void RingPart::Stop() {
  node_.Stop();
  service_->Stop();
  server_->Stop();
  peers_.Stop();
  accepting_.BlockUntilEmpty();
}

}  // namespace coolkit::sim
