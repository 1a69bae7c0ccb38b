// Why: when certificates are fetched decides whether a project's quota at the Admin API (180
// requests a minute for all pods of all applications together) is enough. All times in one place,
// as functions of a clock that is passed in. Pure; one thread.
#pragma once

#include "base/random.h"
#include "base/time.h"

namespace coolkit::cloudsql {

struct RefreshLimits {
  seconds half_from{3600};  // with so long to live, refresh at half of it
  seconds lead{240};        // else so long before the end
  milliseconds retry_min{1'000};
  milliseconds retry_max{60'000};
  seconds interval{30};  // refreshes at most so often,
  int burst = 2;         // after so many at once
  int jitter_percent = 10;
};

// The requests of one pod's start, and how many of them a minute all pods that start together may
// make: two thirds of the quota, the rest is for others.
inline constexpr int kRequestsPerStart = 2;
inline constexpr int kStartRequestsPerMinute = 120;

// The first request of each of `pods` that are starting together comes at a random moment of so
// long a time; 0 for as many as may begin at once.
[[nodiscard]] milliseconds StartSpread(int pods);

// After a success: when to refresh what ends at `expires`.
[[nodiscard]] BootTime NextRefresh(const RefreshLimits& limits, BootTime now, BootTime expires,
                                   Random& random);
// After `failures` in a row, the last of which asked for a pause (0: it did not).
[[nodiscard]] BootTime NextRetry(const RefreshLimits& limits, BootTime now, int failures,
                                 milliseconds asked, Random& random);

// A token bucket.
class RefreshLimiter {
 public:
  explicit RefreshLimiter(const RefreshLimits& limits)
      : limits_(limits), left_(limits.burst), filled_at_(kMinusInfinity) {}
  // Takes a turn: when it is, `now` or later.
  [[nodiscard]] BootTime Take(BootTime now);

 private:
  RefreshLimits limits_;
  int left_;            // may be negative: turns that are taken ahead
  BootTime filled_at_;  // when left_ was true
};

}  // namespace coolkit::cloudsql
