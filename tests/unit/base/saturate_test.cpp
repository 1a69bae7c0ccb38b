#include "base/saturate.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace coolkit {
namespace {

using Int = std::numeric_limits<int>;
using Long = std::numeric_limits<std::int64_t>;

TEST(Saturate, DropsTheFraction) {
  EXPECT_EQ(Saturate<int>(0.0), 0);
  EXPECT_EQ(Saturate<int>(2.9), 2);
  EXPECT_EQ(Saturate<int>(-2.9), -2);
}

TEST(Saturate, StopsAtTheEnds) {
  EXPECT_EQ(Saturate<int>(4e44), Int::max());
  EXPECT_EQ(Saturate<int>(-4e44), Int::min());
  EXPECT_EQ(Saturate<int>(2147483646.0), Int::max() - 1);
  EXPECT_EQ(Saturate<int>(2147483647.0), Int::max());
  EXPECT_EQ(Saturate<int>(2147483647.5), Int::max());
  EXPECT_EQ(Saturate<int>(-2147483648.0), Int::min());
  EXPECT_EQ(Saturate<std::int64_t>(9223372036854775808.0), Long::max());
  EXPECT_EQ(Saturate<std::int64_t>(9223372036854774784.0), 9223372036854774784);
  EXPECT_EQ(Saturate<std::int64_t>(std::numeric_limits<double>::infinity()), Long::max());
  EXPECT_EQ(Saturate<std::int64_t>(-std::numeric_limits<double>::infinity()), Long::min());
}

TEST(Saturate, TakesNanAsNothing) {
  EXPECT_EQ(Saturate<int>(std::numeric_limits<double>::quiet_NaN()), 0);
}

}  // namespace
}  // namespace coolkit
