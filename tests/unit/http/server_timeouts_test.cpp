#include <gtest/gtest.h>

#include "http/server.h"
#include "support/http_server_harness.h"

namespace coolkit::http {
namespace {

using support::PipeConnection;
using support::ServerHarness;
using support::SplitResponses;

const std::string kGet = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr milliseconds kTick{1};

TEST(ServerTimeoutsTest, IdleConnectionsAreClosedSilently) {
  ServerHarness harness;
  const auto fresh = harness.Connect();
  const auto used = harness.Connect();
  harness.loop.RunFor(seconds(10));
  EXPECT_NE(harness.Talk(*used, kGet), "");
  harness.loop.RunFor(seconds(65) - kTick);
  EXPECT_FALSE(fresh->AtEnd());
  harness.loop.RunFor(kTick);
  EXPECT_TRUE(fresh->AtEnd());
  EXPECT_FALSE(used->AtEnd());
  harness.loop.RunFor(seconds(10));
  EXPECT_TRUE(used->AtEnd());
  EXPECT_EQ(fresh->TakeReceived() + used->TakeReceived(), "");
  EXPECT_EQ(harness.limits_hit["idle_timeout"], 2);
}

TEST(ServerTimeoutsTest, AHeadHasOneDeadlineHoweverItDrips) {
  ServerHarness harness;
  const auto peer = harness.Connect();
  harness.loop.RunFor(seconds(20));
  const std::string head = "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(1000, 'a');
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(harness.Talk(*peer, head.substr(static_cast<std::size_t>(i), 1)), "") << i;
    harness.loop.RunFor(seconds(1));
  }
  const auto responses = SplitResponses(peer->TakeReceived());
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].status, 408);
  EXPECT_EQ(responses[0].Field("Connection"), "close");
  EXPECT_TRUE(peer->AtEnd());
  EXPECT_EQ(harness.limits_hit["header_timeout"], 1);
  ASSERT_EQ(harness.handler.records.size(), 1u);
  EXPECT_FALSE(harness.handler.records[0].has_head);
}

TEST(ServerTimeoutsTest, TheDeadlineOfASecondHeadBeginsWithItsFirstByte) {
  ServerHarness harness;
  const auto peer = harness.Connect();
  EXPECT_NE(harness.Talk(*peer, kGet + "GET"), "");
  harness.loop.RunFor(seconds(10) - kTick);
  EXPECT_EQ(peer->TakeReceived(), "");
  harness.loop.RunFor(kTick);
  EXPECT_EQ(SplitResponses(peer->TakeReceived())[0].status, 408);
}

TEST(ServerTimeoutsTest, ABodyHasOneDeadlineHoweverItDrips) {
  for (const bool chunked : {false, true}) {
    ServerHarness harness;
    const auto peer = harness.Connect();
    const std::string head =
        chunked ? "Transfer-Encoding: chunked\r\n\r\n1000\r\n" : "Content-Length: 1000\r\n\r\n";
    EXPECT_EQ(harness.Talk(*peer, "PUT /k HTTP/1.1\r\nHost: x\r\n" + head), "");
    for (int i = 0; i < 29; ++i) {
      harness.loop.RunFor(seconds(1));
      EXPECT_EQ(harness.Talk(*peer, "a"), "");
    }
    harness.loop.RunFor(seconds(1));
    const auto responses = SplitResponses(peer->TakeReceived());
    ASSERT_EQ(responses.size(), 1u);
    EXPECT_EQ(responses[0].status, 408);
    EXPECT_TRUE(peer->AtEnd());
    EXPECT_EQ(harness.limits_hit["body_timeout"], 1);
    EXPECT_EQ(harness.handler.handled, 0);
  }
}

TEST(ServerTimeoutsTest, AResponseHasOneDeadlineHoweverTheReaderDrips) {
  ServerHarness harness;
  harness.handler.handle = [](const Request&) {
    Response response;
    response.body = OwnedBytes(std::string(10'000, 'v'));
    return response;
  };
  const auto peer = harness.Connect(nullptr, 1000);
  harness.loop.RunFor(seconds(40));
  peer->Send(kGet);
  harness.loop.RunReady();
  for (int i = 0; i < 29; ++i) {
    harness.loop.RunFor(seconds(1));
    EXPECT_EQ(peer->TakeReceived(10).size(), 10u);
    EXPECT_EQ(harness.server->open_connections(), 1u);
  }
  harness.loop.RunFor(seconds(1));
  EXPECT_EQ(harness.server->open_connections(), 0u);
  EXPECT_EQ(harness.limits_hit["write_timeout"], 1);
}

TEST(ServerTimeoutsTest, ASlowReaderThatCatchesUpIsServedFurther) {
  ServerHarness harness;
  harness.handler.handle = [](const Request&) {
    Response response;
    response.body = OwnedBytes(std::string(10'000, 'v'));
    return response;
  };
  const auto peer = harness.Connect(nullptr, 1000);
  for (int round = 0; round < 3; ++round) {
    peer->Send(kGet);
    harness.loop.RunFor(seconds(29));
    std::string received = peer->TakeReceived();
    while (harness.loop.RunOne()) received += peer->TakeReceived();
    EXPECT_EQ(SplitResponses(received).size(), 1u);
    harness.loop.RunFor(seconds(60));
  }
  EXPECT_EQ(harness.server->open_connections(), 1u);
}

TEST(ServerTimeoutsTest, AHandlerMayTakeItsTime) {
  ServerHarness harness;
  harness.handler.gate_open = false;
  const auto peer = harness.Connect();
  EXPECT_EQ(harness.Talk(*peer, kGet), "");
  harness.loop.RunFor(seconds(600));
  EXPECT_FALSE(peer->AtEnd());
  harness.handler.OpenGate();
  harness.loop.RunReady();
  EXPECT_EQ(SplitResponses(peer->TakeReceived())[0].status, 200);
  ASSERT_EQ(harness.handler.records.size(), 1u);
  EXPECT_EQ(harness.handler.records[0].duration, seconds(600));
  harness.loop.RunFor(seconds(74));
  EXPECT_FALSE(peer->AtEnd());
}

}  // namespace
}  // namespace coolkit::http
