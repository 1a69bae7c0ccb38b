#include "node/ring_metrics.h"

namespace coolkit::node {
namespace {

telemetry::Gauge& Members(telemetry::Registry& registry, const char* state) {
  return registry.AddGauge("coolkit_cluster_members", "Live pods of this ring, by state.",
                           {{"state", state}});
}

telemetry::Counter& Views(telemetry::Registry& registry, const char* event) {
  return registry.AddCounter("coolkit_cluster_views_total", "Views of the ring, by event.",
                             {{"event", event}});
}

telemetry::Counter& Frames(telemetry::Registry& registry, const char* result) {
  return registry.AddCounter("coolkit_feed_frames_total",
                             "Frames of the change feed taken, by what they were.",
                             {{"result", result}});
}

}  // namespace

RingMetrics::RingMetrics(telemetry::Registry& registry)
    : epoch(registry.AddGauge("coolkit_cluster_epoch", "Epoch of the ring's view.")),
      slots_owned(registry.AddGauge("coolkit_cluster_slots", "Slots that this pod owns.")),
      peers(registry.AddGauge("coolkit_cluster_peers",
                              "Ready pods of this ring, this one included.")),
      joining(Members(registry, "joining")),
      ready(Members(registry, "ready")),
      draining(Members(registry, "draining")),
      leads(registry.AddGauge("coolkit_cluster_leads", "1 if this pod holds the ring's lease.")),
      tails(registry.AddGauge("coolkit_feed_tails",
                              "1 if this pod polls the database for the ring.")),
      view_disagreements(registry.AddGauge("coolkit_cluster_view_disagreements",
                                           "Live pods that follow another epoch than this one.")),
      ring_name_conflict(
          registry.AddGauge("coolkit_cluster_ring_name_conflict",
                            "1 if the ring's view names pods that are seen by nobody: another "
                            "cluster uses the same ring name on this database.")),
      views_followed(Views(registry, "followed")),
      views_published(Views(registry, "published")),
      views_fenced(Views(registry, "fenced")),
      discovery_errors(registry.AddCounter("coolkit_discovery_errors_total",
                                           "Look-ups of the peers' name that failed.")),
      discovered(
          registry.AddGauge("coolkit_discovery_addresses", "Addresses that discovery named last.")),
      coordination_errors(
          registry.AddCounter("coolkit_coordination_errors_total",
                              "Statements about leases, views and seats that failed.")),
      hand_off_entries(registry.AddCounter("coolkit_hand_off_entries_total",
                                           "Entries handed over to other pods.")),
      hand_off_bytes(registry.AddCounter("coolkit_hand_off_bytes_total",
                                         "Bytes of keys and values handed over.")),
      hand_off_failures(registry.AddCounter("coolkit_hand_off_failures_total",
                                            "Hand-offs to a pod that were given up.")),
      hand_off_slots_pending(registry.AddGauge("coolkit_hand_off_slots_pending",
                                               "Slots whose entries are still to be handed over.")),
      frames(Frames(registry, "applied")),
      frames_late(Frames(registry, "nothing_new")),
      frames_gap(Frames(registry, "gap")),
      frames_doubted(Frames(registry, "doubted")),
      self_polls(registry.AddCounter("coolkit_feed_self_polls_total",
                                     "Polls for this pod alone, because no frames came.")) {}

}  // namespace coolkit::node
