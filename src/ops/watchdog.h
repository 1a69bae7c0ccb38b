// Why: a pod whose event loop hangs must be restarted, and nothing else may look like it. Each loop
// is asked from time to time to run an empty piece of work; one that has not done so for long is
// stuck. Start, Stop and Check: any thread; Check never waits.
#pragma once

#include <memory>
#include <vector>

#include "base/time.h"
#include "net/loop.h"
#include "ops/check.h"
#include "telemetry/metrics.h"

namespace coolkit::ops {

struct WatchdogLimits {
  milliseconds interval{1'000};  // between two rounds of questions
  milliseconds stuck{10'000};    // a loop that has not answered for longer is stuck
};

class Watchdog {
 public:
  // Registers coolkit_event_loop_delay_seconds. `loops` are asked until Stop.
  Watchdog(const std::vector<net::Loop*>& loops, telemetry::Registry& registry,
           WatchdogLimits limits = {});
  ~Watchdog();  // stops

  // Rounds run on `on`, which should not be one of the loops.
  void Start(net::Loop& on);
  // No loop is touched after this returns. Before the loops end.
  void Stop();

  // Fails while a loop is stuck; fine before Start and after Stop. For the check `process`.
  [[nodiscard]] CheckResult Check() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace coolkit::ops
