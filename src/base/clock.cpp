#include "base/clock.h"

#include <time.h>

namespace coolkit {

BootTime SystemClock::Now() const {
  timespec ts{};
  ::clock_gettime(CLOCK_BOOTTIME, &ts);
  return BootTime(seconds(ts.tv_sec) + nanoseconds(ts.tv_nsec));
}

std::chrono::system_clock::time_point SystemClock::WallNow() const {
  return std::chrono::system_clock::now();
}

}  // namespace coolkit
