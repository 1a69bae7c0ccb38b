// What heartbeats, frames and views cost each pod (docs/ring.md has the figures). COOLKIT_SOAK: a
// ring of 100.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "sim/ring_cost.h"

namespace coolkit::sim {
namespace {

double Milliseconds(nanoseconds span) { return static_cast<double>(span.count()) / 1e6; }

// `bytes_max`: what one pod may send in a second.
void ExpectCheap(std::size_t pods, double bytes_max) {
  Instruments instruments;
  const RingCost cost = MeasureRing(pods, seconds(5), instruments);
  ASSERT_TRUE(cost.agreed);
  std::printf(
      "%zu pods: each sends %.0f bytes in %.0f writes per second; a view has %zu bytes; they agree "
      "after %.0f ms, after the death and replacement of one %.0f ms\n",
      pods, cost.bytes, cost.writes, cost.view_bytes, Milliseconds(cost.to_agree),
      Milliseconds(cost.to_replace));
  EXPECT_LT(cost.bytes, bytes_max);
  EXPECT_LT(cost.to_agree, seconds(10));
  EXPECT_LT(cost.to_replace, seconds(15));
}

TEST(RingCost, OfTenPods) { ExpectCheap(10, 100'000); }

TEST(RingCost, OfAHundredPods) {
  if (std::getenv("COOLKIT_SOAK") == nullptr) GTEST_SKIP() << "in the soak tests";
  ExpectCheap(100, 1'000'000);
}

}  // namespace
}  // namespace coolkit::sim
