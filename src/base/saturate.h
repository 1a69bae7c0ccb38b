// Why: a number that came from outside as floating point becomes a whole one in several places; a
// plain cast of one that does not fit is undefined. Pure; any thread.
#pragma once

#include <concepts>
#include <limits>

namespace coolkit {

// `value` without its fraction, the nearest that `Whole` has when it does not fit, 0 for NaN.
template <std::signed_integral Whole>
[[nodiscard]] constexpr Whole Saturate(double value) {
  using Limits = std::numeric_limits<Whole>;
  // The smallest is a power of two and exact; the largest rounds up to one.
  constexpr double kBelow = static_cast<double>(Limits::min());
  if (value >= -kBelow) return Limits::max();
  if (value <= kBelow) return Limits::min();
  return value == value ? static_cast<Whole>(value) : Whole{0};
}

}  // namespace coolkit
