// Why: the parts that only a pod in a ring has, as cli::PodRing composes them, over the wires of
// the simulation. Between the pod's connections and its ring stands somebody who loses, repeats and
// reorders what peers say, which TCP alone would not do. Not thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cache/flights.h"
#include "kv/peer_service.h"
#include "node/ring_node.h"
#include "peer/peer_server.h"
#include "peer/peers.h"
#include "sim/coordination.h"
#include "sim/instruments.h"
#include "sim/wire.h"

namespace coolkit::sim {

// How much of what peers say on their own is lost, said twice, or late.
struct Rumours {
  std::uint64_t lost_percent = 0;
  std::uint64_t repeated_percent = 0;
  std::uint64_t late_percent = 0;
  nanoseconds late_max{milliseconds(20)};
};

class RingPart {
 public:
  struct Options {
    ring::Member self;
    std::size_t machine = 0;
    peer::Limits limits;
    peer::Offer offer;
    node::RingNode::Options node;
    Rumours rumours;
    milliseconds coordination_timeout{200};
    ring::Router::Options router;
  };
  // What all pods of the ring share; outlives them.
  struct World {
    Scheduler& scheduler;
    Database& database;
    store::Coordination& rows;
    Wires& wires;
    const Network& database_network;
    Instruments& instruments;
    node::Discovery discover;
    std::uint64_t seed = 1;
  };
  struct Pod {
    Process& process;
    store::Store& store;
    cache::Cache& cache;
    feed::State& state;
    node::DatabaseContact& contact;
    std::vector<Thread*> workers;
    Thread& node_thread;
    Thread& store_thread;
  };
  RingPart(const World& world, const Pod& pod, Options options);
  ~RingPart();

  void Complete(kv::Service::Parts& parts);
  void Attach(kv::Service& service);
  void Start();
  [[nodiscard]] std::optional<store::FeedCursor> cursor() const { return node_.cursor(); }

  [[nodiscard]] node::RingNode& node() { return node_; }
  [[nodiscard]] const ring::Router& router() const { return router_; }
  [[nodiscard]] ring::Router& mutable_router() { return router_; }
  [[nodiscard]] peer::PeerServer& server() { return *server_; }
  [[nodiscard]] const ring::Member& self() const { return options_.self; }
  [[nodiscard]] bool began() const { return began_; }
  [[nodiscard]] cache::FlightsStats flights() const { return flights_.Stats(); }
  // From now on everything that peers say arrives as it was said.
  void Calm() { rumours_ = {}; }
  // For adversarial views: the ring goes on, but its views do not reach the router.
  [[nodiscard]] std::size_t machine() const { return options_.machine; }

  // The end of the process begins: nothing more goes out. Then its threads are drained.
  void Die(bool machine_too);
  void Stop();  // nothing of it is left on the threads

 private:
  class Whispers;
  net::Task<void> Accept(std::unique_ptr<net::Connection> connection);

  World world_;
  Pod pod_;
  Options options_;
  Rumours rumours_;
  peer::Identity identity_;
  ring::Router router_;
  WireDialer dialer_;
  ModelCoordination coordination_;
  node::RingNode node_;
  std::unique_ptr<Whispers> whispers_;
  peer::Peers peers_;
  cache::Flights flights_{{}};
  std::unique_ptr<kv::PeerService> service_;
  std::unique_ptr<peer::PeerServer> server_;
  net::TaskGroup accepting_;
  bool began_ = false;
};

}  // namespace coolkit::sim
