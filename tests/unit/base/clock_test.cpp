#include "base/clock.h"

#include <gtest/gtest.h>

namespace coolkit {
namespace {

std::int64_t SecondsOf(std::chrono::system_clock::time_point at) {
  return std::chrono::floor<seconds>(at).time_since_epoch().count();
}

class FixedClock final : public Clock {
 public:
  explicit FixedClock(std::chrono::system_clock::time_point at) : at_(at) {}
  [[nodiscard]] BootTime Now() const override { return {}; }
  [[nodiscard]] std::chrono::system_clock::time_point WallNow() const override { return at_; }

 private:
  const std::chrono::system_clock::time_point at_;
};

TEST(Clock, WallSecondsAreTheWallClocksWholeSeconds) {
  const std::chrono::system_clock::time_point at{milliseconds(1'999)};
  EXPECT_EQ(FixedClock(at).WallSeconds(), 1);
  EXPECT_EQ(FixedClock(std::chrono::system_clock::time_point(milliseconds(-1))).WallSeconds(), -1);
}

TEST(Clock, TheSystemsSecondsAreThoseOfItsWallClock) {
  const SystemClock clock;
  const auto before = clock.WallNow();
  const std::int64_t now = clock.WallSeconds();
  EXPECT_GE(now, SecondsOf(before) - 1);  // the coarse clock may be some milliseconds behind
  EXPECT_LE(now, SecondsOf(clock.WallNow()));
}

TEST(Clock, TheSystemsNowRises) {
  const SystemClock clock;
  const BootTime before = clock.Now();
  EXPECT_LE(before, clock.Now());
}

}  // namespace
}  // namespace coolkit
