// The feed between pods: subscriptions, pings and their echo (R2), slow subscribers, resends (R4).
#include <gtest/gtest.h>

#include "unit/peer/harness.h"

namespace coolkit::peer {
namespace {

feed::Frame FrameOf(std::int64_t prev, std::int64_t cur, std::size_t keys = 1) {
  feed::Frame frame;
  frame.prev = {prev};
  frame.cur = {cur};
  for (std::size_t i = 0; i < keys; ++i) {
    frame.changes.keys.push_back({model::Key("things", "key-" + std::to_string(i)), {cur}});
  }
  return frame;
}
BootTime At(std::int64_t ms) { return BootTime(milliseconds(ms)); }

// The first pod subscribes to the second.
class FeedStreamTest : public testing::Test {
 protected:
  explicit FeedStreamTest(Limits limits = {}) : pods(limits) {
    pods.dialer.prepare = [this](support::PipeConnection& mine, support::PipeConnection&) {
      dialed = &mine;
    };
    pods.Connect();
  }
  void Subscribe(BootTime ping = At(1)) {
    pods.first.peers.Subscribe(pods.second.id(), ping);
    pods.loop.RunReady();
  }
  // A poll whose statement is sent at once.
  void Poll(const feed::Frame& frame) {
    pods.second.server.Broadcast(frame, pods.second.server.CollectPings());
    pods.loop.RunReady();
  }
  std::vector<feed::Frame>& frames() { return pods.first.control.frames; }

