// request_codec.h and control_codec.h: every message.
#include <gtest/gtest.h>

#include "base/random.h"
#include "unit/peer/samples.h"

namespace coolkit::peer {
namespace {

class CodecTest : public testing::TestWithParam<samples::Sample> {};

TEST_P(CodecTest, ComesBackAsItWas) {
  const auto again = GetParam().recode(GetParam().body);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, GetParam().body);
}

TEST_P(CodecTest, EveryPrefixIsRefused) {
  const std::string& body = GetParam().body;
  for (std::size_t size = 0; size < body.size(); ++size) {
    EXPECT_FALSE(GetParam().recode(std::string_view(body).substr(0, size))) << size;
  }
}

// A newer release appends fields.
TEST_P(CodecTest, SkipsWhatIsBehind) {
  const auto again = GetParam().recode(GetParam().body + "something newer");
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, GetParam().body);
}

// Whatever comes: refused, or something that says the same the next time.
TEST_P(CodecTest, MakesSenseOfNoGarbage) {
  SeededRandom random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string body = GetParam().body;
    for (std::uint64_t flips = 1 + random.Below(4); flips > 0; --flips) {
      body[random.Below(body.size())] = static_cast<char>(random.Next());
    }
    const auto once = GetParam().recode(body);
    if (!once) continue;
    const auto twice = GetParam().recode(*once);
    ASSERT_TRUE(twice);
    EXPECT_EQ(*once, *twice);
  }
}

INSTANTIATE_TEST_SUITE_P(All, CodecTest, testing::ValuesIn(samples::All()),
                         [](const auto& test) { return test.param.name; });

TEST(RequestCodecTest, ADeadlineTravelsAsTheTimeThatIsLeft) {
  const std::string body = EncodeRead(samples::Read(), samples::kNow + milliseconds(50));
  const BootTime there{seconds(5)};
  const auto read = DecodeRead(body, there, samples::kTimeMax);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->deadline, there + milliseconds(100));
}

TEST(RequestCodecTest, ADeadlineThatHasPassedLeavesNothing) {
  const std::string body = EncodeWrite(samples::Write(), samples::kNow + seconds(60));
  EXPECT_EQ(DecodeWrite(body, samples::kNow, samples::kTimeMax)->deadline, samples::kNow);
}

TEST(RequestCodecTest, NoDeadlineIsTheLongestOne) {
  ring::PeerReadRequest request = samples::Read();
  request.deadline = kNever;
  const auto read = DecodeRead(EncodeRead(request, samples::kNow), samples::kNow, seconds(30));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->deadline, samples::kNow + seconds(30));
}

TEST(RequestCodecTest, ReadsKeepTheirFields) {
  const auto read =
      DecodeRead(EncodeRead(samples::Read(), samples::kNow), samples::kNow, samples::kTimeMax);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kind, ring::PeerReadRequest::Kind::kCacheOnly);
  EXPECT_EQ(read->staleness_max, milliseconds(250));
  EXPECT_EQ(read->outage_staleness_max, seconds(300));
  EXPECT_EQ(read->token->position.value, 12);
  EXPECT_EQ(read->keys, samples::Read().keys);
}

TEST(RequestCodecTest, RepliesKeepTheirFields) {
  const auto keys = samples::ReadReplyKeys();
  const auto reply = DecodeReadReply(EncodeReadReply(samples::ReadReply()), keys);
  ASSERT_TRUE(reply);
  const ring::PeerReadItem& found = reply->items[0];
  EXPECT_EQ(found.entry->key(), "k");
  EXPECT_EQ(found.entry->value(), "hello");
  EXPECT_EQ(found.entry->content_type(), "text/plain");
  EXPECT_EQ(found.entry->modified_at(), samples::Thing()->modified_at());
  EXPECT_EQ(found.entry->expires_at(), samples::Thing()->expires_at());
  EXPECT_EQ(found.age, milliseconds(5));
  EXPECT_TRUE(found.loaded && found.hot && !found.collapsed && !found.stale);
  EXPECT_EQ(reply->items[2].error, samples::ReadReply().items[2].error);
}

TEST(RequestCodecTest, ARefusalThatIsNotKnownYetIsOneAllTheSame) {
  ring::PeerWriteReply reply;
  reply.refusal = ring::PeerWriteReply::Refusal::kDraining;
  std::string body = EncodeWriteReply(reply);
  EXPECT_EQ(DecodeWriteReply(body, 5)->refusal, ring::PeerWriteReply::Refusal::kDraining);
  body[0] = 99;
  EXPECT_EQ(DecodeWriteReply(body, 5)->refusal, ring::PeerWriteReply::Refusal::kOverloaded);
}

