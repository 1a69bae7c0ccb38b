#include "http/framing.h"

#include <gtest/gtest.h>

#include <vector>

#include "http/names.h"

namespace coolkit::http {
namespace {

std::vector<Header> Make(
    std::initializer_list<std::pair<std::string_view, std::string_view>> list) {
  std::vector<Header> headers;
  for (const auto& [name, value] : list) headers.push_back({FieldFromName(name), name, value});
  return headers;
}

TEST(FramingTest, ReadsLengths) {
  EXPECT_EQ(ParseContentLength("0"), 0u);
  EXPECT_EQ(ParseContentLength("9999999999999999999"), 9'999'999'999'999'999'999u);
  for (const char* bad :
       {"", "+1", "-1", " 1", "1 ", "0x1", "1,1", "10000000000000000000", "1\0"}) {
    if (std::string_view(bad) == "1") continue;
    EXPECT_EQ(ParseContentLength(bad), std::nullopt) << bad;
  }
}

TEST(FramingTest, DecidesKeepAlive) {
  const auto keeps = [](int minor, std::string_view connection) {
    Framing framing;
    EXPECT_FALSE(
        CheckRequestFraming(Make({{"Host", "x"}, {"Connection", connection}}), minor, framing));
    return framing.keep_alive;
  };
  EXPECT_TRUE(keeps(1, ""));
  EXPECT_TRUE(keeps(1, "upgrade"));
  EXPECT_FALSE(keeps(1, "CLOSE"));
  EXPECT_FALSE(keeps(1, "keep-alive,, close"));
  EXPECT_FALSE(keeps(0, ""));
  EXPECT_TRUE(keeps(0, "Keep-Alive"));
  EXPECT_FALSE(keeps(0, "keep-alive, close"));
}

TEST(FramingTest, ResponsesNeedNoHostAndKnowNoExpectation) {
  Framing framing;
  EXPECT_FALSE(CheckResponseFraming(Make({{"Content-Length", "5"}, {"Expect", "x"}}), 1, framing));
  EXPECT_EQ(framing.content_length, 5u);
  EXPECT_FALSE(CheckResponseFraming(Make({{"Transfer-Encoding", "Chunked"}}), 1, framing));
  EXPECT_TRUE(framing.chunked);
  EXPECT_FALSE(framing.content_length.has_value());
  EXPECT_TRUE(CheckResponseFraming(
      Make({{"Transfer-Encoding", "chunked"}, {"Content-Length", "5"}}), 1, framing));
  EXPECT_TRUE(CheckResponseFraming(Make({{"Transfer-Encoding", "chunked"}}), 0, framing));
  EXPECT_TRUE(
      CheckResponseFraming(Make({{"Content-Length", "5"}, {"Content-Length", "5"}}), 1, framing));
}

TEST(FramingTest, ForbidsTrailersThatFrame) {
  EXPECT_FALSE(IsAllowedTrailer("content-LENGTH"));
  EXPECT_FALSE(IsAllowedTrailer("Host"));
  EXPECT_TRUE(IsAllowedTrailer("X-Checksum"));
  EXPECT_TRUE(IsAllowedTrailer("ETag"));
}

}  // namespace
}  // namespace coolkit::http
