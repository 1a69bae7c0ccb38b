// Why: what a run with a ring is made of, beside what every run is: a seed chooses it all before
// the run begins. Times are a tenth of the product's, so that a short run sees leases end, pods be
// missed and slots move. Values.
#pragma once

#include "kv/hot_keys.h"
#include "node/ring_node.h"
#include "peer/limits.h"
#include "sim/plan.h"
#include "sim/ring_part.h"

namespace coolkit::sim {

enum class RingMode : std::uint8_t {
  kNone,         // pods that do not know of each other
  kTrouble,      // everything may go wrong
  kWildViews,    // nothing goes wrong but that each pod's view is random, and changes all the time
  kAbsurdities,  // a pod with the ring's key tells of impossible positions, lives, epochs and pings
  kLies,         // of possible ones, which can't be told from the truth at once
};

struct RingPlan {
  static RingPlan Of(Random& random, RingMode mode, Plan& plan);

  node::RingNode::Options node;
  peer::Limits limits;
  kv::HotKeys::Options hot_keys;
  kv::HotKeys::Options read_again;
  bool only_hot_copies = false;
  ring::Router::Options router;
  Network wires;
  Rumours rumours;
  bool warm = true;  // all pods follow a view from the beginning
  bool wild_views = false;
  milliseconds wild_every{30};
  std::uint64_t other_releases_percent = 0;  // pods that offer other versions and capabilities
  std::uint64_t discovery_lies_percent = 0;
  // How many of each there will be.
  std::size_t late_pods = 0;
  std::size_t drains = 0;
  std::size_t cuts = 0;
  std::size_t clock_steps = 0;
  std::size_t lies = 0;
  bool absurd_lies = true;
  nanoseconds cut_max{0};
};

}  // namespace coolkit::sim
