#include "json/number.h"

#include <gtest/gtest.h>

#include <string>

namespace coolkit::json {
namespace {

TEST(EqualNumbers, ComparesByValue) {
  for (const auto& [a, b] : {std::pair{"1", "1.0"},
                             {"1", "10e-1"},
                             {"1", "0.1E+1"},
                             {"100", "1e2"},
                             {"0", "-0"},
                             {"0.000", "-0e99"},
                             {"0e5", "0"},
                             {"-1.50", "-15E-1"},
                             {"1000000000000000000000", "1e21"},
                             {"0.0001", "1e-4"},
                             {"12.3400", "1234e-2"},
                             {"1e2147483647", "10e2147483646"}}) {
    EXPECT_TRUE(EqualNumbers(a, b)) << a << " " << b;
    EXPECT_TRUE(EqualNumbers(b, a)) << a << " " << b;
  }
}

TEST(EqualNumbers, TellsApartWhatADoubleWouldNot) {
  for (const auto& [a, b] : {std::pair{"9007199254740992", "9007199254740993"},
                             {"1", "-1"},
                             {"1", "10"},
                             {"0.1", "0.10000000000000000000000001"},
                             {"1e400", "1e401"},
                             {"1e-400", "0"},
                             {"12", "21"},
                             {"1.2", "12"},
                             {"0", "1"},
                             {"1e2147483647", "1e-2147483647"}}) {
    EXPECT_FALSE(EqualNumbers(a, b)) << a << " " << b;
    EXPECT_FALSE(EqualNumbers(b, a)) << a << " " << b;
  }
}

TEST(EqualNumbers, LongTokensAreComparedToTheLastDigit) {
  const std::string digits(100'000, '7');
  EXPECT_TRUE(EqualNumbers(digits + "000e-3", digits + ".0"));
  EXPECT_FALSE(EqualNumbers(digits + "1", digits + "2"));
}

}  // namespace
}  // namespace coolkit::json
