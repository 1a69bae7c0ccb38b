#include "base/text.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>

#include "base/random.h"

namespace coolkit {
namespace {

using namespace std::string_literals;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

std::string RandomBytes(Random& random, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(random.Below(256));
  return bytes;
}

TEST(Hex, EncodesLowerCase) {
  EXPECT_EQ(HexEncode(""), "");
  EXPECT_EQ(HexEncode("\x00\x7f\x80\xff\xAB"s), "007f80ffab");
}

TEST(Hex, DecodesBothCases) {
  EXPECT_EQ(HexDecode(""), "");
  EXPECT_EQ(HexDecode("00ffABab"), "\x00\xff\xab\xab"s);
}

TEST(Hex, RefusesEverythingElse) {
  for (const std::string_view text : {"0", "abc", "0g", "g0", " 0", "0x", "-1", "00 "}) {
    EXPECT_EQ(HexDecode(text), std::nullopt) << text;
  }
  EXPECT_EQ(HexDecode(std::string_view("0\0", 2)), std::nullopt);
}

TEST(Hex, RoundTripsEveryByte) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(HexDecode(HexEncode(all)), all);
}

// The vectors of RFC 4648 section 10.
TEST(Base64, HasTheVectorsOfTheStandard) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kVectors{
      {{"", ""},
       {"f", "Zg=="},
       {"fo", "Zm8="},
       {"foo", "Zm9v"},
       {"foob", "Zm9vYg=="},
       {"fooba", "Zm9vYmE="},
       {"foobar", "Zm9vYmFy"}}};
  for (const auto& [bytes, text] : kVectors) {
    EXPECT_EQ(Base64Encode(bytes), text);
    EXPECT_EQ(Base64Decode(text), bytes);
  }
  EXPECT_EQ(Base64Encode("\xfb\xff\xbf"), "+/+/");
}

TEST(Base64, RoundTripsEveryLength) {
  SeededRandom random(1);
  for (std::size_t size = 0; size < 100; ++size) {
    const std::string bytes = RandomBytes(random, size);
    EXPECT_EQ(Base64Decode(Base64Encode(bytes)), bytes);
  }
}

TEST(Base64, AcceptsOneSpellingOnly) {
  for (const std::string_view text : {
           "Zg",       "Zg=",      "Zg===",   "Zm8",      "Zm9vYg",    // padding missing, too much
           "=",        "==",       "===",     "====",     "Z===",      // nothing but padding
           "Zg==Zg==", "Zm8=Zm9v", "Z=g=",    "Zg=v",                  // padding inside
           "Zh==",     "Zm9=",     "Zn==",    "Zm//Zm9=",              // trailing bits not zero
           "Zm9v\n",   "Zm9v ",    " Zm9v",   "Zm 9v",    "Zm9v\r\n",  // white space
           "-_-_",     "Zm9*",     "Zm9\x80", "Zm9\xff",               // another alphabet
       }) {
    EXPECT_EQ(Base64Decode(text), std::nullopt) << text;
  }
  EXPECT_EQ(Base64Decode(std::string_view("Zm9\0", 4)), std::nullopt);
}

// Every text of four characters that decodes is what its bytes encode to.
TEST(Base64, IsCanonical) {
  constexpr std::string_view kAlphabet = "AQgwZ/+9=";
  int decoded = 0;
  for (const char a : kAlphabet) {
    for (const char b : kAlphabet) {
      for (const char c : kAlphabet) {
        for (const char d : kAlphabet) {
          const std::string text{a, b, c, d};
          const auto bytes = Base64Decode(text);
          if (!bytes) continue;
          ++decoded;
          EXPECT_EQ(Base64Encode(*bytes), text);
        }
      }
    }
  }
  EXPECT_GT(decoded, 8 * 8 * 8 * 8 - 1);
}

