#include "kv/metrics.h"

namespace coolkit::kv {
namespace {

telemetry::Counter& CacheRequests(telemetry::Registry& registry, const char* result) {
  return registry.AddCounter("coolkit_cache_requests_total",
                             "Cache look-ups of client reads, by result.", {{"result", result}});
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
      compare_and_set_retries(
          registry.AddCounter("coolkit_compare_and_set_retries_total",
                              "Updates that were tried again because the key had changed.")),
      contention(registry.AddCounter("coolkit_compare_and_set_contention_total",
                                     "Updates that gave up after the last try.")) {}

}  // namespace coolkit::kv
