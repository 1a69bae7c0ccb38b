#include "store/store_metrics.h"

#include <gmock/gmock.h>

namespace coolkit::store {
namespace {

using testing::HasSubstr;

TEST(StoreMetrics, StatementsHaveCountsErrorsAndDurations) {
  telemetry::Registry registry;
  StoreMetrics metrics(registry, {"read", "commit"});
  metrics.Statement("read").calls->Add();
  metrics.Statement("commit").errors->Add(2);
  metrics.Statement("commit").duration_seconds->ObserveSeconds(milliseconds(3));
  const std::string text = registry.PrometheusText();
  EXPECT_THAT(text, HasSubstr("coolkit_database_statements_total{statement=\"read\"} 1"));
  EXPECT_THAT(text, HasSubstr("coolkit_database_statement_errors_total{statement=\"commit\"} 2"));
  EXPECT_THAT(text, HasSubstr("coolkit_database_statement_duration_seconds_count{"
                              "statement=\"commit\"} 1"));
}

TEST(StoreMetrics, UnknownReasonsCountAsOther) {
  telemetry::Registry registry;
  StoreMetrics metrics(registry, {"read"});
  metrics.ConnectionError("locked").Add();
  metrics.ConnectionError("flooded").Add();
  const std::string text = registry.PrometheusText();
  EXPECT_THAT(text, HasSubstr("coolkit_database_connection_errors_total{reason=\"locked\"} 1"));
  EXPECT_THAT(text, HasSubstr("coolkit_database_connection_errors_total{reason=\"other\"} 1"));
  EXPECT_THAT(text, HasSubstr("coolkit_database_connection_errors_total{reason=\"tls\"} 0"));
}

TEST(StoreMetrics, RunbookNames) {
  telemetry::Registry registry;
  StoreMetrics metrics(registry, {"read"});
  metrics.connections_idle.Set(3);
  const std::string text = registry.PrometheusText();
  EXPECT_THAT(text, HasSubstr("coolkit_database_connections{state=\"idle\"} 3"));
  EXPECT_THAT(text, HasSubstr("coolkit_database_connections{state=\"in_use\"} 0"));
  EXPECT_THAT(text, HasSubstr("coolkit_database_loads_total 0"));
  EXPECT_THAT(text, HasSubstr("coolkit_limit_hits_total{limit=\"database_writes_queued\"} 0"));
}

TEST(StoreMetricsDeathTest, AStatementThatWasNotRegisteredIsABug) {
  telemetry::Registry registry;
  StoreMetrics metrics(registry, {"read"});
  EXPECT_DEATH(static_cast<void>(metrics.Statement("rede")), "not registered");
}

}  // namespace
}  // namespace coolkit::store
