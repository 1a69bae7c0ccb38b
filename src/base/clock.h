// Why: time is passed in, so that tests and the simulation own it.
// Implementations may be called from any thread.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace coolkit {

class Clock {
 public:
  virtual ~Clock() = default;
  // The pod's monotonic clock; reads the kernel each time (R8: never a cached sample).
  [[nodiscard]] virtual BootTime Now() const = 0;
  // Wall clock of this machine, for logs and headers only, never for correctness.
  [[nodiscard]] virtual std::chrono::system_clock::time_point WallNow() const = 0;
  // The same in whole seconds since 1970, for what every answer says.
  [[nodiscard]] virtual std::int64_t WallSeconds() const;
};

// CLOCK_BOOTTIME and CLOCK_REALTIME; the seconds by CLOCK_REALTIME_COARSE, at a fraction of the
// cost.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] BootTime Now() const override;
  [[nodiscard]] std::chrono::system_clock::time_point WallNow() const override;
  [[nodiscard]] std::int64_t WallSeconds() const override;
};

}  // namespace coolkit
