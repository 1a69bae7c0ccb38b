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
  telemetry::Counter& waits_given_up;   // coolkit_limit_hits_total{limit="database_patience"}
  telemetry::Counter& near_hits;        // copies of keys that another pod owns
  // coolkit_peer_reads_total{result}: reads that were sent to the key's owner
  telemetry::Counter& peer_hits;
  telemetry::Counter& peer_loads;
  telemetry::Counter& peer_failures;
  telemetry::Counter& owner_batches;  // coolkit_peer_batch_lookups_total
  // coolkit_previous_owner_lookups_total{result}
  telemetry::Counter& previous_hits;
  telemetry::Counter& previous_misses;
  // coolkit_forwarded_writes_total{result}
  telemetry::Counter& forwarded_writes;
  telemetry::Counter& writes_not_taken;
  telemetry::Counter& writes_unknown;
  telemetry::Counter& compare_and_set_retries;
  telemetry::Counter& contention;
};

}  // namespace coolkit::kv
