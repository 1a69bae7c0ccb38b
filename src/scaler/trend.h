// Why: pods need most of a minute to start, so what counts is the load at that time, not now. A
// trend is believed only where it stands clear of the noise, or every ripple would start pods.
// Pure; any thread.
#pragma once

#include <optional>
#include <span>

namespace coolkit::scaler {

struct LoadPoint {
  double at_s = 0;
  double load = 0;
};

// The value that a straight line through the points of the last `window_s` reaches `ahead_s` after
// the last one; nothing unless it rises by at least `significance` times the noise, which is how
// far all points before the window lie from a line of their own. (How well the points of the
// window itself fit says nothing: noise that lasts for seconds looks like a line.)
[[nodiscard]] std::optional<double> LineAhead(std::span<const LoadPoint> points, double window_s,
                                              double ahead_s, double significance);

// For a jump: the last step upwards went on for `ahead_s`. Nothing unless the last step is at least
// `significance` times the usual size of steps before it and a tenth of the load.
[[nodiscard]] std::optional<double> JumpAhead(std::span<const LoadPoint> points, double ahead_s,
                                              double significance);

}  // namespace coolkit::scaler
