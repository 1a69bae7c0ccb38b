#include "cloudsql/metrics.h"

namespace coolkit::cloudsql {

Metrics::Metrics(telemetry::Registry& registry)
    : refreshes_total(registry.AddCounter(
          "coolkit_cloudsql_refreshes_total",
          "Refreshes of the certificate and connect settings of a Cloud SQL instance.")),
      refresh_failures_total(
          registry.AddCounter("coolkit_cloudsql_refresh_failures_total", "Refreshes that failed.")),
      connections(
          registry.AddGauge("coolkit_cloudsql_connections", "Connections through the connector.")),
      certificate_expiry(
          registry.AddGauge("coolkit_cloudsql_certificate_expiry_timestamp_seconds",
                            "When the present client certificate ends; 0 without the connector.")),
      strangers_total(registry.AddCounter(
          "coolkit_cloudsql_strangers_total",
          "Other processes that were refused at the connector's private socket.")) {}

}  // namespace coolkit::cloudsql
