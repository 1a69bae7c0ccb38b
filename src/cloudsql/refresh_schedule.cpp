#include "cloudsql/refresh_schedule.h"

#include <algorithm>

namespace coolkit::cloudsql {
namespace {

// Up to `percent` of `time`, at random.
milliseconds Share(milliseconds time, int percent, Random& random) {
  const auto most = static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.count())) *
                    static_cast<std::uint64_t>(percent) / 100;
  return milliseconds(random.Below(most + 1));
}

}  // namespace

milliseconds StartSpread(int pods) {
  if (pods * kRequestsPerStart <= kStartRequestsPerMinute) return milliseconds(0);
  return milliseconds(60'000LL * kRequestsPerStart * pods / kStartRequestsPerMinute);
}

BootTime NextRefresh(const RefreshLimits& limits, BootTime now, BootTime expires, Random& random) {
  const auto left = std::chrono::floor<milliseconds>(expires - now);
  // What lives shorter than the lead is refreshed at its half, too.
  const milliseconds wait =
      left >= limits.half_from ? left / 2 : std::max<milliseconds>(left - limits.lead, left / 2);
  if (wait.count() <= 0) return now;
  return now + wait - Share(wait, limits.jitter_percent, random);
}

BootTime NextRetry(const RefreshLimits& limits, BootTime now, int failures, milliseconds asked,
                   Random& random) {
  const int doublings = std::clamp(failures - 1, 0, 16);
  const milliseconds pause =
      std::max(std::min(limits.retry_max, limits.retry_min * (1L << doublings)), asked);
  return now + pause + Share(pause, 50, random);
}

BootTime RefreshLimiter::Take(BootTime now) {
  if (filled_at_ == kMinusInfinity) filled_at_ = now;
  const auto turns = (now - filled_at_) / limits_.interval;
  if (turns > 0) {
    left_ = static_cast<int>(std::min<std::int64_t>(limits_.burst, left_ + turns));
    filled_at_ += limits_.interval * turns;
  }
  if (left_ == limits_.burst) filled_at_ = now;
  --left_;
  return left_ >= 0 ? now : filled_at_ + limits_.interval * -left_;
}

}  // namespace coolkit::cloudsql
