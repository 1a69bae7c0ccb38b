// Why: every store counts the same things under the same names. Registered once by the composition
// root; updated from any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "telemetry/metrics.h"

namespace coolkit::store {

struct StatementMetrics {
  telemetry::Counter* calls = nullptr;
  telemetry::Counter* errors = nullptr;
  telemetry::Histogram* duration_seconds = nullptr;
};

class StoreMetrics {
 public:
  // `statements`: the names of the store's statements ("read", "write", "commit", …).
  StoreMetrics(telemetry::Registry& registry, const std::vector<std::string>& statements);

  [[nodiscard]] StatementMetrics& Statement(std::string_view name);  // CHECKs the name

  telemetry::Counter& loads_total;         // coolkit_database_loads_total: read statements sent
  telemetry::Counter& keys_loaded_total;   // keys asked for by them
  telemetry::Counter& commits_total;       // commits
  telemetry::Counter& rows_written_total;  // writes in them
  telemetry::Counter& outcome_unknown_total;
  telemetry::Gauge& connections_in_use;  // coolkit_database_connections{state}
  telemetry::Gauge& connections_idle;
  telemetry::Gauge& connections_limit;  // coolkit_database_connections_limit: this pod's share
  telemetry::Gauge& reads_queued;       // coolkit_database_queue_length{queue}
  telemetry::Gauge& writes_queued;
  telemetry::Gauge& log_bytes;  // coolkit_database_log_bytes: write-ahead log (SQLite)
  // coolkit_database_connection_errors_total{reason}; reasons are a fixed list, see the .cpp. A
  // reason that is not in it counts as "other".
  [[nodiscard]] telemetry::Counter& ConnectionError(std::string_view reason);
  // coolkit_limit_hits_total{limit="database_reads_queued" | "database_writes_queued" |
  // "database_coordination_queued" | "database_log_bytes"}
  telemetry::Counter& reads_refused;
  telemetry::Counter& writes_refused;
  telemetry::Counter& coordination_refused;
  telemetry::Counter& log_limit_hits;

 private:
  std::vector<std::pair<std::string, StatementMetrics>> statements_;
  std::vector<std::pair<std::string, telemetry::Counter*>> connection_errors_;
};

}  // namespace coolkit::store
