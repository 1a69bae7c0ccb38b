// Why: pods say what they do in Prometheus' text format, and a pod may say anything: every line is
// checked, whatever family it belongs to, and nothing of it is kept. Pure; any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace coolkit::scaler {

// One line. The views live for the length of a call.
struct ExpositionSample {
  std::string_view name;
  std::string_view labels;  // between the braces, as written; well-formed
  double value = 0;         // may be NaN or infinite

  // The value of a label, escapes resolved; nothing if there is none of that name.
  [[nodiscard]] std::optional<std::string> Label(std::string_view label) const;
};

struct ExpositionLimits {
  std::size_t bytes_max = 4u << 20;
  std::size_t samples_max = 100'000;
};

// Calls `visit` for every sample of a text in format 0.0.4 or OpenMetrics 1.0 (timestamps and
// exemplars are read over; comments and empty lines too). Errors: kInvalidRequest with the line,
// kPayloadTooLarge; what was visited before does not count then.
[[nodiscard]] Result<void> ReadExposition(std::string_view text,
                                          const std::function<void(const ExpositionSample&)>& visit,
                                          ExpositionLimits limits = {});

}  // namespace coolkit::scaler
