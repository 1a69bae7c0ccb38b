// Why: the one place that knows which of a pod's metrics the scaler relies on, and what it refuses
// to believe. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace coolkit::scaler {

// What one pod says of itself. Counters count since its start.
struct PodReading {
  double requests = 0;
  double refused = 0;  // of those, answered 429 or 503
  double cpu_seconds = 0;
  double latency_sum_s = 0;
  double latency_count = 0;
  double cache_bytes = 0;
  double cache_limit_bytes = 0;
  double started_at = 0;       // Unix seconds
  double database_errors = 0;  // of connections
  bool serving = true;
  bool database = true;  // it answers
  std::string revision;
};

// Errors: kInvalidRequest when the text can't be read, is not coolkit's (no coolkit_build_info), or
// a figure is negative, infinite or no number.
[[nodiscard]] Result<PodReading> ReadPod(std::string_view text);

}  // namespace coolkit::scaler
