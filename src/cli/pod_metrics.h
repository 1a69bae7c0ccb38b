// Why: figures that a part keeps for itself (the cache's sizes, the feed's horizon) become metrics
// here, because parts below `ops` register only what they count themselves. Called once.
#pragma once

#include "cache/cache.h"
#include "cache/flights.h"
#include "feed/state.h"
#include "http/server.h"
#include "telemetry/metrics.h"

namespace coolkit::cli {

// All arguments outlive the registry's scrapes.
void RegisterCacheMetrics(telemetry::Registry& registry, const cache::Cache& cache,
                          const cache::Flights& flights);
void RegisterFeedMetrics(telemetry::Registry& registry, const feed::State& state,
                         const Clock& clock);

// The metrics of one server; `port` is the label ("api" or "ops").
[[nodiscard]] http::ServerMetrics MakeServerMetrics(telemetry::Registry& registry,
                                                    const char* port);

}  // namespace coolkit::cli
