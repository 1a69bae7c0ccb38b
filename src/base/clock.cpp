#include "base/clock.h"

#include <time.h>

namespace coolkit {

BootTime SystemClock::Now() const {
  timespec ts{};
  ::clock_gettime(CLOCK_BOOTTIME, &ts);
  return BootTime(seconds(ts.tv_sec) + nanoseconds(ts.tv_nsec));
}

std::int64_t Clock::WallSeconds() const {
  return std::chrono::floor<seconds>(WallNow()).time_since_epoch().count();
}

std::chrono::system_clock::time_point SystemClock::WallNow() const {
  return std::chrono::system_clock::now();
}

std::int64_t SystemClock::WallSeconds() const {
  timespec ts{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &ts);
  return ts.tv_sec;
}

}  // namespace coolkit
