// Why: what the read and write paths count, declared once. Registered by the composition root,
// updated from any thread.
#pragma once

#include "telemetry/metrics.h"

namespace coolkit::kv {

struct Metrics {
  explicit Metrics(telemetry::Registry& registry);

  // coolkit_cache_requests_total{result}
  telemetry::Counter& hits;
  telemetry::Counter& negative_hits;
  telemetry::Counter& misses;
  telemetry::Counter& stale_hits;
  telemetry::Counter& unproven;         // an entry was there, but not provably fresh enough
  telemetry::Counter& expired;          // an entry was there, perhaps expired (R15)
  telemetry::Counter& bypassed;         // strong and no-store reads
  telemetry::Counter& collapsed_loads;  // coolkit_cache_collapsed_loads_total
  telemetry::Counter& loads_refused;    // coolkit_limit_hits_total{limit="loads_in_flight"}
  telemetry::Counter& compare_and_set_retries;
  telemetry::Counter& contention;
};

}  // namespace coolkit::kv
