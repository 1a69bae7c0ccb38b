#include "model/incarnation.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace coolkit::model {
namespace {

constexpr std::string_view kText = "7300000000000000001.16384.000102030405060708090a0b0c0d0eff.5";

Incarnation Sample() {
  Incarnation incarnation;
  incarnation.system_id = 7300000000000000001ULL;
  incarnation.database_oid = 16384;
  for (std::size_t i = 0; i < 15; ++i) incarnation.id.at(i) = static_cast<std::uint8_t>(i);
  incarnation.id[15] = 0xFF;
  incarnation.base = 5;
  return incarnation;
}

TEST(Incarnation, Formats) { EXPECT_EQ(FormatIncarnation(Sample()), kText); }

TEST(Incarnation, Parses) {
  const auto parsed = ParseIncarnation(kText);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(*parsed, Sample());
  EXPECT_EQ(parsed->base, 5);
}

TEST(Incarnation, RoundTripsAtItsLimits) {
  Incarnation incarnation;
  EXPECT_EQ(ParseIncarnation(FormatIncarnation(incarnation)), incarnation);
  incarnation.system_id = std::numeric_limits<std::uint64_t>::max();
  incarnation.database_oid = std::numeric_limits<std::uint32_t>::max();
  incarnation.id.fill(0xFF);
  incarnation.base = std::numeric_limits<std::int64_t>::max();
  const auto parsed = ParseIncarnation(FormatIncarnation(incarnation));
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(*parsed, incarnation);
  EXPECT_EQ(parsed->base, incarnation.base);
}

TEST(Incarnation, TakesAUuidAsItIsPrinted) {
  EXPECT_EQ(ParseIncarnation("7300000000000000001.16384.00010203-0405-0607-0809-0a0b0c0d0eff.5"),
            Sample());
}

TEST(Incarnation, RefusesMalformedTexts) {
  for (const std::string_view text : {
           "",
           ".",
           "...",
           "1.2.3",
           "1.2.000102030405060708090a0b0c0d0eff",
           "1.2.000102030405060708090a0b0c0d0eff.",
           "1.2.000102030405060708090a0b0c0d0eff.5.6",
           ".2.000102030405060708090a0b0c0d0eff.5",
           "-1.2.000102030405060708090a0b0c0d0eff.5",
           "01.2.000102030405060708090a0b0c0d0eff.5",
           "1.2.000102030405060708090a0b0c0d0eff.-5",
           "1.2.000102030405060708090a0b0c0d0eff.05",
           "1.2.000102030405060708090a0b0c0d0eff.5 ",
           " 1.2.000102030405060708090a0b0c0d0eff.5",
           "1.2.000102030405060708090a0b0c0d0ef.5",
           "1.2.000102030405060708090a0b0c0d0efff.5",
           "1.2.000102030405060708090a0b0c0d0e.5",
           "1.2.000102030405060708090a0b0c0d0egg.5",
           "1.2.----000102030405060708090a0b0c0d0ef.5",
           "1.4294967296.000102030405060708090a0b0c0d0eff.5",
           "18446744073709551616.2.000102030405060708090a0b0c0d0eff.5",
           "1.2.000102030405060708090a0b0c0d0eff.9223372036854775808",
       }) {
    EXPECT_EQ(ParseIncarnation(text), std::nullopt) << text;
  }
}

TEST(Incarnation, EqualityIsTheLifeNotTheBase) {
  Incarnation other = Sample();
  other.base = 9;
  EXPECT_EQ(other, Sample());
  other.id[3] ^= 1;
  EXPECT_NE(other, Sample());
  other = Sample();
  other.system_id += 1;
  EXPECT_NE(other, Sample());
  other = Sample();
  other.database_oid += 1;
  EXPECT_NE(other, Sample());
}

}  // namespace
}  // namespace coolkit::model
