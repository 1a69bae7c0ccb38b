#include "api/header_block.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/random.h"
#include "http/message.h"

namespace coolkit::api {
namespace {

TEST(HeaderBlock, WritesDatesAsTheServerDoes) {
  SeededRandom random(3);
  for (int i = 0; i < 2'000; ++i) {
    const auto second = static_cast<std::int64_t>(random.Below(4'102'444'800));
    HeaderBlock block;
    block.HttpDate(second);
    ASSERT_EQ(block.view(), http::FormatHttpDate(second)) << second;
  }
  HeaderBlock block;
  block.HttpDate(784'111'777);
  EXPECT_EQ(block.view(), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(HeaderBlock, KeepsFarDatesInFourDigits) {
  HeaderBlock block;
  block.HttpDate(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(block.view(), "Fri, 31 Dec 9999 23:59:59 GMT");
  HeaderBlock early;
  early.HttpDate(-1);
  EXPECT_EQ(early.view(), "Wed, 31 Dec 1969 23:59:59 GMT");
}

TEST(HeaderBlock, WritesTokensAsTheModelDoes) {
  SeededRandom random(4);
  for (int i = 0; i < 200; ++i) {
    model::Token token;
    token.incarnation.system_id = random.Next();
    token.incarnation.database_oid = static_cast<std::uint32_t>(random.Next());
    for (auto& byte : token.incarnation.id) byte = static_cast<std::uint8_t>(random.Next());
    token.incarnation.base = static_cast<std::int64_t>(random.Next() >> 1);
    token.position.value = static_cast<std::int64_t>(random.Next() >> 1);
    HeaderBlock block;
    block.Token(token);
    ASSERT_EQ(block.view(), model::FormatToken(token));
  }
}

TEST(HeaderBlockDeathTest, NeverWritesBeyondItsRoom) {
  HeaderBlock block;
  block.Text(std::string(HeaderBlock::kCapacity, 'x'));
  EXPECT_DEATH(block.Text("y"), "");
}

}  // namespace
}  // namespace coolkit::api
