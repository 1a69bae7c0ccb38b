// Why: a wrong metric name is found when the process starts, not when an alert stays silent. The
// rules are those of Prometheus' data model, of OpenMetrics 1.0 (reserved suffixes) and the
// stricter habits that promtool's linter asks for. Pure; any thread.
#pragma once

#include <string_view>
#include <vector>

#include "telemetry/metrics.h"

namespace coolkit::telemetry {

// `[a-z_:][a-z0-9_:]*`: lower case only, as the naming practices want.
[[nodiscard]] bool IsMetricName(std::string_view name);
// `[a-z][a-z0-9_]*`, and neither `le` nor `quantile`, which histograms and summaries own.
[[nodiscard]] bool IsLabelName(std::string_view name);

// Counters end in _total; other types in no suffix that OpenMetrics gives a meaning. `_info` is
// allowed for a gauge that is always 1.
[[nodiscard]] bool IsNameForType(std::string_view name, MetricType type);

// The names in the exposition that a family claims, in either format: a counter also claims its
// name without _total, a histogram its samples.
[[nodiscard]] std::vector<std::string> ClaimedNames(std::string_view name, MetricType type);

}  // namespace coolkit::telemetry