TEST(Utf8, AcceptsWellFormedText) {
  for (const std::string_view text : {
           "",
           "a",
           "\x7f",
           "\xC2\x80",
           "\xDF\xBF",
           "\xE0\xA0\x80",
           "\xED\x9F\xBF",
           "\xEE\x80\x80",
           "\xEF\xBF\xBF",
           "\xF0\x90\x80\x80",
           "\xF4\x8F\xBF\xBF",
           "key/\xC3\xA9/\xE2\x82\xAC",
       }) {
    EXPECT_TRUE(IsValidUtf8(text)) << HexEncode(text);
  }
  EXPECT_TRUE(IsValidUtf8("\0"s));
}

TEST(Utf8, RefusesIllFormedText) {
  for (const std::string_view text : {
           "\x80",
           "\xBF",
           "\xC2",
           "a\xC2",
           "\xC2"
           "a",
           "\xC2\xC0",  // stray, cut short
           "\xC0\x80",
           "\xC1\xBF",
           "\xE0\x80\x80",
           "\xE0\x9F\xBF",  // overlong
           "\xF0\x80\x80\x80",
           "\xF0\x8F\xBF\xBF",  //
           "\xED\xA0\x80",
           "\xED\xBF\xBF",  // surrogates
           "\xF4\x90\x80\x80",
           "\xF5\x80\x80\x80",
           "\xFF",
           "\xFE",  // above U+10FFFF
           "\xE2\x82",
           "\xE2\x82\xE2",
           "\xF0\x9F\x98",
           "\xF0\x9F\x98\x41",
           "ok\xE2\x28\xA1ok",
       }) {
    EXPECT_FALSE(IsValidUtf8(text)) << HexEncode(text);
  }
}

// By the definition: encode every code point and compare.
TEST(Utf8, AcceptsExactlyTheCodePointsOfThreeBytes) {
  for (std::uint32_t point = 0x800; point < 0x10000; ++point) {
    const std::string text{static_cast<char>(0xE0 | point >> 12),
                           static_cast<char>(0x80 | (point >> 6 & 0x3F)),
                           static_cast<char>(0x80 | (point & 0x3F))};
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    ASSERT_EQ(IsValidUtf8(text), !surrogate) << std::hex << point;
  }
}

TEST(Utf8, LooksAtEveryByteOfLongText) {
  for (std::size_t at = 0; at < 20; ++at) {
    std::string text(20, 'x');
    text[at] = '\xff';
    EXPECT_FALSE(IsValidUtf8(text)) << at;
    text = std::string(20, 'x').insert(at, "\u00fc");
    EXPECT_TRUE(IsValidUtf8(text)) << at;
    EXPECT_FALSE(IsValidUtf8(std::string_view(text).substr(0, at + 1))) << at;
  }
}

TEST(Duration, ReadsEveryUnit) {
  EXPECT_EQ(ParseDuration("1ms").value(), milliseconds(1));
  EXPECT_EQ(ParseDuration("90s").value(), seconds(90));
  EXPECT_EQ(ParseDuration("5m").value(), minutes(5));
  EXPECT_EQ(ParseDuration("24h").value(), hours(24));
  EXPECT_EQ(ParseDuration("3650d").value(), days(3650));
}

TEST(Duration, RefusesEverythingElse) {
  for (const std::string_view text :
       {"",    "s",   "90", "0s",  "0ms", "00s",  "01s",   "-1s",  "+1s", "1.5s", "1 s",
        " 1s", "1s ", "1S", "1us", "1w",  "1mss", "1m30s", "1e3s", "ms",  "0x1s", "\xC2\xB2s"}) {
    const auto result = ParseDuration(text);
    ASSERT_FALSE(result.has_value()) << text;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidRequest);
  }
  EXPECT_FALSE(ParseDuration(std::string_view("1s\0", 3)).has_value());
}

