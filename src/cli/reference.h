// Why: the reference pages can't go stale when they are printed from the tables that the program
// runs on; a test compares docs/reference with them and `make docs` writes them. Pure.
#pragma once

#include <string>
#include <vector>

#include "telemetry/metrics.h"

namespace coolkit::cli {

// docs/reference/settings.md: every row of the table of settings.
[[nodiscard]] std::string SettingsMarkdown();
// docs/reference/metrics.md: every family, by name.
[[nodiscard]] std::string MetricsMarkdown(const std::vector<telemetry::MetricInfo>& families);
// docs/reference/scaler.md: settings and metrics of `coolkit scaler serve`.
[[nodiscard]] std::string ScalerMarkdown(const std::vector<telemetry::MetricInfo>& families);

}  // namespace coolkit::cli
