#include "api/page_token.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "api/location.h"
#include "base/random.h"
#include "base/text.h"

namespace coolkit::api {
namespace {

TEST(PageToken, LeadsToTheTextRightAfterTheLastKey) {
  const std::string token = MakePageToken("c", "us", "user/ä");
  EXPECT_EQ(ReadPageToken(token, "c", "us").value(), "user/ä\x01");
}

// Plain SQL can write keys that no request can name; a listing still gets past them.
TEST(PageToken, GetsPastKeysThatTheApiWouldRefuse) {
  EXPECT_EQ(ReadPageToken(MakePageToken("c", "", "a/../b"), "c", "").value(), "a/../b\x01");
  EXPECT_EQ(ReadPageToken(MakePageToken("c", "", "\xff"), "c", "").value(), "\xff\x01");
  EXPECT_FALSE(ReadPageToken(MakePageToken("c", "", std::string(513, 'k')), "c", ""));
}

TEST(PageToken, StandsInAQueryAsItIs) {
  std::string key;
  for (int i = 0; i < 200; ++i) key += static_cast<char>('!' + i % 90);
  const std::string token = MakePageToken("c", "", key);
  EXPECT_EQ(
      token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
      std::string::npos);
  EXPECT_EQ(PercentDecode(token), token);
}

// List: "page_token": of another collection or prefix, or changed on the way: 400.
TEST(PageToken, IsBoundToItsListing) {
  const std::string token = MakePageToken("c", "us", "user/1");
  EXPECT_EQ(ReadPageToken(token, "d", "us").error().code, ErrorCode::kInvalidPageToken);
  EXPECT_FALSE(ReadPageToken(token, "c", ""));
  EXPECT_FALSE(ReadPageToken(token, "c", "user"));
  EXPECT_FALSE(ReadPageToken(MakePageToken("cu", "s", "user/1"), "c", "us"));
}

TEST(PageToken, RefusesEveryChangedCharacterAndEveryCut) {
  const std::string token = MakePageToken("c", "u", "user/1");
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(ReadPageToken(changed, "c", "u")) << i;
    EXPECT_FALSE(ReadPageToken(token.substr(0, i), "c", "u")) << i;
  }
  EXPECT_FALSE(ReadPageToken(token + "A", "c", "u"));
  EXPECT_FALSE(ReadPageToken(token + "=", "c", "u"));
  EXPECT_FALSE(ReadPageToken("", "c", "u"));
}

TEST(PrefixEnd, RaisesTheLastCodePoint) {
  EXPECT_EQ(PrefixEnd(""), "");
  EXPECT_EQ(PrefixEnd("a"), "b");
  EXPECT_EQ(PrefixEnd("a\x7f"), "a\u0080");
  EXPECT_EQ(PrefixEnd("\u07ff"), "\u0800");
  EXPECT_EQ(PrefixEnd("\ud7ff"), "\ue000");
  EXPECT_EQ(PrefixEnd("\uffff"), "\U00010000");
  EXPECT_EQ(PrefixEnd("a\U0010ffff"), "b");
  EXPECT_EQ(PrefixEnd("\U0010ffff\U0010ffff"), "");
}

// Against brute force: a key lies in [prefix, PrefixEnd) exactly if it starts with the prefix.
TEST(PrefixEnd, BoundsExactlyTheKeysWithThePrefix) {
  SeededRandom random(7);
  const std::vector<std::string> letters = {"a",      "b",          "/",         "\x01",
                                            "\x7f",   "\u0080",     "\ud7ff",    "\ue000",
                                            "\uffff", "\U00010000", "\U0010ffff"};
  const auto text = [&](std::size_t longest) {
    std::string result;
    for (std::size_t n = random.Below(longest + 1); n > 0; --n) {
      result += letters[random.Below(letters.size())];
    }
    return result;
  };
  for (int i = 0; i < 20'000; ++i) {
    const std::string prefix = text(3);
    const std::string key = text(5);
    const std::string end = PrefixEnd(prefix);
    EXPECT_TRUE(IsValidUtf8(end));
    EXPECT_EQ(key.starts_with(prefix), key >= prefix && (end.empty() || key < end));
  }
}

}  // namespace
}  // namespace coolkit::api
