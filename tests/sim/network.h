// Why: how long messages take and what becomes of them, chosen by the seed once per run and then
// once per message. Not thread-safe.
#pragma once

#include "base/random.h"
#include "base/time.h"

namespace coolkit::sim {

struct Network {
  // One way, as a rule; now and then up to `slow_max`.
  nanoseconds usual_max{milliseconds(1)};
  nanoseconds slow_max{milliseconds(50)};
  std::uint64_t slow_percent = 5;
  std::uint64_t lost_percent = 0;  // the connection breaks

  [[nodiscard]] nanoseconds Delay(Random& random) const {
    const bool slow = random.Below(100) < slow_percent;
    const nanoseconds most = slow ? slow_max : usual_max;
    return nanoseconds(
        static_cast<std::int64_t>(random.Below(static_cast<std::uint64_t>(most.count()) + 1)));
  }
  [[nodiscard]] bool Loses(Random& random) const { return random.Below(100) < lost_percent; }
};

}  // namespace coolkit::sim
