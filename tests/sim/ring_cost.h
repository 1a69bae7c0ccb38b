// Why: what a ring costs each of its pods while nothing happens, and how long it takes to agree,
// with the product's own intervals: pods that have nothing to do, on wires that count.
#pragma once

#include <cstddef>

#include "base/time.h"
#include "sim/instruments.h"

namespace coolkit::sim {

struct RingCost {
  bool agreed = false;  // else nothing below counts
  // From the first pod's start (all start at once) to one view that all follow.
  nanoseconds to_agree{0};
  // From the death of a pod, whose successor starts at once at the same address, to the same.
  nanoseconds to_replace{0};
  // What one pod sends in a second.
  double bytes = 0;
  double writes = 0;
  std::size_t view_bytes = 0;
};

[[nodiscard]] RingCost MeasureRing(std::size_t pods, seconds span, Instruments& instruments);

}  // namespace coolkit::sim
