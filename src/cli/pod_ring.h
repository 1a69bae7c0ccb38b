// Why: the parts that only a pod in a ring has, composed: who it is, its way to the others, what it
// does for them, and the loops that keep the ring.
//
// Thread safety: from the main thread only, but for View.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cache/flights.h"
#include "cli/settings.h"
#include "feed/state.h"
#include "http/handler.h"
#include "kv/service.h"
#include "net/event_loop.h"
#include "node/ring_metrics.h"
#include "node/ring_node.h"
#include "ops/ring_view.h"
#include "peer/peer_metrics.h"
#include "ring/router.h"
#include "store/coordination.h"

namespace coolkit::cli {

// Where `--peers` says that peers are: a list, or what DNS says. `clock` outlives it.
[[nodiscard]] node::Discovery MakeDiscovery(const Settings& settings, const Clock& clock);

class PodRing {
 public:
  // All outlive it.
  struct Parts {
    const Settings& settings;
    std::string pod_name;
    std::string address;  // at which peers reach this pod
    store::Store& store;
    store::Coordination& coordination;
    cache::Cache& cache;
    feed::State& feed_state;
    node::RingMetrics& metrics;
    peer::PeerMetrics& peer_metrics;
    node::TailerMetrics& tailer_metrics;
    node::DatabaseContact& contact;
    telemetry::Log& log;
    const Clock& clock;
    std::vector<net::EventLoop*> loops;  // of the API: peers' connections too
    net::EventLoop& node_loop;
    node::Discovery discover;
    std::function<void(int members)> on_members;
  };
  explicit PodRing(Parts parts);
  ~PodRing();

  // What the read and write paths need; then the service that they are.
  void Complete(kv::Service::Parts& parts);
  void Attach(kv::Service& service);
  // Gives requests for the peers' path to the ring and all others to `api`.
  [[nodiscard]] http::Handler& Front(http::Handler& api);

  void Start(std::function<void()> begun);
  void Drain();
  [[nodiscard]] bool Drained() const;
  // No pod waits for this one any more; before the store stops.
  void Stop();

  [[nodiscard]] ops::RingView View() const;
  [[nodiscard]] bool conflict() const;
  // On the node's loop.
  [[nodiscard]] std::optional<store::FeedCursor> cursor() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace coolkit::cli
