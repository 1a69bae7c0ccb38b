// The side that is dialled, with a peer that does what it should not.
#include "peer/inbound.h"

#include <gtest/gtest.h>

#include "peer/request_codec.h"
#include "unit/peer/raw_peer.h"
#include "unit/peer/samples.h"

namespace coolkit::peer {
namespace {

class InboundTest : public testing::Test {
 protected:
  explicit InboundTest(Limits limits_in = {}) : limits(limits_in) {}
  ~InboundTest() override { pod.Close(); }
  support::ManualClock clock;
  support::ManualLoop loop{clock};
  PipeDialer dialer;
  Limits limits;
  TestPod pod{2, loop, dialer, limits};
};

std::string ReadBody(std::vector<std::string> keys) {
  return EncodeRead(ReadOf(std::move(keys)), BootTime());
}

TEST_F(InboundTest, AnswersARequestWithItsId) {
  RawPeer raw(loop, pod);
  raw.Prove();
  raw.Send(MessageType::kRead, 77, ReadBody({"a"}));
  const RawPeer::Got reply = raw.Next();
  EXPECT_EQ(reply.type, MessageType::kReadReply);
  EXPECT_EQ(reply.id, 77u);
}

TEST_F(InboundTest, NothingIsReadBeforeTheProof) {
  RawPeer raw(loop, pod);
  raw.Upgrade();
  raw.Send(MessageType::kWrite, 1, EncodeWrite(PutOf("k", "v"), BootTime()));
  EXPECT_TRUE(raw.Closed());
  EXPECT_EQ(pod.handler.write_count, 0);
}

TEST_F(InboundTest, AHandshakeHasAKibibyte) {
  RawPeer raw(loop, pod);
  raw.Upgrade();
  raw.Send(MessageType::kHello, 0, std::string(2000, 'x'));
  EXPECT_TRUE(raw.Closed());
  EXPECT_TRUE(pod.Logged("more than 1 KiB"));
}

TEST_F(InboundTest, AHandshakeHasTwoSeconds) {
  RawPeer raw(loop, pod);
  raw.Upgrade();
  loop.RunFor(milliseconds(1'900));
  EXPECT_FALSE(raw.Closed());
  loop.RunFor(milliseconds(200));
  EXPECT_TRUE(raw.Closed());
  EXPECT_TRUE(pod.Logged("timeout")) << pod.log_text;
}

TEST_F(InboundTest, AReplayedConversationIsRefused) {
  // What an honest peer said on its connection.
  Identity honest("default", MemberOf(1));
  honest.SetKeys({KeyNumber(1)});
  Initiator initiator(honest, std::string(kNonceBytes, 'n'));
  RawPeer first(loop, pod);
  first.Upgrade();
  first.Send(MessageType::kHello, 0, initiator.hello());
  const auto proof = initiator.OnHelloReply(first.Next().body);
  ASSERT_TRUE(proof);
  RawPeer second(loop, pod);
  second.Upgrade();
  second.Send(MessageType::kHello, 0, initiator.hello());
  ASSERT_EQ(second.Next().type, MessageType::kHelloReply);
  second.Send(MessageType::kProof, 0, *proof);
  const RawPeer::Got refusal = second.Next();
  EXPECT_EQ(refusal.type, MessageType::kRefuse);
  EXPECT_EQ(DecodeRefuse(refusal.body).reason, RefuseReason::kProof);
  EXPECT_TRUE(second.Closed());
  EXPECT_EQ(pod.server.connection_count(), 0u);
}

TEST_F(InboundTest, UnknownTypesAreSkipped) {
  RawPeer raw(loop, pod);
  raw.Prove();
  raw.Send(static_cast<MessageType>(200), 5, "from a newer release");
  raw.Send(MessageType::kRead, 6, ReadBody({"a"}), 0x40);  // and a hint nobody knows
  EXPECT_EQ(raw.Next().id, 6u);
  EXPECT_EQ(pod.metrics.messages_skipped.Value(), 1u);
}

TEST_F(InboundTest, RequestsThatMakeNoSenseAreRefusedAndTheRestGoesOn) {
  RawPeer raw(loop, pod);
  raw.Prove();
  for (const MessageType type : {MessageType::kRead, MessageType::kWrite, MessageType::kPush}) {
    raw.Send(type, 5, "nonsense");
    const RawPeer::Got refusal = raw.Next();
    EXPECT_EQ(refusal.type, MessageType::kRefused);
    EXPECT_EQ(refusal.id, 5u);
    EXPECT_EQ(DecodeRefused(refusal.body)->code, RefusedCode::kMalformed);
  }
  raw.Send(MessageType::kRead, 6, ReadBody({"a"}));
  EXPECT_EQ(raw.Next().type, MessageType::kReadReply);
}

// Every prefix and many changes of every message, each on a connection of its own if it has to be.
TEST_F(InboundTest, NoMessageBreaksThePod) {
  SeededRandom random(3);
  for (const samples::Sample& sample : samples::All()) {
    auto raw = std::make_unique<RawPeer>(loop, pod);
    raw->Prove();
    for (int i = 0; i < 300; ++i) {
      std::string body = sample.body.substr(0, random.Below(sample.body.size() + 1));
      if (!body.empty()) body[random.Below(body.size())] = static_cast<char>(random.Next());
      raw->Send(sample.type, random.Below(3), body,
                static_cast<std::uint8_t>(random.Below(8) == 0 ? kFlagEach : 0));
      static_cast<void>(raw->connection->TakeReceived());
      if (!raw->Closed()) continue;
      raw = std::make_unique<RawPeer>(loop, pod);
      raw->Prove();
    }
  }
}

TEST_F(InboundTest, ReadsOfOneFrameAreAnsweredOneByOne) {
  pod.handler.hold = true;
  RawPeer raw(loop, pod);
  raw.Prove();
  raw.Send(MessageType::kRead, 10, ReadBody({"a", "b", "c"}), kFlagEach);
  ASSERT_EQ(pod.handler.reads.size(), 3u);
  pod.handler.AnswerRead(2);
  EXPECT_EQ(raw.Next().id, 12u);
  pod.handler.AnswerRead(0);
  EXPECT_EQ(raw.Next().id, 10u);
  pod.handler.AnswerRead(1);
  pod.handler.reads.clear();
  EXPECT_EQ(raw.Next().id, 11u);
}

TEST_F(InboundTest, AConnectionThatEndsLeavesNothingBehind) {
  pod.handler.hold = true;
  RawPeer raw(loop, pod);
  raw.Prove();
  raw.Send(MessageType::kRead, 1, ReadBody({"a"}));
  raw.Send(MessageType::kWrite, 2, "begun", kFlagMore);
  raw.connection->Close();
  loop.RunReady();
  EXPECT_EQ(pod.server.connection_count(), 0u);
  pod.handler.AnswerAll();  // nobody hears it
  loop.RunReady();
  pod.server.Stop();
}

class FewInboundTest : public InboundTest {
 protected:
  static Limits Few() {
    Limits few;
    few.connections_in_max = 1;
    few.reply_bytes_max = 100'000;
    few.subscriptions_max = 1;
    few.silence_max = seconds(60);
    few.write_stall_max = seconds(60);
    return few;
  }
  FewInboundTest() : InboundTest(Few()) {}
};

TEST_F(FewInboundTest, ConnectionsBeyondTheLimitAreToldSo) {
  RawPeer first(loop, pod, 1);
  first.Prove();
  RawPeer second(loop, pod, 3);
  second.Upgrade();
  Identity other("default", MemberOf(3));
  other.SetKeys({KeyNumber(1)});
  second.Send(MessageType::kHello, 0, Initiator(other, std::string(kNonceBytes, 'n')).hello());
  const RawPeer::Got refusal = second.Next();
  EXPECT_EQ(refusal.type, MessageType::kRefuse);
  EXPECT_EQ(DecodeRefuse(refusal.body).reason, RefuseReason::kFull);
}

// A peer that asks and does not listen: its requests are not read any more.
TEST_F(FewInboundTest, APeerThatTakesNoAnswersIsNotReadFrom) {
  pod.handler.value_of = [](const std::string&) { return std::string(20'000, 'v'); };
  RawPeer raw(loop, pod, 1, 4096);
  raw.Prove();
  constexpr int kRequests = 5'000;
  std::string requests;
  for (std::uint64_t i = 1; i <= kRequests; ++i) {
    requests += BytesOfFrame(MessageType::kRead, i, ReadBody({"a"}));
  }
  raw.Send(requests);
  EXPECT_LT(pod.handler.read_count, 1'000);
  const int before = pod.handler.read_count;
  loop.RunFor(seconds(1));
  EXPECT_EQ(pod.handler.read_count, before);
  // Once it listens all are answered, some with a refusal.
  int answers = 0;
  while (raw.Next().type != MessageType{}) ++answers;
  EXPECT_GE(answers, kRequests);
}

class FewBytesInboundTest : public InboundTest {
 protected:
  static Limits Few() {
    Limits few;
    few.bytes_in_max = 5'000;
    few.requests_in_max = 3;
    return few;
  }
  FewBytesInboundTest() : InboundTest(Few()) {}
};

// What was answered at once is under way no more, also within the bytes of one read.
TEST_F(FewBytesInboundTest, RequestsAnsweredAtOnceHitNoLimit) {
  RawPeer raw(loop, pod);
  raw.Prove();
  std::string requests;
  for (std::uint64_t i = 1; i <= 100; ++i) {
    requests += BytesOfFrame(MessageType::kRead, i, ReadBody({"a"}));
  }
  raw.Send(requests);
  EXPECT_EQ(pod.handler.read_count, 100);
  EXPECT_EQ(pod.metrics.requests_refused.Value(), 0u);
}

TEST_F(FewBytesInboundTest, BytesOfRequestsUnderWayAreLimited) {
  pod.handler.hold = true;
  RawPeer raw(loop, pod);
  raw.Prove();
  raw.Send(MessageType::kWrite, 1, EncodeWrite(PutOf("k", std::string(4'000, 'v')), BootTime()));
  raw.Send(MessageType::kWrite, 2, EncodeWrite(PutOf("k", std::string(4'000, 'v')), BootTime()));
  EXPECT_EQ(pod.handler.writes.size(), 1u);
  EXPECT_EQ(raw.Next().type, MessageType::kRefused);
}

TEST_F(FewInboundTest, NobodySubscribesTwice) {
  RawPeer raw(loop, pod);
  raw.Prove();
  for (int i = 0; i < 10; ++i) raw.Send(MessageType::kSubscribe, 0, EncodePing(BootTime()));
  EXPECT_EQ(pod.server.CollectPings().size(), 1u);
  EXPECT_EQ(pod.control.unsubscribed, 9);
}

TEST(PeerServerTest, AcceptsUpgradesOnly) {
  support::ManualClock clock;
  support::ManualLoop loop{clock};
  PipeDialer dialer;
  TestPod pod(2, loop, dialer);
  const auto status = [&](std::string_view request) {
    auto pair = support::PipeConnection::Make(loop);
    pod.Accept(std::move(pair.second));
    pair.first->Send(request);
    loop.RunReady();
    return pair.first->TakeReceived(12);
  };
  EXPECT_EQ(status("GET /peer HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.1 426");
  EXPECT_EQ(status("GET /peer HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\n"
                   "Upgrade: coolkit-peer/2\r\n\r\n"),
            "HTTP/1.1 426");
  EXPECT_EQ(status("GET /peer HTTP/1.1\r\nHost: x\r\nUpgrade: coolkit-peer/1\r\n\r\n"),
            "HTTP/1.1 426");
  EXPECT_EQ(status("POST /peer HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
                   "Upgrade: coolkit-peer/1\r\nContent-Length: 0\r\n\r\n"),
            "HTTP/1.1 405");
  EXPECT_EQ(status("GET /peer HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
                   "Upgrade: coolkit-peer/1\r\nContent-Length: 1\r\n\r\nx"),
            "HTTP/1.1 400");
  EXPECT_EQ(status("GET /peer HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\n"
                   "Upgrade: websocket, coolkit-peer/1\r\n\r\n"),
            "HTTP/1.1 101");
}

}  // namespace
}  // namespace coolkit::peer
