// Why: floors 3 to 5 need "later", "at a time" and "now" without a real thread, timer or clock, so
// that the simulation can run exactly that code on a manual clock and a seeded scheduler
// (docs/adr/0001). A Loop is one logical thread: nothing posted to it runs at the same time.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/function.h"

namespace coolkit::net {

struct TimerId {
  std::uint64_t value = 0;  // 0: no timer
};

class Loop {
 public:
  virtual ~Loop() = default;

  // Runs `work` later on this loop, in the order of the posts of one thread. Any thread. Work
  // posted after the loop has stopped is destroyed without running.
  virtual void Post(Function<void()> work) = 0;

  // Runs `work` on this loop at `when` or soon after. Only from this loop.
  [[nodiscard]] virtual TimerId At(BootTime when, Function<void()> work) = 0;
  // False when it ran already or never was. Only from this loop.
  virtual bool Cancel(TimerId timer) = 0;

  [[nodiscard]] virtual const Clock& clock() const = 0;
  [[nodiscard]] BootTime Now() const { return clock().Now(); }
};

}  // namespace coolkit::net
