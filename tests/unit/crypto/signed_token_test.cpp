#include "crypto/signed_token.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"

namespace coolkit::crypto {
namespace {

constexpr std::string_view kKey = "0123456789abcdef0123456789abcdef";
constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

TEST(SignedToken, ComesBackAsItWas) {
  SeededRandom random(5);
  for (std::size_t size = 0; size < 600; ++size) {
    std::string payload;
    while (payload.size() < size) payload += static_cast<char>(random.Next());
    const std::string token = EncodeSignedToken(kKey, "page", payload);
    EXPECT_EQ(token.find_first_not_of(kDigits), std::string::npos) << token;
    EXPECT_EQ(DecodeSignedToken(kKey, "page", token), payload);
  }
}

TEST(SignedToken, IsTheSameAtEveryPod) {
  EXPECT_EQ(EncodeSignedToken("key", "page", "hello"), EncodeSignedToken("key", "page", "hello"));
}

TEST(SignedToken, EveryChangeIsSeen) {
  const std::string token = EncodeSignedToken(kKey, "page", "a/b");
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (const char digit : kDigits) {
      std::string changed = token;
      changed[i] = digit;
      if (changed != token) {
        EXPECT_FALSE(DecodeSignedToken(kKey, "page", changed)) << i;
      }
    }
    EXPECT_FALSE(DecodeSignedToken(kKey, "page", token.substr(0, i))) << i;
    EXPECT_FALSE(DecodeSignedToken(kKey, "page", token.substr(i + 1))) << i;
  }
}

TEST(SignedToken, KeyAndPurposeMustBeThose) {
  const std::string token = EncodeSignedToken(kKey, "page", "payload");
  EXPECT_FALSE(DecodeSignedToken("another key", "page", token));
  EXPECT_FALSE(DecodeSignedToken("", "page", token));
  EXPECT_FALSE(DecodeSignedToken(kKey, "", token));
  EXPECT_FALSE(DecodeSignedToken(kKey, "pagep", EncodeSignedToken(kKey, "page", "payload")));
}

TEST(SignedToken, HasOneSpelling) {
  const std::string token = EncodeSignedToken(kKey, "page", std::string("\xfb\xff\xbf", 3));
  ASSERT_NE(token.find_first_of("-_"), std::string::npos);
  std::string standard = token;
  for (char& c : standard) c = c == '-' ? '+' : c == '_' ? '/' : c;
  for (const std::string& other : {standard, token + "=", token + "==", token + "A", token + " ",
                                   " " + token, token + "\n", std::string(), std::string("A")}) {
    EXPECT_FALSE(DecodeSignedToken(kKey, "page", other)) << other;
  }
}

}  // namespace
}  // namespace coolkit::crypto