TEST(Duration, RefusesWhatDoesNotFit) {
  EXPECT_EQ(ParseDuration("9223372036854775807ms").value(), milliseconds::max());
  EXPECT_EQ(ParseDuration("106751991167d").value(), days(106751991167));
  for (const std::string_view text :
       {"9223372036854775808ms", "106751991168d", "18446744073709551615ms",
        "18446744073709551616ms", "99999999999999999999999d"}) {
    EXPECT_FALSE(ParseDuration(text).has_value()) << text;
  }
}

TEST(Duration, ZeroOnlyWhereItIsAllowed) {
  EXPECT_FALSE(ParseDuration("0").has_value());
  EXPECT_EQ(ParseDuration("0", true).value(), milliseconds(0));
  EXPECT_FALSE(ParseDuration("0s", true).has_value());
  EXPECT_FALSE(ParseDuration("00", true).has_value());
}

TEST(Duration, FormatsTheShortestForm) {
  EXPECT_EQ(FormatDuration(milliseconds(0)), "0");
  EXPECT_EQ(FormatDuration(milliseconds(250)), "250ms");
  EXPECT_EQ(FormatDuration(milliseconds(1001)), "1001ms");
  EXPECT_EQ(FormatDuration(seconds(90)), "90s");
  EXPECT_EQ(FormatDuration(minutes(5)), "5m");
  EXPECT_EQ(FormatDuration(hours(24)), "1d");
  EXPECT_EQ(FormatDuration(hours(25)), "25h");
}

TEST(Duration, RoundTrips) {
  SeededRandom random(2);
  for (int i = 0; i < 1000; ++i) {
    const milliseconds duration(static_cast<std::int64_t>(random.Next() >> (1 + i % 62)));
    EXPECT_EQ(ParseDuration(FormatDuration(duration), true).value(), duration);
  }
}

TEST(ByteSize, ReadsEveryUnit) {
  EXPECT_EQ(ParseByteSize("0").value(), 0u);
  EXPECT_EQ(ParseByteSize("17").value(), 17u);
  EXPECT_EQ(ParseByteSize("17B").value(), 17u);
  EXPECT_EQ(ParseByteSize("2KiB").value(), 2048u);
  EXPECT_EQ(ParseByteSize("1MiB").value(), 1u << 20);
  EXPECT_EQ(ParseByteSize("3GiB").value(), 3ULL << 30);
  EXPECT_EQ(ParseByteSize("1TiB").value(), 1ULL << 40);
}

TEST(ByteSize, RefusesEverythingElse) {
  for (const std::string_view text :
       {"", "B", "MiB", "1MB", "1kB", "1K", "1M", "1mib", "-1", "1.5MiB", "1 MiB", " 1", "1 ", "01",
        "8388608TiB", "18446744073709551616", "1PiB"}) {
    const auto result = ParseByteSize(text);
    ASSERT_FALSE(result.has_value()) << text;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidRequest);
  }
}

TEST(ByteSize, RoundTrips) {
  EXPECT_EQ(FormatByteSize(0), "0B");
  EXPECT_EQ(FormatByteSize(1023), "1023B");
  EXPECT_EQ(FormatByteSize(1024), "1KiB");
  EXPECT_EQ(FormatByteSize(1536), "1536B");
  EXPECT_EQ(FormatByteSize(5ULL << 40), "5TiB");
  SeededRandom random(3);
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t bytes = random.Next() >> (1 + i % 62);
    EXPECT_EQ(ParseByteSize(FormatByteSize(bytes)).value(), bytes);
  }
}

TEST(Decimal, ReadsPlainNumbers) {
  EXPECT_EQ(ParseDecimal("0"), 0u);
  EXPECT_EQ(ParseDecimal("10"), 10u);
  EXPECT_EQ(ParseDecimal("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
}

TEST(Decimal, RefusesEverythingElse) {
  for (const std::string_view text : {"", "00", "01", "-0", "+1", " 1", "1 ", "1.0", "0x1", "1e1",
                                      "18446744073709551616", "99999999999999999999"}) {
    EXPECT_EQ(ParseDecimal(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace coolkit
