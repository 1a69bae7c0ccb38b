#include "cli/pod_metrics.h"

#include <array>
#include <cstring>
#include <utility>

#include "feed/serve_rule.h"

namespace coolkit::cli {
namespace {

using telemetry::MetricType;
using telemetry::Registry;

template <class Read>
void Callback(Registry& registry, MetricType type, const char* name, const char* help, Read read) {
  registry.AddCallback(type, name, help, {},
                       [read = std::move(read)] { return static_cast<double>(read()); });
}

// Every limit that a server names; the counters exist from the start, so that a rate can be taken.
constexpr std::array kServerLimits{"connections",
                                   "refused_connections",
                                   "header_bytes",
                                   "target_bytes",
                                   "header_count",
                                   "pipelined",
                                   "requests_in_flight",
                                   "body_bytes",
                                   "body_bytes_in_flight",
                                   "response_bytes_in_flight",
                                   "idle_timeout",
                                   "header_timeout",
                                   "body_timeout",
                                   "write_timeout",
                                   "other"};

}  // namespace

void RegisterCacheMetrics(Registry& registry, const cache::Cache& cache,
                          const cache::Flights& flights) {
  const auto gauge = [&](const char* name, const char* help, std::uint64_t cache::CacheStats::* m) {
    Callback(registry, MetricType::kGauge, name, help, [&cache, m] { return cache.Stats().*m; });
  };
  const auto counter = [&](const char* name, const char* help,
                           std::uint64_t cache::CacheStats::* m) {
    Callback(registry, MetricType::kCounter, name, help, [&cache, m] { return cache.Stats().*m; });
  };
  gauge("coolkit_cache_bytes", "Memory that the cache uses, all overhead counted.",
        &cache::CacheStats::bytes);
  gauge("coolkit_cache_limit_bytes", "Memory that the cache may use.",
        &cache::CacheStats::bytes_max);
  gauge("coolkit_cache_entries", "Entries in the cache, absent keys included.",
        &cache::CacheStats::entries);
  gauge("coolkit_cache_negative_entries", "Entries that say that a key is absent.",
        &cache::CacheStats::negative_entries);
  counter("coolkit_cache_evictions_total", "Entries evicted for room.",
          &cache::CacheStats::evictions);
  counter("coolkit_cache_invalidations_total", "Entries dropped because their key had changed.",
          &cache::CacheStats::invalidations);
  counter("coolkit_cache_admissions_total", "Entries taken into the cache.",
          &cache::CacheStats::admissions);
  counter("coolkit_cache_refusals_total",
          "Entries refused because something newer was known (R4, R5, R12).",
          &cache::CacheStats::refusals);
  Callback(registry, MetricType::kGauge, "coolkit_cache_loads_in_flight", "Keys being loaded.",
           [&flights] { return flights.Stats().flights; });
  Callback(registry, MetricType::kGauge, "coolkit_cache_load_waiters",
           "Reads that wait for a load.", [&flights] { return flights.Stats().waiters; });
}

void RegisterFeedMetrics(Registry& registry, const feed::State& state, const Clock& clock) {
  Callback(registry, MetricType::kGauge, "coolkit_feed_horizon_age_seconds",
           "Age of the moment up to which every acknowledged write is known; -1: none yet.",
           [&state, &clock] {
             const BootTime horizon = state.Read().horizon.at;
             if (horizon == kMinusInfinity) return -1.0;
             return std::chrono::duration<double>(clock.Now() - horizon).count();
           });
}

http::ServerMetrics MakeServerMetrics(Registry& registry, const char* port) {
  telemetry::Gauge& connections =
      registry.AddGauge("coolkit_http_connections", "Open connections.", {{"port", port}});
  telemetry::Gauge& requests = registry.AddGauge("coolkit_http_requests_in_flight",
                                                 "Requests being answered.", {{"port", port}});
  std::array<telemetry::Counter*, kServerLimits.size()> hits{};
  for (std::size_t i = 0; i < hits.size(); ++i) {
    hits[i] = &registry.AddCounter("coolkit_http_limit_hits_total",
                                   "Times a limit of an HTTP server was reached, by limit.",
                                   {{"port", port}, {"limit", kServerLimits[i]}});
  }
  http::ServerMetrics metrics;
  metrics.limit_hit = [hits](const char* limit) {
    std::size_t i = 0;
    while (i + 1 < hits.size() && std::strcmp(limit, kServerLimits[i]) != 0) ++i;
    hits[i]->Add();
  };
  metrics.connections_open = [&connections](int delta) { connections.Add(delta); };
  metrics.requests_in_flight = [&requests](int delta) { requests.Add(delta); };
  return metrics;
}

}  // namespace coolkit::cli
