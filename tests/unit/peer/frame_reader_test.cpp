#include "peer/frame_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "base/random.h"

namespace coolkit::peer {
namespace {

std::string FrameOf(MessageType type, std::uint64_t id, std::string_view body,
                    std::uint8_t flags = 0) {
  std::string bytes;
  AppendHeader(bytes, {static_cast<std::uint32_t>(body.size()), type, flags, id});
  bytes += body;
  return bytes;
}

struct Got {
  MessageType type;
  std::uint8_t flags;
  std::uint64_t id;
  std::string body;
  bool operator==(const Got&) const = default;
};

class FrameReaderTest : public testing::Test {
 protected:
  // Feeds `bytes` in pieces and collects what comes out.
  template <class NextPiece>
  std::vector<Got> Feed(FrameReader& reader, std::string_view bytes, NextPiece next_piece) {
    std::vector<Got> got;
    while (!bytes.empty() && error.empty()) {
      const std::span<char> space = reader.Space();
      const std::size_t n = std::min({bytes.size(), space.size(), next_piece()});
      bytes.copy(space.data(), n);
      reader.Commit(n);
      bytes.remove_prefix(n);
      Drain(reader, got);
    }
    return got;
  }
  void Drain(FrameReader& reader, std::vector<Got>& got) {
    for (;;) {
      const auto message = reader.Next();
      if (!message) error = message.error().detail;
      if (!message || !*message) return;
      got.push_back(
          {(*message)->type, (*message)->flags, (*message)->id, std::string((*message)->body)});
    }
  }
  std::vector<Got> FeedWhole(std::string_view bytes) {
    FrameReader reader(kPartialMax, total);
    return Feed(reader, bytes, [] { return std::size_t{1} << 30; });
  }

  static constexpr std::size_t kPartialMax = 200'000;
  http::ByteBudget total{1u << 20};
  std::string error;
};

TEST_F(FrameReaderTest, SaysTheSameWhateverThePieces) {
  const std::string big(50'000, 'b');
  const std::string bytes =
      FrameOf(MessageType::kRead, 1, "one") + FrameOf(MessageType::kWrite, 2, big, kFlagMore) +
      FrameOf(MessageType::kPing, 0, "") + FrameOf(MessageType::kPush, 3, "begin ", kFlagMore) +
      FrameOf(MessageType::kWrite, 2, "!") + FrameOf(MessageType::kPush, 3, "end") +
      FrameOf(MessageType::kRead, 4, "each", kFlagEach);
  const std::vector<Got> whole = FeedWhole(bytes);
  const std::vector<Got> expected = {{MessageType::kRead, 0, 1, "one"},
                                     {MessageType::kPing, 0, 0, ""},
                                     {MessageType::kWrite, 0, 2, big + "!"},
                                     {MessageType::kPush, 0, 3, "begin end"},
                                     {MessageType::kRead, kFlagEach, 4, "each"}};
  EXPECT_EQ(whole, expected);
  SeededRandom random(1);
  for (const std::uint64_t most : {1u, 2u, 7u, 20'000u}) {
    FrameReader reader(kPartialMax, total);
    EXPECT_EQ(Feed(reader, bytes, [&] { return 1 + random.Below(most); }), expected);
  }
  EXPECT_EQ(total.used(), 0u);
}

TEST_F(FrameReaderTest, AFrameLongerThanAllowedIsRefusedByItsHeader) {
  const std::string header = FrameOf(MessageType::kRead, 1, "").substr(0, 0) + [] {
    std::string bytes;
    AppendHeader(bytes, {static_cast<std::uint32_t>(kFrameBodyMax + 1), MessageType::kRead, 0, 1});
    return bytes;
  }();
  EXPECT_TRUE(FeedWhole(header).empty());
  EXPECT_EQ(error, "a frame is longer than 64 KiB");
}

TEST_F(FrameReaderTest, TheLongestFrameIsTaken) {
  EXPECT_EQ(FeedWhole(FrameOf(MessageType::kRead, 1, std::string(kFrameBodyMax, 'x'))).size(), 1u);
  EXPECT_EQ(error, "");
}

TEST_F(FrameReaderTest, CriticalFlagsThatAreUnknownEndItOthersDoNot) {
  EXPECT_EQ(FeedWhole(FrameOf(MessageType::kRead, 1, "x", 0x10)).size(), 1u);
  EXPECT_EQ(error, "");
  EXPECT_TRUE(FeedWhole(FrameOf(MessageType::kRead, 1, "x", 0x04)).empty());
  EXPECT_EQ(error, "an unknown flag");
}

TEST_F(FrameReaderTest, AbortForgetsWhatHasBegun) {
  const std::string bytes = FrameOf(MessageType::kWrite, 1, "begun", kFlagMore) +
                            FrameOf(MessageType::kAbort, 1, "") +
                            FrameOf(MessageType::kWrite, 1, "anew");
  EXPECT_EQ(FeedWhole(bytes), (std::vector<Got>{{MessageType::kWrite, 0, 1, "anew"}}));
  EXPECT_EQ(total.used(), 0u);
}

TEST_F(FrameReaderTest, OnlySoManyMessagesMayHaveBegun) {
  std::string bytes;
  for (std::uint64_t id = 1; id <= kPartialsMax; ++id) {
    bytes += FrameOf(MessageType::kWrite, id, "x", kFlagMore);
  }
  FeedWhole(bytes);
  EXPECT_EQ(error, "");
  FeedWhole(bytes + FrameOf(MessageType::kWrite, 99, "x", kFlagMore));
  EXPECT_EQ(error, "too many messages at once");
  EXPECT_EQ(total.used(), 0u);
}

TEST_F(FrameReaderTest, UnfinishedBytesAreLimitedPerConnectionAndOverAll) {
  const std::string piece = FrameOf(MessageType::kWrite, 1, std::string(60'000, 'x'), kFlagMore);
  FeedWhole(piece + piece + piece);
  EXPECT_EQ(error, "");
  FeedWhole(piece + piece + piece + piece);
  EXPECT_EQ(error, "peer_message_bytes");
  error.clear();
  ASSERT_TRUE(total.TryCharge(total.left() - 100'000));
  FeedWhole(piece + piece);
  EXPECT_EQ(error, "peer_partial_bytes");
}

TEST_F(FrameReaderTest, AMessageIsNeverLongerThanItsLimit) {
  http::ByteBudget room(1u << 30);
  FrameReader reader(1u << 30, room);
  const std::string piece =
      FrameOf(MessageType::kWrite, 1, std::string(kFrameBodyMax, 'x'), kFlagMore);
  const auto everything = [] { return std::size_t{1} << 30; };
  for (std::size_t i = 0; i < kMessageBytesMax / kFrameBodyMax; ++i) {
    Feed(reader, piece, everything);
  }
  EXPECT_EQ(error, "");
  Feed(reader, piece, everything);
  EXPECT_EQ(error, "a message is longer than 16 MiB");
}

TEST_F(FrameReaderTest, AQuietConnectionGivesMemoryBack) {
  FrameReader reader(kPartialMax, total);
  const auto everything = [] { return std::size_t{1} << 30; };
  Feed(reader, FrameOf(MessageType::kRead, 1, std::string(kFrameBodyMax, 'x')), everything);
  EXPECT_GT(reader.capacity(), 64u << 10);
  for (int i = 0; i < 100; ++i) Feed(reader, FrameOf(MessageType::kPing, 0, "x"), everything);
  EXPECT_EQ(reader.capacity(), 16u << 10);
}

}  // namespace
}  // namespace coolkit::peer
