#include "base/check.h"

#include <gtest/gtest.h>

namespace coolkit {
namespace {

TEST(Check, EvaluatesItsConditionOnce) {
  int evaluated = 0;
  CHECK(++evaluated == 1);
  EXPECT_EQ(evaluated, 1);
}

TEST(CheckDeathTest, SaysWhatAndWhere) {
  const int two = 2;
  EXPECT_DEATH(CHECK(two == 3), "CHECK failed: two == 3 at .*check_test\\.cpp:[0-9]+");
}

}  // namespace
}  // namespace coolkit
