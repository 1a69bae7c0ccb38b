#include <gtest/gtest.h>

#include "http/server.h"
#include "support/http_server_harness.h"

namespace coolkit::http {
namespace {

using support::ServerHarness;
using support::SplitResponses;

const std::string kGet = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(ServerDrainTest, IdleConnectionsAreClosedAndOthersAfterTheirAnswer) {
  ServerHarness harness;
  const auto idle = harness.Connect();
  const auto busy = harness.Connect();
  EXPECT_NE(harness.Talk(*idle, kGet), "");
  harness.loop.RunFor(seconds(1));
  harness.handler.gate_open = false;
  EXPECT_EQ(harness.Talk(*busy, kGet), "");
  harness.server->Drain();
  EXPECT_EQ(harness.server->open_connections(), 2u);
  harness.loop.RunReady();
  EXPECT_TRUE(idle->AtEnd());
  EXPECT_EQ(harness.server->open_connections(), 1u);
  harness.handler.OpenGate();
  harness.loop.RunReady();
  const auto responses = SplitResponses(busy->TakeReceived());
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].status, 200);
  EXPECT_EQ(responses[0].Field("Connection"), "close");
  EXPECT_TRUE(busy->AtEnd());
  busy->Close();
  harness.loop.RunReady();
  EXPECT_EQ(harness.server->open_connections(), 0u);
}

TEST(ServerDrainTest, AConnectionThatWasJustBusyMayAskOnceMore) {
  ServerHarness harness;
  const auto busy = harness.Connect();
  const auto silent = harness.Connect();
  EXPECT_NE(harness.Talk(*busy, kGet), "");
  EXPECT_NE(harness.Talk(*silent, kGet), "");
  harness.server->Drain();
  harness.loop.RunFor(milliseconds(900));
  const auto last = SplitResponses(harness.Talk(*busy, kGet));
  ASSERT_EQ(last.size(), 1u);
  EXPECT_EQ(last[0].Field("Connection"), "close");
  EXPECT_TRUE(busy->AtEnd());
  EXPECT_FALSE(silent->AtEnd());
  harness.loop.RunFor(milliseconds(200));
  EXPECT_TRUE(silent->AtEnd());
}

TEST(ServerDrainTest, ARequestThatIsArrivingIsAnswered) {
  ServerHarness harness;
  const auto head = harness.Connect();
  const auto body = harness.Connect();
  EXPECT_EQ(harness.Talk(*head, kGet.substr(0, 10)), "");
  EXPECT_EQ(harness.Talk(*body, "PUT /k HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel"), "");
  harness.server->Drain();
  harness.loop.RunReady();
  EXPECT_EQ(SplitResponses(harness.Talk(*head, kGet.substr(10)))[0].body, "GET /a ");
  EXPECT_EQ(SplitResponses(harness.Talk(*body, "lo"))[0].body, "PUT /k hello");
}

TEST(ServerDrainTest, ANewConnectionGetsAMomentForItsFirstRequest) {
  ServerHarness harness;
  const auto early = harness.Connect();
  const auto silent = harness.Connect();
  harness.loop.RunReady();
  harness.server->Drain();
  harness.loop.RunFor(milliseconds(500));
  const auto late = harness.Connect();
  const auto first = SplitResponses(harness.Talk(*early, kGet));
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].Field("Connection"), "close");
  EXPECT_EQ(SplitResponses(harness.Talk(*late, kGet))[0].Field("Connection"), "close");
  EXPECT_FALSE(silent->AtEnd());
  harness.loop.RunFor(milliseconds(500));
  EXPECT_TRUE(silent->AtEnd());
  EXPECT_EQ(harness.limits_hit["idle_timeout"], 0);
}

TEST(ServerDrainTest, StopCutsWhatWaitsAndWaitsForHandlers) {
  ServerHarness harness;
  const auto idle = harness.Connect();
  const auto busy = harness.Connect();
  harness.handler.gate_open = false;
  EXPECT_EQ(harness.Talk(*busy, kGet), "");
  harness.server->CloseConnections();
  harness.loop.RunReady();
  EXPECT_TRUE(idle->AtEnd());
  EXPECT_EQ(harness.server->open_connections(), 1u);
  const auto refused = harness.Connect();
  harness.loop.RunReady();
  EXPECT_TRUE(refused->AtEnd());
  harness.handler.OpenGate();
  harness.loop.RunReady();
  EXPECT_EQ(harness.server->open_connections(), 0u);
  EXPECT_EQ(busy->TakeReceived(), "");
  EXPECT_EQ(harness.connections_open, 0);
}

}  // namespace
}  // namespace coolkit::http
