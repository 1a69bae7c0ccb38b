// Why: the result of a load is read by people, by programs and as a picture; all three say the
// same. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "bench/load_options.h"
#include "bench/load_stats.h"

namespace coolkit::bench {

struct LoadReport {
  const LoadOptions& options;
  const LoadStats& stats;
  double seconds = 0;  // measured
  bool interrupted = false;
  std::uint64_t recorded = 0;  // operations in the history
  std::string keys_text;       // how keys were chosen
};

[[nodiscard]] std::string LoadText(const LoadReport& report);
// One object, with a line feed at its end.
[[nodiscard]] std::string LoadJson(const LoadReport& report);
[[nodiscard]] std::string LoadSvg(const LoadReport& report);

// 950us, 1.25ms, 3.10s.
[[nodiscard]] std::string LatencyText(std::int64_t ns);

}  // namespace coolkit::bench
