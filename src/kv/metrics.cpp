#include "kv/metrics.h"

namespace coolkit::kv {
namespace {

telemetry::Counter& CacheRequests(telemetry::Registry& registry, const char* result) {
  return registry.AddCounter("coolkit_cache_requests_total",
                             "Cache look-ups of client reads, by result.", {{"result", result}});
}

telemetry::Counter& PeerReads(telemetry::Registry& registry, const char* result) {
  return registry.AddCounter("coolkit_peer_reads_total",
                             "Reads sent to the pod that owns the key, by result.",
                             {{"result", result}});
}

telemetry::Counter& PreviousLookups(telemetry::Registry& registry, const char* result) {
  return registry.AddCounter("coolkit_previous_owner_lookups_total",
                             "Look-ups in the cache of a slot's previous owner, by result.",
                             {{"result", result}});
}

telemetry::Counter& ForwardedWrites(telemetry::Registry& registry, const char* result) {
  return registry.AddCounter("coolkit_forwarded_writes_total",
                             "Writes sent to the pod that owns the key, by result.",
                             {{"result", result}});
}

}  // namespace

Metrics::Metrics(telemetry::Registry& registry)
    : hits(CacheRequests(registry, "hit")),
      negative_hits(CacheRequests(registry, "negative_hit")),
      misses(CacheRequests(registry, "miss")),
      stale_hits(CacheRequests(registry, "stale")),
      unproven(CacheRequests(registry, "unproven")),
      expired(CacheRequests(registry, "expired")),
      bypassed(CacheRequests(registry, "bypass")),
      collapsed_loads(registry.AddCounter("coolkit_cache_collapsed_loads_total",
                                          "Reads that shared the load of another read.")),
      loads_refused(registry.AddCounter("coolkit_limit_hits_total",
                                        "Times a named limit was reached, by limit.",
                                        {{"limit", "loads_in_flight"}})),
      waits_given_up(registry.AddCounter("coolkit_limit_hits_total",
                                         "Times a named limit was reached, by limit.",
                                         {{"limit", "database_patience"}})),
      near_hits(registry.AddCounter("coolkit_cache_near_hits_total",
                                    "Hits of copies of keys that another pod owns.")),
      peer_hits(PeerReads(registry, "hit")),
      peer_loads(PeerReads(registry, "load")),
      peer_failures(PeerReads(registry, "failure")),
      owner_batches(registry.AddCounter(
          "coolkit_peer_batch_lookups_total",
          "Look-ups in the owner's memory for several keys of a batch at once.")),
      previous_hits(PreviousLookups(registry, "hit")),
      previous_misses(PreviousLookups(registry, "miss")),
      forwarded_writes(ForwardedWrites(registry, "done")),
      writes_not_taken(ForwardedWrites(registry, "not_taken")),
      writes_unknown(ForwardedWrites(registry, "unknown")),
      compare_and_set_retries(
          registry.AddCounter("coolkit_compare_and_set_retries_total",
                              "Updates that were tried again because the key had changed.")),
      contention(registry.AddCounter("coolkit_compare_and_set_contention_total",
                                     "Updates that gave up after the last try.")) {}

}  // namespace coolkit::kv
