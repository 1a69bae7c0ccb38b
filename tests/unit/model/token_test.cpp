#include "model/token.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace coolkit::model {
namespace {

const std::string kLife = "1.2.000102030405060708090a0b0c0d0eff.5";

TEST(Token, Formats) {
  const Token token{*ParseIncarnation(kLife), Position{42}};
  EXPECT_EQ(FormatToken(token), kLife + ":42");
}

TEST(Token, RoundTripsAtItsLimits) {
  for (const std::int64_t position : {std::int64_t{0}, std::numeric_limits<std::int64_t>::max()}) {
    const Token token{*ParseIncarnation(kLife), Position{position}};
    const auto parsed = ParseToken(FormatToken(token));
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->incarnation, token.incarnation);
    EXPECT_EQ(parsed->position, token.position);
  }
}

TEST(Token, RefusesMalformedTexts) {
  for (const std::string& text :
       {std::string(), std::string(":"), std::string(":42"), std::string("42"), kLife, kLife + ":",
        kLife + ":-1", kLife + ":+1", kLife + ":042", kLife + ": 42", kLife + ":42 ",
        kLife + ":9223372036854775808", kLife + ":18446744073709551616", kLife + "::42",
        kLife + ":1:42", "x" + kLife + ":42", kLife + ":4a", kLife + ":42,"}) {
    EXPECT_FALSE(ParseToken(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace coolkit::model
