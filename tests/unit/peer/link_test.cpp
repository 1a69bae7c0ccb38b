// Connections: backoff, identity, silence, the breaker, mixed releases.
#include "peer/link.h"

#include <gtest/gtest.h>

#include "unit/peer/harness.h"

namespace coolkit::peer {
namespace {

TEST(LinkTest, DialsAgainWithGrowingPauses) {
  TwoPods pods;
  pods.first.peers.SetAddresses({"10.9.9.9:8080"});
  pods.loop.RunFor(seconds(1));
  EXPECT_GE(pods.dialer.dials, 4);
  EXPECT_LE(pods.dialer.dials, 10);
  const int before = pods.dialer.dials;
  pods.loop.RunFor(seconds(20));
  EXPECT_GE(pods.dialer.dials - before, 10);  // at most 2 s apart
  EXPECT_LE(pods.dialer.dials - before, 25);
  EXPECT_EQ(pods.first.control.unreachable.size(), static_cast<std::size_t>(pods.dialer.dials));
}

TEST(LinkTest, ConnectsOnceThePeerIsThereAndAgainWhenItBroke) {
  TwoPods pods;
  pods.dialer.pods.erase(pods.second.address());
  pods.Connect();
  EXPECT_FALSE(pods.first.peers.IsConnected(pods.second.id()));
  pods.dialer.pods[pods.second.address()] = &pods.second;
  pods.loop.RunFor(seconds(2));
  EXPECT_TRUE(pods.first.peers.IsConnected(pods.second.id()));
}

TEST(LinkTest, AnAddressThatIsNotNamedAnyMoreIsCutOff) {
  TwoPods pods;
  pods.Connect();
  ASSERT_TRUE(pods.first.peers.IsConnected(pods.second.id()));
  pods.first.peers.SetAddresses({});
  pods.loop.RunReady();
  EXPECT_FALSE(pods.first.peers.IsConnected(pods.second.id()));
  const int dials = pods.dialer.dials;
  pods.loop.RunFor(seconds(10));
  EXPECT_EQ(pods.dialer.dials, dials);
  EXPECT_EQ(pods.second.server.connection_count(), 0u);
}

TEST(LinkTest, ItsOwnAddressIsKnownAndLeftAlone) {
  TwoPods pods;
  pods.first.peers.SetAddresses({pods.first.address()});
  pods.loop.RunFor(seconds(10));
  EXPECT_EQ(pods.first.control.self, std::vector<std::string>{pods.first.address()});
  EXPECT_EQ(pods.dialer.dials, 1);
  EXPECT_TRUE(pods.first.control.connected.empty());
}

TEST(LinkTest, TwoAddressesOfOnePeerAreOneConnection) {
  TwoPods pods;
  pods.dialer.pods["[fd00::2]:8080"] = &pods.second;
  pods.first.peers.SetAddresses({pods.second.address(), "[fd00::2]:8080"});
  pods.loop.RunReady();
  EXPECT_EQ(pods.first.control.connected.size(), 1u);
  EXPECT_EQ(pods.second.server.connection_count(), 1u);
  // When that one goes, the other takes over.
  for (const auto& address : {pods.second.address(), std::string("[fd00::2]:8080")}) {
    pods.first.peers.SetAddresses({address});
    pods.loop.RunFor(seconds(7));
    EXPECT_TRUE(pods.first.peers.IsConnected(pods.second.id())) << address;
  }
}

TEST(LinkTest, TooManyAddressesAreNotDialled) {
  Limits limits;
  limits.addresses_max = 2;
  TwoPods pods(limits);
  pods.first.peers.SetAddresses({"a:1", "b:1", "c:1"});
  pods.loop.RunReady();
  EXPECT_EQ(pods.dialer.dials, 2);
}

TEST(LinkTest, AWrongKeyIsSaidInBothLogsAndCounted) {
  TwoPods pods;
  pods.second.identity.SetKeys({{1, "not the ring's"}});
  pods.Connect();
  EXPECT_FALSE(pods.first.peers.IsConnected(pods.second.id()));
  EXPECT_TRUE(pods.first.Logged("does not know the ring's key")) << pods.first.log_text;
  EXPECT_TRUE(pods.second.Logged("the peer refuses: proof")) << pods.second.log_text;
  EXPECT_NE(pods.first.registry.PrometheusText().find(
                "coolkit_peer_handshake_failures_total{reason=\"proof\"} 1"),
            std::string::npos);
  EXPECT_EQ(pods.first.log_text.find("not the ring's"), std::string::npos);
  // With the right key it goes on by itself.
  pods.second.identity.SetKeys({KeyNumber(1)});
  pods.loop.RunFor(seconds(2));
  EXPECT_TRUE(pods.first.peers.IsConnected(pods.second.id()));
}

TEST(LinkTest, AnotherRingIsSaidInBothLogs) {
  support::ManualClock clock;
  support::ManualLoop loop{clock};
  PipeDialer dialer;
  TestPod first(1, loop, dialer, {}, {}, "ring-a");
  TestPod second(2, loop, dialer, {}, {}, "ring-b");
  first.peers.SetAddresses({second.address()});
  loop.RunReady();
  EXPECT_TRUE(second.Logged("the peer is of ring 'ring-a'")) << second.log_text;
  EXPECT_TRUE(first.Logged("the peer refuses: ring")) << first.log_text;
  first.Close();
  second.Close();
}

TEST(LinkTest, AHandshakeThatDoesNotGoOnEndsAfterItsTime) {
  TwoPods pods;
  support::PipeConnection* accepted = nullptr;
  pods.dialer.prepare = [&](support::PipeConnection&, support::PipeConnection& other) {
    accepted = &other;
    other.behaviour().stall_reads = true;
  };
  pods.Connect();
  pods.loop.RunFor(milliseconds(1'100));
  ASSERT_GE(pods.first.control.unreachable.size(), 1u);
  EXPECT_FALSE(pods.first.peers.IsConnected(pods.second.id()));
}

TEST(LinkTest, APeerThatFallsSilentIsNoticed) {
  TwoPods pods;
  support::PipeConnection* dialed = nullptr;
  pods.dialer.prepare = [&](support::PipeConnection& mine, support::PipeConnection&) {
    dialed = &mine;
  };
  pods.Connect();
  pods.loop.RunFor(seconds(10));
  EXPECT_TRUE(pods.first.control.disconnected.empty());  // signs of life go to and fro
  pods.dialer.hang = true;
  dialed->behaviour().stall_reads = true;
  pods.loop.RunFor(milliseconds(1'300));
  ASSERT_EQ(pods.first.control.disconnected.size(), 1u);
  EXPECT_EQ(pods.first.control.disconnected[0].code, ErrorCode::kTimeout);
  EXPECT_EQ(pods.second.server.connection_count(), 0u);
}

TEST(LinkTest, ThePeerNoticesADiallerThatFallsSilent) {
  TwoPods pods;
  support::PipeConnection* accepted = nullptr;
  pods.dialer.prepare = [&](support::PipeConnection&, support::PipeConnection& other) {
    accepted = &other;
  };
  pods.Connect();
  pods.dialer.hang = true;
  accepted->behaviour().stall_reads = true;
  pods.loop.RunFor(milliseconds(1'300));
  EXPECT_EQ(pods.second.server.connection_count(), 0u);
}

// An unreachable peer costs one time-out; what follows is refused at once, until it is heard.
TEST(LinkTest, ASilentPeerCostsOneTimeout) {
  Limits limits;
  limits.silence_max = seconds(60);
  TwoPods pods(limits);
  support::PipeConnection* dialed = nullptr;
  pods.dialer.prepare = [&](support::PipeConnection& mine, support::PipeConnection&) {
    dialed = &mine;
  };
  pods.Connect();
  dialed->behaviour().stall_reads = true;
  const auto first = pods.Read(ReadOf({"a"}));
  pods.loop.RunFor(milliseconds(201));
  ASSERT_EQ(first->size(), 1u);
  EXPECT_EQ(first->front().error().code, ErrorCode::kTimeout);
  const auto second = pods.Read(ReadOf({"a"}));
  const auto write = pods.Write(PutOf("k", "v"));
  pods.loop.RunReady();
  ASSERT_EQ(second->size() + write->size(), 2u);
  EXPECT_EQ(second->front().error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(write->front().error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(pods.first.metrics.breakers_open.Value(), 1);
  dialed->behaviour().stall_reads = false;
  dialed->Kick();
  pods.loop.RunReady();
  const auto third = pods.Read(ReadOf({"a"}));
  pods.loop.RunReady();
  ASSERT_EQ(third->size(), 1u);
  EXPECT_TRUE(third->front());
  EXPECT_EQ(pods.first.metrics.breakers_open.Value(), 0);
}

// Writes alone open it too: they wait, but nobody joins them.
TEST(LinkTest, AWriteWithoutASignOfLifeOpensTheBreaker) {
  Limits limits;
  limits.silence_max = seconds(60);
  TwoPods pods(limits);
  support::PipeConnection* dialed = nullptr;
  pods.dialer.prepare = [&](support::PipeConnection& mine, support::PipeConnection&) {
    dialed = &mine;
  };
  pods.Connect();
  dialed->behaviour().stall_reads = true;
  const auto write = pods.Write(PutOf("k", "v"));
  pods.loop.RunFor(milliseconds(205));
  EXPECT_TRUE(write->empty());
  const auto second = pods.Write(PutOf("k", "v"));
  pods.loop.RunReady();
  ASSERT_EQ(second->size(), 1u);
  EXPECT_EQ(second->front().error().code, ErrorCode::kOverloaded);
}

// A slow database behind a peer is no reason to give the peer up at once.
TEST(LinkTest, ASlowPeerThatIsHeardGetsSomeTimeouts) {
  TwoPods pods;
  pods.Connect();
  pods.second.handler.hold = true;
  for (int i = 0; i < 5; ++i) {
    const auto read = pods.Read(ReadOf({"a"}));
    pods.loop.RunFor(milliseconds(210));
    EXPECT_EQ(read->at(0).error().code, ErrorCode::kTimeout) << i;
  }
  const auto refused = pods.Read(ReadOf({"a"}));
  pods.loop.RunReady();
  EXPECT_EQ(refused->at(0).error().code, ErrorCode::kOverloaded);
}

// A release that does not know kFlagEach gets plain reads.
TEST(LinkTest, AnOlderPeerGetsNoSharedFrames) {
  TwoPods pods({}, {}, {1, 1, 0});
  pods.Connect();
  const std::uint64_t before = pods.first.metrics.messages_sent.Value();
  std::vector<TwoPods::Slot<ring::PeerReadReply>> reads;
  for (int i = 0; i < 5; ++i) reads.push_back(pods.Read(ReadOf({"k" + std::to_string(i)})));
  pods.loop.RunReady();
  EXPECT_EQ(pods.first.metrics.messages_sent.Value() - before, 5u);
  for (const auto& read : reads) EXPECT_TRUE(read->at(0));
}

TEST(LinkTest, ANewerPeerSpeaksTheOldersVersion) {
  TwoPods pods({}, {1, 1, kCapabilityEach}, {1, 7, 0xFFFF});
  pods.Connect();
  const auto read = pods.Read(ReadOf({"a"}));
  pods.loop.RunReady();
  EXPECT_TRUE(read->at(0));
}

TEST(LinkTest, WithoutAVersionInCommonBothSayWhy) {
  TwoPods pods({}, {1, 1, 0}, {2, 3, 0});
  pods.Connect();
  EXPECT_TRUE(pods.first.Logged("the peer refuses: version")) << pods.first.log_text;
  EXPECT_TRUE(pods.second.Logged("the peer speaks versions 1 to 1")) << pods.second.log_text;
}

// Bytes in any pieces, and operations that complete later.
TEST(LinkTest, PiecesOfAnySizeMakeNoDifference) {
  for (const bool posted : {false, true}) {
    TwoPods pods;
    SeededRandom random(posted ? 1 : 2);
    pods.dialer.prepare = [&](support::PipeConnection& a, support::PipeConnection& b) {
      for (auto* end : {&a, &b}) {
        end->behaviour().posted = posted;
        end->behaviour().cut_read = [&](std::size_t n) { return 1 + random.Below(n); };
        end->behaviour().cut_write = [&](std::size_t n) { return 1 + random.Below(n); };
      }
    };
    pods.Connect();
    for (int i = 0; i < 50; ++i) {
      const auto read = pods.Read(ReadOf({std::string(1 + random.Below(300), 'k'), "b"}));
      const auto write = pods.Write(PutOf("k", std::string(random.Below(100'000), 'v')));
      pods.loop.RunReady();
      ASSERT_EQ(read->size() + write->size(), 2u) << pods.first.log_text;
      EXPECT_TRUE(read->front());
      EXPECT_TRUE(write->front());
    }
  }
}

}  // namespace
}  // namespace coolkit::peer
