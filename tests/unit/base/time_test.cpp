#include "base/time.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "base/clock.h"

namespace coolkit {
namespace {

static_assert(!std::is_convertible_v<BootTime, DbTime>);
static_assert(!std::is_convertible_v<DbTime, BootTime>);

TEST(Since, IsTheDifference) {
  const BootTime start{seconds(10)};
  EXPECT_EQ(Since(start, start + milliseconds(5)), milliseconds(5));
  EXPECT_EQ(Since(start, start - milliseconds(5)), milliseconds(-5));
}

TEST(Since, OfAProofOfNothingIsForever) {
  EXPECT_EQ(Since(kMinusInfinity, BootTime(seconds(10))), nanoseconds::max());
  EXPECT_EQ(Since(kMinusInfinity, kNever), nanoseconds::max());
}

TEST(SystemClock, NeverGoesBack) {
  const SystemClock clock;
  BootTime last = clock.Now();
  EXPECT_GT(last, BootTime{});
  for (int i = 0; i < 1000; ++i) {
    const BootTime now = clock.Now();
    EXPECT_GE(now, last);
    last = now;
  }
}

TEST(SystemClock, KnowsTheCentury) {
  using std::chrono::sys_days;
  using std::chrono::year;
  EXPECT_GT(SystemClock().WallNow(), sys_days(year(2024) / 1 / 1));
}

}  // namespace
}  // namespace coolkit