  support::PipeConnection* dialed = nullptr;
  TwoPods pods;
};

TEST_F(FeedStreamTest, FramesReachWhoSubscribed) {
  Poll(FrameOf(1, 2));
  EXPECT_TRUE(frames().empty());
  Subscribe();
  EXPECT_EQ(pods.second.control.subscriptions.size(), 1u);
  Poll(FrameOf(2, 3));
  ASSERT_EQ(frames().size(), 1u);
  EXPECT_EQ(frames()[0].cur.value, 3);
  EXPECT_EQ(frames()[0].changes.keys[0].key, model::Key("things", "key-0"));
  EXPECT_EQ(frames()[0].echo, At(1));
}

// R2: only pings that were read before the statement was sent are echoed by its frame.
TEST_F(FeedStreamTest, APingThatCameAfterThePollBeganIsNotEchoedByItsFrame) {
  Subscribe(At(1));
  const Pings before = pods.second.server.CollectPings();
  pods.first.peers.SendPing(At(5));
  pods.loop.RunReady();
  pods.second.server.Broadcast(FrameOf(1, 2), before);
  pods.loop.RunReady();
  EXPECT_EQ(frames().at(0).echo, At(1));
  Poll(FrameOf(2, 3));
  EXPECT_EQ(frames().at(1).echo, At(5));
}

TEST_F(FeedStreamTest, WhoSubscribedAfterThePollBeganGetsNoEcho) {
  const Pings before = pods.second.server.CollectPings();
  Subscribe(At(1));
  pods.second.server.Broadcast(FrameOf(1, 2), before);
  pods.loop.RunReady();
  EXPECT_EQ(frames().at(0).echo, kMinusInfinity);
}

TEST_F(FeedStreamTest, EachSubscriberGetsItsOwnEcho) {
  TestPod third(3, pods.loop, pods.dialer);
  third.peers.SetAddresses({pods.second.address()});
  pods.loop.RunReady();
  Subscribe(At(1));
  third.peers.Subscribe(pods.second.id(), At(2));
  pods.loop.RunReady();
  Poll(FrameOf(1, 2));
  EXPECT_EQ(frames().at(0).echo, At(1));
  EXPECT_EQ(third.control.frames.at(0).echo, At(2));
  third.Close();
}

TEST_F(FeedStreamTest, TheEndOfTheConnectionIsTheEndOfTheSubscription) {
  Subscribe();
  pods.first.peers.SetAddresses({});
  pods.loop.RunReady();
  EXPECT_EQ(pods.second.control.unsubscribed, 1);
  EXPECT_TRUE(pods.second.server.CollectPings().empty());
  pods.first.peers.SetAddresses({pods.second.address()});
  pods.loop.RunFor(seconds(1));
  Poll(FrameOf(1, 2));
  EXPECT_TRUE(frames().empty());  // subscribing again is the node's to do
}

TEST_F(FeedStreamTest, UnsubscribeEndsIt) {
  Subscribe();
  pods.first.peers.Unsubscribe(pods.second.id());
  pods.loop.RunReady();
  EXPECT_EQ(pods.second.control.unsubscribed, 1);
  Poll(FrameOf(1, 2));
  EXPECT_TRUE(frames().empty());
}

TEST_F(FeedStreamTest, AGapIsAskedForAndFilledOrRefused) {
  Subscribe();
  model::Incarnation life;
  life.base = 5;
  life.id[3] = 9;
  pods.first.peers.RequestResend(pods.second.id(), life, {7});
  pods.first.peers.RequestResend(pods.second.id(), life, {7});
  pods.loop.RunReady();
  ASSERT_EQ(pods.second.control.resends.size(), 1u);  // one at a time
  const RecordingControl::Resend asked = pods.second.control.resends[0];
  EXPECT_EQ(asked.incarnation, life);
  EXPECT_EQ(asked.applied.value, 7);
  pods.second.server.SendFrame(asked.subscription, FrameOf(7, 9));
  pods.loop.RunReady();
  ASSERT_EQ(frames().size(), 1u);
  EXPECT_EQ(frames()[0].prev.value, 7);
  EXPECT_EQ(frames()[0].echo, kMinusInfinity);

  pods.first.peers.RequestResend(pods.second.id(), life, {8});
  pods.loop.RunReady();
  ASSERT_EQ(pods.second.control.resends.size(), 2u);
  pods.second.server.RefuseResend(asked.subscription, life, {8});
  pods.loop.RunReady();
  ASSERT_EQ(pods.first.control.resends_refused.size(), 1u);
  EXPECT_EQ(pods.first.control.resends_refused[0].value, 8);
}

TEST_F(FeedStreamTest, ALongFrameArrivesWholeAndInOrder) {
  Subscribe();
  pods.second.server.Broadcast(FrameOf(1, 2, 50'000), {});
  pods.second.server.Broadcast(FrameOf(2, 3), {});
  pods.loop.RunReady();
  ASSERT_EQ(frames().size(), 2u);
  EXPECT_EQ(frames()[0].changes.keys.size(), 50'000u);
  EXPECT_EQ(frames()[1].prev.value, 2);
}

class SlowSubscriberTest : public FeedStreamTest {
 protected:
  static Limits Small() {
    Limits limits;
    limits.subscriber_bytes_max = 100'000;
    limits.silence_max = seconds(60);
    limits.write_stall_max = seconds(60);
    return limits;
  }
  SlowSubscriberTest() : FeedStreamTest(Small()) {}
};

TEST_F(SlowSubscriberTest, MissesFramesHoldsLittleAndHoldsUpNobody) {
  support::PipeConnection* const slow = dialed;
  TestPod third(3, pods.loop, pods.dialer, Small());
  third.peers.SetAddresses({pods.second.address()});
  pods.loop.RunReady();
  Subscribe();
  third.peers.Subscribe(pods.second.id(), At(2));
  pods.loop.RunReady();
  slow->behaviour().stall_reads = true;
  constexpr std::int64_t kFrames = 200;
  for (std::int64_t i = 1; i <= kFrames; ++i) Poll(FrameOf(i, i + 1, 100));
  EXPECT_EQ(third.control.frames.size(), static_cast<std::size_t>(kFrames));
  EXPECT_GT(pods.second.metrics.frames_left_out.Value(), 50u);

  slow->behaviour().stall_reads = false;
  slow->Kick();
  pods.loop.RunReady();
  ASSERT_FALSE(frames().empty());
  const std::size_t got = frames().size();
  EXPECT_LT(got, 150u);
  // What it got is a chain without holes, and the next frame shows the gap.
  for (std::size_t i = 1; i < got; ++i) EXPECT_EQ(frames()[i].prev, frames()[i - 1].cur);
  Poll(FrameOf(kFrames + 1, kFrames + 2));
  ASSERT_EQ(frames().size(), got + 1);
  EXPECT_GT(frames()[got].prev, frames()[got - 1].cur);
  third.Close();
}

TEST_F(SlowSubscriberTest, AFrameLongerThanTheLimitIsSentWhenNothingElseWaits) {
  Subscribe();
  Poll(FrameOf(1, 2, 20'000));
  ASSERT_EQ(frames().size(), 1u);
  EXPECT_EQ(frames()[0].changes.keys.size(), 20'000u);
}

}  // namespace
}  // namespace coolkit::peer
