#include "http/chunked.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"

namespace coolkit::http {
namespace {

struct Decoded {
  ChunkDecoder::Outcome outcome = ChunkDecoder::Outcome::kNeedMore;
  std::string body;
  std::string rest;
  int status = 0;
};

// Decodes in place, `piece` bytes at a time.
Decoded Decode(const std::string& bytes, std::size_t piece, ChunkDecoder::Limits limits) {
  ChunkDecoder decoder(limits);
  Decoded decoded;
  for (std::size_t at = 0; at < bytes.size();) {
    std::string input = bytes.substr(at, piece);
    const ChunkDecoder::Progress progress = decoder.Decode(input, input.data());
    decoded.outcome = progress.outcome;
    decoded.body.append(input, 0, progress.produced);
    at += progress.consumed;
    if (progress.outcome == ChunkDecoder::Outcome::kNeedMore) {
      EXPECT_EQ(progress.consumed, input.size());
      continue;
    }
    if (progress.outcome == ChunkDecoder::Outcome::kRefused) {
      decoded.status = decoder.refusal().status;
    } else {
      decoded.rest = bytes.substr(at);
    }
    break;
  }
  return decoded;
}

ChunkDecoder::Limits Body(std::uint64_t max) {
  ChunkDecoder::Limits limits;
  limits.body_bytes_max = max;
  return limits;
}

TEST(ChunkedTest, DecodesTheSameInPiecesOfAnySize) {
  SeededRandom random(7);
  std::string expected;
  std::string bytes;
  for (int i = 0; i < 50; ++i) {
    std::string data;
    for (std::uint64_t n = 1 + random.Below(300); n > 0; --n) {
      data += static_cast<char>(random.Next());
    }
    char size[32];
    std::snprintf(size, sizeof size, i % 2 == 0 ? "%zx;e=\"%d\"\r\n" : "%zX\r\n", data.size(), i);
    bytes += size + data + "\r\n";
    expected += data;
  }
  bytes += "0\r\nT: u\r\n\r\nrest";
  for (const std::size_t piece : {1u, 2u, 3u, 7u, 64u, 1000u, 100'000u}) {
    const Decoded decoded = Decode(bytes, piece, Body(1u << 20));
    EXPECT_EQ(decoded.outcome, ChunkDecoder::Outcome::kComplete);
    EXPECT_EQ(decoded.body, expected);
    EXPECT_EQ(decoded.rest, "rest");
  }
}

TEST(ChunkedTest, LimitsTheSumOfTheSizesBeforeTheDataComes) {
  EXPECT_EQ(Decode("5\r\nhello\r\n0\r\n\r\n", 1, Body(5)).outcome,
            ChunkDecoder::Outcome::kComplete);
  EXPECT_EQ(Decode("6\r\n", 1, Body(5)).status, 413);
  EXPECT_EQ(Decode("5\r\nhello\r\n1\r\n", 1, Body(5)).status, 413);
  EXPECT_EQ(Decode("5\r\nhello\r\nffffffffffffffff\r\n", 1, Body(~std::uint64_t{0})).status, 413);
}

TEST(ChunkedTest, LimitsExtensionsOfAllChunksTogether) {
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += "1;" + std::string(20, 'e') + "\r\nx\r\n";
  const Decoded decoded = Decode(bytes, 10, Body(1000));
  EXPECT_EQ(decoded.status, 400);
  EXPECT_GT(decoded.body.size(), 40u);
  EXPECT_LT(decoded.body.size(), 60u);
}

TEST(ChunkedTest, StaysRefused) {
  ChunkDecoder decoder(Body(10));
  char out[8];
  EXPECT_EQ(decoder.Decode("x", out).outcome, ChunkDecoder::Outcome::kRefused);
  EXPECT_EQ(decoder.Decode("5\r\n", out).outcome, ChunkDecoder::Outcome::kRefused);
}

TEST(ChunkedTest, AllowsTrailersOfAnyHarmlessName) {
  for (const char* bytes : {"0\r\nA: b\r\n\r\n", "0\r\nA:\r\nB:c\td\r\n\r\n",
                            "0\r\nContent-Length-Of-Something-Else: 5\r\n\r\n"}) {
    EXPECT_EQ(Decode(bytes, 1, Body(0)).outcome, ChunkDecoder::Outcome::kComplete) << bytes;
  }
}

}  // namespace
}  // namespace coolkit::http
