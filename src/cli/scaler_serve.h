// Why: `coolkit scaler serve`: the parts of the scaler's process, their order of start and stop.
#pragma once

#include "base/result.h"
#include "cli/scaler_settings.h"
#include "telemetry/metrics.h"

namespace coolkit::cli {

// Registers every metric that the process has, for the generated reference.
[[nodiscard]] std::vector<telemetry::MetricInfo> ScalerMetricFamilies();

// Serves until SIGTERM or SIGINT; the exit code. Signals are blocked already and no thread runs.
[[nodiscard]] int RunScalerServe(const ScalerOptions& options);

}  // namespace coolkit::cli
