#include "scaler/trend.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"

namespace coolkit::scaler {
namespace {

// A point every 5 s: `flat` of them at 1000, then rising by `slope` per second.
std::vector<LoadPoint> Rise(int flat, int rising, double slope) {
  std::vector<LoadPoint> points;
  for (int i = 0; i < flat; ++i) points.push_back({i * 5.0, 1000.0 + (i % 2) * 20});
  const double begin = points.back().at_s;
  for (int i = 1; i <= rising; ++i) points.push_back({begin + i * 5, 1000 + slope * i * 5});
  return points;
}

TEST(TrendTest, ALineIsCarriedOn) {
  const auto points = Rise(20, 8, 20);
  const auto ahead = LineAhead(points, 40, 45, 9);
  ASSERT_TRUE(ahead);
  EXPECT_NEAR(*ahead, 1000 + 20 * (40 + 45), 20);
}

TEST(TrendTest, FallsAndFlatsAreNoTrend) {
  EXPECT_FALSE(LineAhead(Rise(40, 0, 0), 40, 45, 9));
  EXPECT_FALSE(LineAhead(Rise(20, 8, -20), 40, 45, 9));
  EXPECT_FALSE(LineAhead(Rise(20, 8, 1), 40, 45, 9));  // 40 in 40 s is within the noise
  EXPECT_FALSE(LineAhead(Rise(2, 8, 20), 40, 45, 9));  // the noise is not known
  EXPECT_FALSE(LineAhead({}, 40, 45, 9));
}

// Noise that lasts for some seconds fits a line well: it is the size that tells.
TEST(TrendTest, NoiseIsNoTrend) {
  SeededRandom random(7);
  int seen = 0;
  for (int run = 0; run < 2000; ++run) {
    std::vector<LoadPoint> points;
    double lasting = 0;
    for (int i = 0; i < 48; ++i) {
      lasting = 0.8 * lasting + (double(random.Below(2001)) - 1000) / 1000;
      points.push_back({i * 5.0, 1000 + 50 * lasting});
    }
    seen += LineAhead(points, 30, 30, 9).has_value() + JumpAhead(points, 45, 8).has_value();
  }
  EXPECT_LE(seen, 2);
}

TEST(TrendTest, AJumpIsCarriedOn) {
  const auto ahead = JumpAhead(Rise(20, 1, 100), 45, 8);
  ASSERT_TRUE(ahead);
  EXPECT_NEAR(*ahead, 1500 + 45 * 100, 200);
  EXPECT_FALSE(JumpAhead(Rise(20, 1, 10), 45, 8));  // 50: less than a tenth
  EXPECT_FALSE(JumpAhead(Rise(20, 1, -100), 45, 8));
  EXPECT_FALSE(JumpAhead(Rise(2, 1, 100), 45, 8));
}

}  // namespace
}  // namespace coolkit::scaler
