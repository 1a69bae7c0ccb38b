// Why: two clocks that must never be mixed up get two types. BootTime is the pod's own monotonic
// clock (CLOCK_BOOTTIME, R1..R9); DbTime is the database's wall clock (R15). Values; any thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace coolkit {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// Tags in the shape of the standard's clocks; they can't be asked for the time: a Clock can.
struct BootClockTag {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = nanoseconds;
  using time_point = std::chrono::time_point<BootClockTag>;
  static constexpr bool is_steady = true;
};
struct DbClockTag {
  using rep = std::int64_t;
  using period = std::micro;
  using duration = microseconds;
  using time_point = std::chrono::time_point<DbClockTag>;
  static constexpr bool is_steady = false;
};

using BootTime = BootClockTag::time_point;  // nanoseconds since boot, suspended time included
using DbTime = DbClockTag::time_point;      // microseconds since 1970, by the database's clock

inline constexpr BootTime kNever = BootTime::max();          // a deadline that never comes
inline constexpr BootTime kMinusInfinity = BootTime::min();  // a proof of nothing

// now - t without overflow for kMinusInfinity: the largest duration then.
[[nodiscard]] constexpr nanoseconds Since(BootTime t, BootTime now) {
  return t == kMinusInfinity ? nanoseconds::max() : now - t;
}

}  // namespace coolkit
