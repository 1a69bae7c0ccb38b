#include "http/parser.h"

#include <gtest/gtest.h>

#include <string>

namespace coolkit::http {
namespace {

RequestParser::Limits Roomy() { return {4096, 1024, 20}; }

TEST(ParserTest, ReadsAHead) {
  RequestParser parser(Roomy());
  const std::string input =
      "PUT /a?b HTTP/1.1\r\nHost: x\r\nX-A:  v \r\nif-match: \"1\"\r\nContent-Length: 3\r\n"
      "Expect: 100-continue\r\n\r\nabc";
  ASSERT_EQ(parser.Parse(input), ParseOutcome::kComplete);
  const RequestHead& head = parser.head();
  EXPECT_EQ(parser.head_bytes(), input.size() - 3);
  EXPECT_EQ(head.method, Method::kPut);
  EXPECT_EQ(head.method_text, "PUT");
  EXPECT_EQ(head.target, "/a?b");
  EXPECT_EQ(head.version_minor, 1);
  ASSERT_EQ(head.headers.size(), 5u);
  EXPECT_EQ(head.headers[1].name, "X-A");
  EXPECT_EQ(head.headers[1].value, "v");
  EXPECT_EQ(head.headers[1].field, Field::kOther);
  ASSERT_NE(head.Find(Field::kIfMatch), nullptr);
  EXPECT_EQ(head.Find(Field::kIfMatch)->value, "\"1\"");
  EXPECT_EQ(head.Find(Field::kIfNoneMatch), nullptr);
  EXPECT_EQ(head.content_length, 3u);
  EXPECT_FALSE(head.chunked);
  EXPECT_TRUE(head.expects_continue);
  EXPECT_TRUE(head.keep_alive);
}

TEST(ParserTest, ForgetsTheLastHead) {
  RequestParser parser(Roomy());
  ASSERT_EQ(parser.Parse("PUT / HTTP/1.0\r\nContent-Length: 3\r\nAccept: a\r\n\r\n"),
            ParseOutcome::kComplete);
  EXPECT_FALSE(parser.head().keep_alive);
  parser.Reset();
  const std::string next = "GET /b HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_EQ(parser.Parse(next), ParseOutcome::kComplete);
  EXPECT_EQ(parser.head().content_length, std::nullopt);
  EXPECT_EQ(parser.head().headers.size(), 1u);
  EXPECT_EQ(parser.head().Find(Field::kAccept), nullptr);
  EXPECT_TRUE(parser.head().keep_alive);
}

TEST(ParserTest, FollowsABufferThatMoved) {
  for (const char* target : {"/a", "http://x"}) {
    RequestParser parser(Roomy());
    std::string input = std::string("GET ") + target + " HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n";
    const std::string expected = target[0] == '/' ? "/a" : "/";
    ASSERT_EQ(parser.Parse(input), ParseOutcome::kComplete);
    const std::string moved = input;
    parser.Moved(input.data(), moved.data());
    std::fill(input.begin(), input.end(), '?');
    EXPECT_EQ(parser.head().method_text, "GET");
    EXPECT_EQ(parser.head().target, expected);
    EXPECT_EQ(parser.head().headers[1].name, "A");
    EXPECT_EQ(parser.head().headers[1].value, "b");
  }
}

TEST(ParserTest, LimitsTheTargetExactly) {
  const auto status = [](std::size_t length) {
    RequestParser parser(Roomy());
    const std::string input =
        "GET /" + std::string(length - 1, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n";
    return parser.Parse(input) == ParseOutcome::kComplete ? 200 : parser.refusal().status;
  };
  EXPECT_EQ(status(1024), 200);
  EXPECT_EQ(status(1025), 414);
  EXPECT_EQ(status(2000), 414);
}

TEST(ParserTest, ReadsResponses) {
  ResponseParser parser(4096);
  const std::string input =
      "HTTP/1.1 404 Not Found here\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab";
  ASSERT_EQ(parser.Parse(input), ParseOutcome::kComplete);
  EXPECT_EQ(parser.head().status, 404);
  EXPECT_EQ(parser.head().framing.content_length, 2u);
  EXPECT_FALSE(parser.head().framing.keep_alive);
  EXPECT_EQ(parser.head_bytes(), input.size() - 2);
  parser.Reset();
  EXPECT_EQ(parser.Parse("HTTP/1.0 200 \r\n\r\n"), ParseOutcome::kComplete);
  EXPECT_FALSE(parser.head().framing.keep_alive);
}

TEST(ParserTest, RefusesMalformedResponses) {
  for (const char* input :
       {"\r\nHTTP/1.1 200 OK\r\n\r\n", "http/1.1 200 OK\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 99 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1 600 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 +20 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1 200 O\x01K\r\n\r\n", "HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n"}) {
    ResponseParser parser(4096);
    EXPECT_EQ(parser.Parse(input), ParseOutcome::kRefused) << input;
  }
}

}  // namespace
}  // namespace coolkit::http
