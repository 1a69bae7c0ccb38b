// Why: one pod as the composition root builds it, of production parts, on the scheduler's threads
// and a model of its database. Dies without blocking. Not thread-safe.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "cache/cache.h"
#include "cache/flights.h"
#include "feed/state.h"
#include "kv/service.h"
#include "node/maintenance.h"
#include "node/tailer.h"
#include "sim/instruments.h"
#include "sim/ring_part.h"
#include "sim/store.h"

namespace coolkit::sim {

class Node {
 public:
  // The newest life of the database that an answer of this pod has shown, and when.
  struct Told {
    std::size_t life = 0;
    BootTime at = kNever;
  };
  struct Options {
    std::string name;
    nanoseconds clock_offset{0};
    kv::ServiceOptions service;
    cache::FlightsOptions flights;
    node::Tailer::Options tailer;
    node::Maintenance::Options maintenance;
    ModelStore::Options store;
    const RingPart::World* world = nullptr;  // null: a ring of one
    RingPart::Options ring;
  };
  Node(Scheduler& scheduler, Database& database, const Keyspace& keys, const Network& network,
       Instruments& instruments, Options options);
  ~Node();

  [[nodiscard]] bool alive() const { return alive_; }
  [[nodiscard]] Process& process() { return process_; }
  [[nodiscard]] Thread& worker(std::size_t i) { return *workers_[i % workers_.size()]; }
  [[nodiscard]] kv::Service& service() { return service_; }
  [[nodiscard]] cache::Cache& cache() { return cache_; }
  [[nodiscard]] const feed::State& state() const { return state_; }
  [[nodiscard]] Told& told() { return told_; }
  [[nodiscard]] cache::FlightsStats flights() const { return flights_.Stats(); }
  [[nodiscard]] RingPart* ring() { return ring_.get(); }  // null: a ring of one

  // SIGKILL, as far as anybody outside can tell: what is under way is ended without an answer.
  void Kill(Coverage& coverage, bool machine_too = false);

 private:
  [[nodiscard]] kv::Service::Parts ServiceParts(Instruments& instruments);
  [[nodiscard]] std::unique_ptr<RingPart> MakeRing(const Options& options);

  bool alive_ = true;
  Told told_;
  Process process_;
  std::array<std::unique_ptr<Thread>, 2> workers_;
  Thread feed_thread_;
  Thread store_thread_;
  ModelStore store_;
  cache::Cache cache_;
  cache::Flights flights_;
  feed::State state_;
  node::DatabaseContact contact_;
  std::unique_ptr<RingPart> ring_;
  kv::Service service_;
  node::Tailer tailer_;  // in a ring of one
  node::Maintenance maintenance_;
};

}  // namespace coolkit::sim
