// Why: what the connector does that nobody else counts. Registered once; updated from its loop.
#pragma once

#include "telemetry/metrics.h"

namespace coolkit::cloudsql {

struct Metrics {
  explicit Metrics(telemetry::Registry& registry);

  telemetry::Counter& refreshes_total;
  telemetry::Counter& refresh_failures_total;
  telemetry::Gauge& connections;
  telemetry::Gauge& certificate_expiry;  // Unix seconds
  telemetry::Counter& strangers_total;
};

}  // namespace coolkit::cloudsql
