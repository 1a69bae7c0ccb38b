// Why: KEDA reads a string as a Kubernetes Quantity; "10Mi", "1e3" and "100m" are numbers there.
// Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

namespace coolkit::scaler {

// Sign, digits with at most one point, then nothing, n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an
// exponent (e3, E-2). Nothing for another text.
[[nodiscard]] std::optional<double> ParseQuantity(std::string_view text);

}  // namespace coolkit::scaler
