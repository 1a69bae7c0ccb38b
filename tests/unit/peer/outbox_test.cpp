#include "peer/outbox.h"

#include <gtest/gtest.h>

#include "peer/frame_reader.h"

namespace coolkit::peer {
namespace {

Outbox::Message Of(MessageType type, std::uint64_t id, std::size_t bytes, bool tracked = false) {
  return {type, 0, id, std::string(bytes, static_cast<char>('a' + id % 26)), nullptr, tracked};
}

class OutboxTest : public testing::Test {
 protected:
  // Lays one block and returns the ids of its frames.
  std::vector<std::uint64_t> Fill() {
    std::string block;
    outbox.Fill(block, ends);
    std::vector<std::uint64_t> ids;
    for (std::string_view rest = block; !rest.empty();) {
      const FrameHeader header = ReadHeader(rest);
      ids.push_back(header.id);
      rest.remove_prefix(kHeaderBytes + header.body_bytes);
    }
    stream += block;
    return ids;
  }
  Outbox outbox;
  std::vector<Outbox::End> ends;
  std::string stream;
};

TEST_F(OutboxTest, ShortMessagesGoBeforeTheNextPieceOfALongOne) {
  outbox.Add(Outbox::Lane::kBulk, Of(MessageType::kWrite, 1, 300'000));
  Fill();
  outbox.Add(Outbox::Lane::kSmall, Of(MessageType::kRead, 2, 100));
  outbox.Add(Outbox::Lane::kUrgent, Of(MessageType::kPing, 3, 8));
  const std::vector<std::uint64_t> ids = Fill();
  ASSERT_GE(ids.size(), 3u);
  EXPECT_EQ(ids[0], 3u);
  EXPECT_EQ(ids[1], 2u);
  EXPECT_EQ(ids[2], 1u);
}

TEST_F(OutboxTest, ALongMessageGoesOnHoweverManyShortOnesThereAre) {
  outbox.Add(Outbox::Lane::kBulk, Of(MessageType::kWrite, 1, 100'000));
  for (std::uint64_t id = 10; id < 40; ++id) {
    outbox.Add(Outbox::Lane::kSmall, Of(MessageType::kRead, id, 30'000));
  }
  EXPECT_EQ(Fill().back(), 1u);
  EXPECT_EQ(Fill().back(), 1u);
}

TEST_F(OutboxTest, TheFeedLeavesRoomForOthers) {
  outbox.Add(Outbox::Lane::kFeed, Of(MessageType::kFrame, 0, 500'000));
  outbox.Add(Outbox::Lane::kSmall, Of(MessageType::kRead, 1, 1000));
  EXPECT_EQ(Fill().back(), 1u);
}

TEST_F(OutboxTest, WhatIsLaidIsWhatWasAdded) {
  const auto shared = std::make_shared<const std::string>(70'000, 's');
  outbox.Add(Outbox::Lane::kFeed, {MessageType::kFrame, 0, 0, "echo", shared, false});
  outbox.Add(Outbox::Lane::kBulk, Of(MessageType::kWrite, 1, 100'000));
  outbox.Add(Outbox::Lane::kSmall, Of(MessageType::kRead, 2, 10));
  while (!outbox.empty()) Fill();
  http::ByteBudget total(1u << 20);
  FrameReader reader(1u << 20, total);
  std::vector<std::string> bodies;
  for (std::string_view rest = stream; !rest.empty();) {
    const std::size_t n = std::min(rest.size(), reader.Space().size());
    rest.copy(reader.Space().data(), n);
    reader.Commit(n);
    rest.remove_prefix(n);
    for (auto message = reader.Next(); message && *message; message = reader.Next()) {
      bodies.emplace_back((*message)->body);
    }
  }
  EXPECT_EQ(bodies, (std::vector<std::string>{std::string(10, 'c'), "echo" + *shared,
                                              std::string(100'000, 'b')}));
  EXPECT_EQ(outbox.bytes(Outbox::Lane::kBulk) + outbox.bytes(Outbox::Lane::kFeed), 0u);
}

TEST_F(OutboxTest, SaysWhereTrackedMessagesEnd) {
  outbox.Add(Outbox::Lane::kSmall, Of(MessageType::kRead, 1, 10));
  outbox.Add(Outbox::Lane::kSmall, Of(MessageType::kWrite, 2, 20, true));
  Fill();
  outbox.Add(Outbox::Lane::kBulk, Of(MessageType::kWrite, 3, 200'000, true));
  while (!outbox.empty()) Fill();
  ASSERT_EQ(ends.size(), 2u);
  EXPECT_EQ(ends[0].id, 2u);
  EXPECT_EQ(ends[0].offset, 2 * kHeaderBytes + 30);
  EXPECT_EQ(ends[1].id, 3u);
  EXPECT_EQ(ends[1].offset, stream.size());
}

TEST_F(OutboxTest, WhatHasBegunIsAbortedWhatHasNotIsForgotten) {
  outbox.Add(Outbox::Lane::kBulk, Of(MessageType::kWrite, 1, 300'000));
  outbox.Add(Outbox::Lane::kBulk, Of(MessageType::kWrite, 2, 300'000));
  Fill();
  EXPECT_TRUE(outbox.Remove(1));
  EXPECT_TRUE(outbox.Remove(2));
  EXPECT_FALSE(outbox.Remove(2));
  std::string block;
  outbox.Fill(block, ends);
  ASSERT_EQ(block.size(), kHeaderBytes);
  EXPECT_EQ(ReadHeader(block).type, MessageType::kAbort);
  EXPECT_EQ(ReadHeader(block).id, 1u);
  EXPECT_EQ(outbox.bytes(Outbox::Lane::kBulk), 0u);
}

TEST_F(OutboxTest, WhatIsLaidOutWholeIsNotTakenBack) {
  outbox.Add(Outbox::Lane::kSmall, Of(MessageType::kWrite, 1, 10));
  Fill();
  EXPECT_FALSE(outbox.Remove(1));
}

}  // namespace
}  // namespace coolkit::peer
