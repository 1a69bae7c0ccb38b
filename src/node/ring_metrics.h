// Why: what the loops of a ring count, declared once. Registered by the composition root, updated
// from any thread.
#pragma once

#include "telemetry/metrics.h"

namespace coolkit::node {

struct RingMetrics {
  explicit RingMetrics(telemetry::Registry& registry);

  telemetry::Gauge& epoch;                   // coolkit_cluster_epoch
  telemetry::Gauge& slots_owned;             // coolkit_cluster_slots
  telemetry::Gauge& peers;                   // coolkit_cluster_peers: ready pods, this one too
  telemetry::Gauge& joining;                 // coolkit_cluster_members{state}
  telemetry::Gauge& ready;                   //
  telemetry::Gauge& draining;                //
  telemetry::Gauge& leads;                   // 1: this pod holds the lease
  telemetry::Gauge& tails;                   // 1: this pod polls for the ring
  telemetry::Gauge& view_disagreements;      // live members that follow another epoch
  telemetry::Gauge& ring_name_conflict;      // 1: a view names pods that nobody sees
  telemetry::Counter& views_followed;        // coolkit_cluster_views_total{event}
  telemetry::Counter& views_published;       //
  telemetry::Counter& views_fenced;          // refused: somebody else was ahead
  telemetry::Counter& discovery_errors;      // coolkit_discovery_errors_total
  telemetry::Gauge& discovered;              // coolkit_discovery_addresses
  telemetry::Counter& coordination_errors;   // coolkit_coordination_errors_total
  telemetry::Counter& hand_off_entries;      // coolkit_hand_off_entries_total{direction="out"}
  telemetry::Counter& hand_off_bytes;        // coolkit_hand_off_bytes_total
  telemetry::Counter& hand_off_failures;     // coolkit_hand_off_failures_total
  telemetry::Gauge& hand_off_slots_pending;  // coolkit_hand_off_slots_pending
  telemetry::Counter& frames;                // coolkit_feed_frames_total{result}
  telemetry::Counter& frames_late;           //
  telemetry::Counter& frames_gap;            //
  telemetry::Counter& frames_doubted;        // not believed: the pod polls for itself
  telemetry::Counter& self_polls;            // coolkit_feed_self_polls_total
};

}  // namespace coolkit::node
