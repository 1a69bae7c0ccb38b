#include "sim/node.h"

namespace coolkit::sim {

Node::Node(Scheduler& scheduler, Database& database, const Keyspace& keys, const Network& network,
           Instruments& instruments, Options options)
    : process_(scheduler, options.name, options.clock_offset),
      workers_{std::make_unique<Thread>(scheduler, process_),
               std::make_unique<Thread>(scheduler, process_)},
      feed_thread_(scheduler, process_),
      store_thread_(scheduler, process_),
      store_(scheduler, database, keys, store_thread_, network, options.store),
      // Two shards; a small table of last changes, since a run is short.
      cache_({.bytes_max = 32u << 20, .shards = 2, .last_change_positions = 1024}),
      flights_(options.flights),
      ring_(MakeRing(options)),
      service_(ServiceParts(instruments), options.service),
      tailer_({store_, cache_, state_, instruments.tailer, contact_, instruments.log},
              options.tailer),
      maintenance_(
          store_, instruments.maintenance, instruments.log,
          [this] { return ring_ ? ring_->cursor() : tailer_.cursor(); }, options.maintenance) {
  if (ring_) {
    ring_->Attach(service_);
    ring_->Start();
  } else {
    tailer_.Start(feed_thread_, [] {});
  }
  maintenance_.Start(feed_thread_);
}

Node::~Node() = default;

std::unique_ptr<RingPart> Node::MakeRing(const Options& options) {
  if (options.world == nullptr) return nullptr;
  const RingPart::Pod pod{process_,     store_,       cache_,
                          state_,       contact_,     {workers_[0].get(), workers_[1].get()},
                          feed_thread_, store_thread_};
  return std::make_unique<RingPart>(*options.world, pod, options.ring);
}

kv::Service::Parts Node::ServiceParts(Instruments& instruments) {
  kv::Service::Parts parts{cache_, flights_, store_, state_, instruments.kv, process_.clock()};
  if (ring_) ring_->Complete(parts);
  return parts;
}

void Node::Kill(Coverage& coverage, bool machine_too) {
  alive_ = false;
  if (ring_) ring_->Die(machine_too);
  tailer_.AskToStop();
  maintenance_.AskToStop();
  store_.Stop();
  flights_.FailAll({ErrorCode::kDraining, "killed", {}});
  for (bool ran = true; ran;) {
    ran = store_thread_.Drain();
    ran = feed_thread_.Drain() || ran;
    for (const auto& worker : workers_) ran = worker->Drain() || ran;
  }
  if (ring_) ring_->Stop();
  tailer_.Stop();
  maintenance_.Stop();
  const cache::FlightsStats flights = flights_.Stats();
  coverage.collapsed += flights.collapsed;
  coverage.ask_again += flights.ask_again;
  coverage.waiters_left += flights.left;
  const cache::CacheStats stats = cache_.Stats();
  coverage.admissions += stats.admissions;
  coverage.refusals += stats.refusals;
  coverage.invalidations += stats.invalidations;
}

}  // namespace coolkit::sim
