#include "base/error.h"

#include <gtest/gtest.h>

#include <array>
#include <regex>
#include <set>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace coolkit {
namespace {

constexpr std::array kAllCodes{
#define COOLKIT_ERROR_VALUE(code, name) ErrorCode::code,
    COOLKIT_ERROR_CODES(COOLKIT_ERROR_VALUE)
#undef COOLKIT_ERROR_VALUE
};

TEST(ErrorCodeName, IsUniqueAndSnakeCase) {
  std::set<std::string_view> names;
  const std::regex snake_case("[a-z]+(_[a-z]+)*");
  for (const ErrorCode code : kAllCodes) {
    const std::string_view name = ErrorCodeName(code);
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_TRUE(std::regex_match(name.begin(), name.end(), snake_case)) << name;
  }
}

TEST(ErrorCodeName, OfANumberThatIsNoCode) {
  EXPECT_EQ(ErrorCodeName(static_cast<ErrorCode>(255)), "internal");
}

Result<int> Half(int number) {
  if (number % 2 != 0) return Fail(ErrorCode::kInvalidRequest, "odd");
  return number / 2;
}

Result<void> Nothing(bool good) {
  if (!good) return Fail(Error{ErrorCode::kOverloaded, "busy", seconds(2)});
  return {};
}

TEST(Result, CarriesAValueOrAnError) {
  EXPECT_EQ(Half(4).value(), 2);
  const Result<int> failed = Half(3);
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error(), (Error{ErrorCode::kInvalidRequest, "odd", {}}));
}

TEST(Result, OfNothingCarriesTheRetryTime) {
  EXPECT_TRUE(Nothing(true).has_value());
  const Result<void> failed = Nothing(false);
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().retry_after, seconds(2));
}

}  // namespace
}  // namespace coolkit
