#include "bench/response_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace coolkit::bench {
namespace {

constexpr std::string_view kFound =
    "HTTP/1.1 200 OK\r\nETag: \"1838481256607609856\"\r\ncontent-LENGTH: 5\r\n"
    "Cache-Status: coolkit-a; hit\r\nCoolkit-Position: 1.0.ab.2:17\r\nX: y\r\n\r\nhello";

TEST(ResponseReaderTest, TakesWhatIsNeeded) {
  Answer answer;
  std::size_t size = 0;
  const std::string input = std::string(kFound) + "HTTP/1.1 404";
  ASSERT_EQ(ReadAnswer(input, false, answer, size), ReadState::kComplete);
  EXPECT_EQ(size, kFound.size());
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.version, 1838481256607609856);
  EXPECT_EQ(answer.position, "1.0.ab.2:17");
  EXPECT_EQ(answer.body, "hello");
  EXPECT_TRUE(answer.hit);
  EXPECT_FALSE(answer.stale);
  EXPECT_TRUE(answer.keep_alive);
}

TEST(ResponseReaderTest, EveryPrefixNeedsMore) {
  for (std::size_t size = 0; size < kFound.size(); ++size) {
    Answer answer;
    std::size_t needed = 0;
    EXPECT_EQ(ReadAnswer(kFound.substr(0, size), false, answer, needed), ReadState::kNeedMore);
    EXPECT_GT(needed, size);
    EXPECT_LE(needed, kFound.size());
  }
}

TEST(ResponseReaderTest, AnswersWithoutABody) {
  Answer answer;
  std::size_t size = 0;
  const std::string_view head = kFound.substr(0, kFound.size() - 5);
  ASSERT_EQ(ReadAnswer(head, true, answer, size), ReadState::kComplete);
  EXPECT_EQ(size, head.size());
  constexpr std::string_view kWritten = "HTTP/1.1 204 No Content\r\nETag: \"7\"\r\n\r\n";
  ASSERT_EQ(ReadAnswer(kWritten, false, answer, size), ReadState::kComplete);
  EXPECT_EQ(answer.version, 7);
  EXPECT_TRUE(answer.body.empty());
}

TEST(ResponseReaderTest, StaleAndClosing) {
  Answer answer;
  std::size_t size = 0;
  constexpr std::string_view kStale =
      "HTTP/1.1 200 OK\r\nCache-Status: coolkit-a; hit; ttl=-3; detail=stale\r\n"
      "Connection: close\r\nContent-Length: 0\r\n\r\n";
  ASSERT_EQ(ReadAnswer(kStale, false, answer, size), ReadState::kComplete);
  EXPECT_TRUE(answer.stale);
  EXPECT_FALSE(answer.keep_alive);
  EXPECT_EQ(answer.version, 0);
}

TEST(ResponseReaderTest, WhatMakesNoSense) {
  for (const std::string head :
       {"HTTP/1.1 200 OK\r\n", "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n", "SSH-2.0\r\n",
        "HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n", "\r\n", "\n\r\n"}) {
    Answer answer;
    std::size_t size = 0;
    EXPECT_EQ(ReadAnswer(head + "\r\n", false, answer, size), ReadState::kMalformed) << head;
  }
  Answer answer;
  std::size_t size = 0;
  EXPECT_EQ(ReadAnswer(std::string(kAnswerHeadBytesMax + 1, 'x'), false, answer, size),
            ReadState::kMalformed);
}

TEST(ResponseReaderTest, OddTagsAreNoVersions) {
  for (const std::string tag : {"", "\"", "\"\"", "W/\"7\"", "\"x\"", "\"-7\"", "\"7x\"",
                                "\"99999999999999999999\"", "7"}) {
    Answer answer;
    std::size_t size = 0;
    const std::string text = "HTTP/1.1 204 N\r\nETag: " + tag + "\r\n\r\n";
    ASSERT_EQ(ReadAnswer(text, false, answer, size), ReadState::kComplete);
    EXPECT_EQ(answer.version, 0) << tag;
  }
}

}  // namespace
}  // namespace coolkit::bench
