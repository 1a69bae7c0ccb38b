#include "store/store_metrics.h"

#include <array>

#include "base/check.h"

namespace coolkit::store {
namespace {

// The reasons of every kind of database; the last one stands for what nobody thought of.
constexpr std::array<std::string_view, 30> kReasons{
    "refused",   "timeout",       "dns",         "tls",        "authentication",
    "limit",     "closed",        "standby",     "locked",     "full",
    "io",        "corrupt",       "open",        "schema",     "conflict",
    "privilege", "incarnation",   "memory",      "moved",      "pooler",
    "token",     "token_refused", "permission",  "instance",   "region",
    "quota",     "api",           "certificate", "iam_denied", "other"};

telemetry::Gauge& Connections(telemetry::Registry& registry, std::string state) {
  return registry.AddGauge("coolkit_database_connections", "Connections to the database by state.",
                           {{"state", std::move(state)}});
}

telemetry::Gauge& Queue(telemetry::Registry& registry, std::string queue) {
  return registry.AddGauge("coolkit_database_queue_length",
                           "Operations that wait for the database.", {{"queue", std::move(queue)}});
}

telemetry::Counter& LimitHits(telemetry::Registry& registry, std::string limit) {
  return registry.AddCounter("coolkit_limit_hits_total",
                             "Times a named limit was reached, by limit.",
                             {{"limit", std::move(limit)}});
}

}  // namespace

StoreMetrics::StoreMetrics(telemetry::Registry& registry,
                           const std::vector<std::string>& statements)
    : loads_total(registry.AddCounter("coolkit_database_loads_total",
                                      "Read statements sent to the database.")),
      keys_loaded_total(registry.AddCounter("coolkit_database_keys_loaded_total",
                                            "Keys asked for by read statements.")),
      commits_total(registry.AddCounter("coolkit_database_commits_total",
                                        "Commits of writes in the database.")),
      rows_written_total(registry.AddCounter("coolkit_database_rows_written_total",
                                             "Puts and deletes that were committed.")),
      outcome_unknown_total(registry.AddCounter("coolkit_database_outcome_unknown_total",
                                                "Writes whose commit was sent and not answered.")),
      connections_in_use(Connections(registry, "in_use")),
      connections_idle(Connections(registry, "idle")),
      connections_limit(registry.AddGauge(
          "coolkit_database_connections_limit",
          "Connections that this pod may have to PostgreSQL at this moment; 0 with SQLite.")),
      reads_queued(Queue(registry, "reads")),
      writes_queued(Queue(registry, "writes")),
      log_bytes(registry.AddGauge("coolkit_database_log_bytes",
                                  "Size of SQLite's write-ahead log after the last commit.")),
      reads_refused(LimitHits(registry, "database_reads_queued")),
      writes_refused(LimitHits(registry, "database_writes_queued")),
      coordination_refused(LimitHits(registry, "database_coordination_queued")),
      log_limit_hits(LimitHits(registry, "database_log_bytes")) {
  statements_.reserve(statements.size());
  for (const std::string& name : statements) {
    StatementMetrics metrics;
    metrics.calls = &registry.AddCounter("coolkit_database_statements_total",
                                         "Statements sent to the database.", {{"statement", name}});
    metrics.errors =
        &registry.AddCounter("coolkit_database_statement_errors_total",
                             "Statements that the database failed.", {{"statement", name}});
    metrics.duration_seconds = &registry.AddHistogram(
        "coolkit_database_statement_duration_seconds", "Time the database took for a statement.",
        telemetry::LatencyBounds(), {{"statement", name}});
    statements_.emplace_back(name, metrics);
  }
  connection_errors_.reserve(kReasons.size());
  for (const std::string_view reason : kReasons) {
    connection_errors_.emplace_back(
        reason, &registry.AddCounter("coolkit_database_connection_errors_total",
                                     "Failures of the database and its connections by reason.",
                                     {{"reason", std::string(reason)}}));
  }
}

StatementMetrics& StoreMetrics::Statement(std::string_view name) {
  for (auto& [known, metrics] : statements_) {
    if (known == name) return metrics;
  }
  CHECK(!"a statement that was not registered");
  return statements_.front().second;
}

telemetry::Counter& StoreMetrics::ConnectionError(std::string_view reason) {
  for (auto& [known, counter] : connection_errors_) {
    if (known == reason) return *counter;
  }
  return *connection_errors_.back().second;
}

}  // namespace coolkit::store
