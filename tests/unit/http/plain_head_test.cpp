#include "http/plain_head.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "base/random.h"
#include "http/parser.h"

namespace coolkit::http {
namespace {

RequestParser::Limits Limits() { return {32 * 1024, 8 * 1024, 100}; }

std::string Pick(Random& random, const std::vector<std::string>& from) {
  return from[random.Below(from.size())];
}

// A head that is mostly good.
std::string SomeHead(Random& random) {
  std::string head = Pick(
      random, {"GET", "PUT", "HEAD", "DELETE", "OPTIONS", "get", "G-T", "PROPFIND", "CONNECT"});
  head += Pick(random, {" ", " ", " ", " ", "  "});
  head += Pick(random, {"/", "/v1/kv/c/k", "/v1/kv/c/k%20?a=b", "/a/../b", "*", "http://h/x", "/#f",
                        "/<a>", "/\x80", "h:80", "/a|b", "/\"", ""});
  head += Pick(random, {" HTTP/1.1", " HTTP/1.1", " HTTP/1.1", " HTTP/1.0", " HTTP/1.1 "});
  head += "\r\n";
  const std::uint64_t fields = random.Below(6);
  for (std::uint64_t i = 0; i < fields; ++i) {
    head += Pick(random,
                 {"Host", "host", "Accept", "X-a_b.c", "User-Agent", "Connection", "Content-Length",
                  "Transfer-Encoding", "Upgrade", "Proxy-Connection", "Cache-Control",
                  "If-None-Match", "X y", "", " Folded", "\tFolded", "X\"", "Expect", "X-\x80"});
    head += Pick(random, {":", ": ", ": ", ": ", ":\t ", " :", ""});
    head += Pick(
        random, {"example.org", "a b", "close", "Keep-Alive", "keep-alive, x", "5", "05", "chunked",
                 "", "max-age=0", "\"1\"", "a\tb", "caf\xc3\xa9", "x,,y", "[::1]", "100-continue"});
    head += Pick(random, {"\r\n", "\r\n", "\r\n", " \r\n", " \t\r\n"});
  }
  return head;
}

// What the parser makes of a head.
std::string Judged(const std::string& text, std::size_t fields_left_out) {
  RequestParser parser(Limits());
  if (parser.Parse(text) != ParseOutcome::kComplete) {
    return "refused: " + std::string(parser.refusal().detail);
  }
  const RequestHead& head = parser.head();
  std::string out = std::string(head.method_text) + "|" + std::string(head.target) + "|" +
                    std::to_string(head.version_minor) + "|" + std::to_string(head.keep_alive) +
                    std::to_string(head.expects_continue) + "|" + std::to_string(head.absent);
  for (const Header& header : head.headers.first(head.headers.size() - fields_left_out)) {
    out += "|" + std::string(header.name) + "=" + std::string(header.value) + "/" +
           std::to_string(static_cast<int>(header.field));
  }
  return out;
}

// An empty field is left to Beast, with the whole head that it ends.
TEST(PlainHead, ReadsWhatBeastReads) {
  SeededRandom random(17);
  int plain = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::string head = SomeHead(random);
    PlainHead reader;
    std::vector<Header> headers;
    if (!reader.Read(head + "\r\n", headers)) continue;
    ++plain;
    ASSERT_FALSE(PlainHead().Read(head + "X-Empty:\r\n\r\n", headers));
    ASSERT_EQ(Judged(head + "\r\n", 0), Judged(head + "X-Empty:\r\n\r\n", 1)) << head;
  }
  EXPECT_GT(plain, 5'000);
}

TEST(PlainHead, ReadsTheUsualHead) {
  PlainHead reader;
  std::vector<Header> headers;
  ASSERT_TRUE(
      reader.Read("GET /v1/kv/c/k?x=1 HTTP/1.1\r\nHost: h:80\r\nAccept:*/* \r\n"
                  "Connection: Keep-Alive\r\n\r\n",
                  headers));
  EXPECT_EQ(reader.method, "GET");
  EXPECT_EQ(reader.target, "/v1/kv/c/k?x=1");
  EXPECT_EQ(reader.version_minor, 1);
  ASSERT_EQ(headers.size(), 3u);
  EXPECT_EQ(headers[1].value, "*/*");
  EXPECT_EQ(reader.present, 1u << static_cast<unsigned>(Field::kHost) |
                                1u << static_cast<unsigned>(Field::kAccept) |
                                1u << static_cast<unsigned>(Field::kConnection));
}

}  // namespace
}  // namespace coolkit::http