TEST(RequestCodecTest, AnAnswerOfAnotherLengthThanAskedIsRefused) {
  EXPECT_FALSE(DecodeWriteReply(EncodeWriteReply(samples::WriteReply()), 3));
  EXPECT_FALSE(DecodeReadReply(EncodeReadReply(samples::ReadReply()), {}));
}

TEST(RequestCodecTest, AnErrorNobodyKnowsIsInternal) {
  ring::PeerReadReply reply = samples::ReadReply();
  std::string body = EncodeReadReply(reply);
  body.replace(body.find("overloaded"), 10, "from_later");
  EXPECT_EQ(DecodeReadReply(body, samples::ReadReplyKeys())->items[2].error.code,
            ErrorCode::kInternal);
}

TEST(RequestCodecTest, AnAgeBelowZeroIsRefused) {
  ring::PeerReadReply reply = samples::ReadReply();
  std::string body = EncodeReadReply(reply);
  const std::string age = "\x40\x4B\x4C";  // 5 ms
  const std::size_t at = body.find(age);
  ASSERT_NE(at, std::string::npos);
  body[at + 7] = '\x80';
  EXPECT_FALSE(DecodeReadReply(body, samples::ReadReplyKeys()));
}

TEST(RequestCodecTest, AContentTypeCantBreakAHeader) {
  ring::PeerReadReply reply = samples::ReadReply();
  std::string body = EncodeReadReply(reply);
  body[body.find("text/plain") + 4] = '\n';
  EXPECT_EQ(DecodeReadReply(body, samples::ReadReplyKeys())->items[0].entry->content_type(),
            "application/octet-stream");
}

TEST(RequestCodecTest, ItemsWithoutRoomSayThatTheAnswerIsFull) {
  const std::string big(6u << 20, 'v');
  ring::PeerReadReply reply;
  std::vector<model::Key> keys;
  for (const char* key : {"a", "b", "c"}) {
    keys.emplace_back("things", key);
    ring::PeerReadItem item;
    item.status = ring::PeerReadItem::Status::kFound;
    model::Entry::Fields fields;
    fields.key = key;
    fields.present = true;
    fields.value = big;
    item.entry = model::Entry::Create(fields);
    reply.items.push_back(std::move(item));
  }
  const std::string body = EncodeReadReply(reply);
  EXPECT_LE(body.size(), kMessageBytesMax);
  const auto back = DecodeReadReply(body, keys);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->items[1].entry->value().size(), big.size());
  EXPECT_EQ(back->items[2].error.code, ErrorCode::kPayloadTooLarge);
}

TEST(RequestCodecTest, EstimatesAreNotBelowTheTruth) {
  EXPECT_GE(BytesOf(samples::Read()), EncodeRead(samples::Read(), samples::kNow).size());
  EXPECT_GE(BytesOf(samples::Write()), EncodeWrite(samples::Write(), samples::kNow).size());
  EXPECT_GE(BytesOf(samples::Push()), EncodePush(samples::Push()).size());
}

TEST(ControlCodecTest, AFrameKeepsItsFields) {
  const auto frame = DecodeFrame(samples::FrameBody(samples::Frame()));
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->incarnation, samples::Life());
  EXPECT_EQ(frame->prev.value, 10);
  EXPECT_EQ(frame->cur.value, 12);
  EXPECT_EQ(frame->snapshot, "10:12:");
  EXPECT_EQ(frame->echo, samples::kNow);
  ASSERT_EQ(frame->changes.keys.size(), 1u);
  EXPECT_EQ(frame->changes.keys[0].key, model::Key("c", "k"));
  EXPECT_EQ(frame->changes.collections, std::vector<std::string>{"many"});
  EXPECT_FALSE(frame->changes.everything);
}

TEST(ControlCodecTest, NoEchoComesBackAsNone) {
  feed::Frame frame = samples::Frame();
  frame.echo = kMinusInfinity;
  frame.changes.everything = true;
  const auto back = DecodeFrame(samples::FrameBody(frame));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->echo, kMinusInfinity);
  EXPECT_TRUE(back->changes.everything);
}

TEST(ControlCodecTest, AFrameThatIsTooLongNamesCollections) {
  feed::Frame frame = samples::Frame();
  const std::string long_key(500, 'k');
  for (int i = 0; i < 20'000; ++i) {
    frame.changes.keys.push_back(
        {model::Key(i % 2 == 0 ? "even" : "odd", long_key + std::to_string(i)), {i}});
  }
  const std::string body = samples::FrameBody(frame);
  EXPECT_LT(body.size(), kFeedFrameBytesMax);
  const auto back = DecodeFrame(body);
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->changes.keys.empty());
  EXPECT_EQ(back->changes.collections, (std::vector<std::string>{"c", "even", "many", "odd"}));
}

}  // namespace
}  // namespace coolkit::peer
