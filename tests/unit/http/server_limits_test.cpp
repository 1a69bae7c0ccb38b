#include <gtest/gtest.h>

#include "http/server.h"
#include "support/http_server_harness.h"

namespace coolkit::http {
namespace {

using support::PipeConnection;
using support::ServerHarness;
using support::SplitResponses;

const std::string kGet = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

std::string Put(std::size_t length, std::string_view more = "") {
  return "PUT /k HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(length) + "\r\n" +
         std::string(more) + "\r\n";
}

TEST(ServerLimitsTest, TooManyConnectionsGet503AndThoseBeyondNothing) {
  ServerLimits limits;
  limits.connections_max = 2;
  limits.refused_connections_max = 1;
  ServerHarness harness(limits);
  const auto first = harness.Connect();
  const auto second = harness.Connect();
  const auto third = harness.Connect();
  const auto fourth = harness.Connect();
  harness.loop.RunReady();
  EXPECT_TRUE(fourth->AtEnd());
  EXPECT_EQ(fourth->TakeReceived(), "");
  const auto refused = SplitResponses(harness.Talk(*third, kGet));
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].status, 503);
  EXPECT_EQ(refused[0].Field("Retry-After"), "1");
  EXPECT_EQ(refused[0].Field("Connection"), "close");
  EXPECT_TRUE(third->AtEnd());
  EXPECT_FALSE(third->WasReset());
  EXPECT_EQ(harness.limits_hit["connections"], 1);
  EXPECT_EQ(harness.limits_hit["refused_connections"], 1);
  // The others are served, and a place that got free is taken.
  EXPECT_EQ(SplitResponses(harness.Talk(*first, kGet))[0].status, 200);
  first->Close();
  third->Close();
  harness.loop.RunReady();
  EXPECT_EQ(harness.connections_open, 1);
  const auto fifth = harness.Connect();
  EXPECT_EQ(SplitResponses(harness.Talk(*fifth, kGet))[0].status, 200);
}

TEST(ServerLimitsTest, LongHeadsAndManyFields) {
  ServerLimits limits;
  limits.header_bytes_max = 2000;
  limits.target_bytes_max = 500;
  limits.header_count_max = 5;
  ServerHarness harness(limits);
  const auto status = [&](const std::string& bytes) {
    const auto peer = harness.Connect();
    const auto responses = SplitResponses(harness.Talk(*peer, bytes));
    EXPECT_EQ(responses.size(), 1u);
    EXPECT_TRUE(peer->AtEnd());
    return responses.at(0).status;
  };
  EXPECT_EQ(status("GET /" + std::string(500, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n"), 414);
  EXPECT_EQ(status("GET /" + std::string(5000, 'a')), 414);
  EXPECT_EQ(harness.limits_hit["target_bytes"], 2);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(3000, 'a')), 431);
  EXPECT_EQ(harness.limits_hit["header_bytes"], 1);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: x\r\na:\r\nb:\r\nc:\r\nd:\r\ne:\r\n\r\n"), 431);
  EXPECT_EQ(harness.limits_hit["header_count"], 1);
}

TEST(ServerLimitsTest, LongBodiesAreRefusedBeforeTheyAreRead) {
  ServerHarness harness;
  harness.handler.body_bytes_max = 10;
  const auto peer = harness.Connect();
  const auto responses = SplitResponses(harness.Talk(*peer, Put(11, "Expect: 100-continue\r\n")));
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].status, 413);
  EXPECT_EQ(responses[0].Field("Connection"), "close");
  EXPECT_EQ(harness.limits_hit["body_bytes"], 1);
  const auto other = harness.Connect();
  EXPECT_EQ(SplitResponses(harness.Talk(*other, Put(10) + "0123456789"))[0].status, 200);
}

// A client that sends on without reading must still get the answer: closing with unread bytes
// would destroy it.
TEST(ServerLimitsTest, TheRefusalOfALongBodyArrivesAlthoughTheBodyKeepsComing) {
  ServerHarness harness;
  harness.handler.body_bytes_max = 10;
  const auto peer = harness.Connect();
  peer->Send(Put(1u << 20));
  for (int i = 0; i < 16; ++i) {
    peer->Send(std::string(65'536, 'b'));
    harness.loop.RunReady();
  }
  EXPECT_FALSE(peer->WasReset());
  const auto responses = SplitResponses(peer->TakeReceived());
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].status, 413);
  EXPECT_EQ(harness.server->open_connections(), 1u);  // lingers until the client ends, too
  peer->Close();
  harness.loop.RunReady();
  EXPECT_EQ(harness.server->open_connections(), 0u);
}

TEST(ServerLimitsTest, LingeringIsBoundedInBytesAndTime) {
  ServerLimits limits;
  limits.linger_bytes_max = 100'000;
  ServerHarness harness(limits);
  harness.handler.body_bytes_max = 10;
  const auto loud = harness.Connect();
  static_cast<void>(harness.Talk(*loud, Put(1u << 20) + std::string(200'000, 'b')));
  EXPECT_EQ(harness.server->open_connections(), 0u);
  const auto silent = harness.Connect();
  static_cast<void>(harness.Talk(*silent, Put(1u << 20)));
  harness.loop.RunFor(limits.linger_timeout - milliseconds(1));
  EXPECT_EQ(harness.server->open_connections(), 1u);
  harness.loop.RunFor(milliseconds(1));
  EXPECT_EQ(harness.server->open_connections(), 0u);
}

TEST(ServerLimitsTest, TooManyRequestsInFlight) {
  ServerLimits limits;
  limits.requests_in_flight_max = 1;
  ServerHarness harness(limits);
  harness.handler.gate_open = false;
  const auto first = harness.Connect();
  const auto second = harness.Connect();
  EXPECT_EQ(harness.Talk(*first, kGet), "");
  const auto refused = SplitResponses(harness.Talk(*second, kGet));
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].status, 503);
  EXPECT_EQ(refused[0].Field("Retry-After"), "1");
  EXPECT_EQ(refused[0].Field("Connection"), "");
  EXPECT_EQ(harness.limits_hit["requests_in_flight"], 1);
  // A body is not even asked for.
  const auto third = harness.Connect();
  const auto early = SplitResponses(harness.Talk(*third, Put(10, "Expect: 100-continue\r\n")));
  ASSERT_EQ(early.size(), 1u);
  EXPECT_EQ(early[0].status, 503);
  EXPECT_EQ(early[0].Field("Connection"), "close");
  harness.handler.OpenGate();
  harness.loop.RunReady();
  EXPECT_EQ(SplitResponses(first->TakeReceived())[0].status, 200);
  EXPECT_EQ(SplitResponses(harness.Talk(*second, kGet))[0].status, 200);
  EXPECT_EQ(harness.requests_in_flight, 0);
}

TEST(ServerLimitsTest, BodiesInFlightAreBounded) {
  ServerLimits limits;
  limits.body_bytes_in_flight_max = 200'000;
  ServerHarness harness(limits);
  harness.handler.handle = [](const Request&) { return Response{}; };
  const auto first = harness.Connect();
  const auto second = harness.Connect();
  const auto third = harness.Connect();
  EXPECT_EQ(harness.Talk(*first, Put(150'000) + std::string(140'000, 'a')), "");
  // Announced more than is left: refused before anything is read or `100 Continue` is sent.
  const auto refused =
      SplitResponses(harness.Talk(*second, Put(150'000, "Expect: 100-continue\r\n")));
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].status, 503);
  EXPECT_EQ(refused[0].Field("Retry-After"), "1");
  // Unannounced: refused when it grows too large.
  const std::string chunked = "PUT /k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  const auto grown =
      SplitResponses(harness.Talk(*third, chunked + "20000\r\n" + std::string(0x20000, 'b')));
  ASSERT_EQ(grown.size(), 1u);
  EXPECT_EQ(grown[0].status, 503);
  EXPECT_EQ(harness.limits_hit["body_bytes_in_flight"], 2);
  EXPECT_EQ(SplitResponses(harness.Talk(*first, std::string(10'000, 'a')))[0].status, 200);
  // The block was given back when the request was over.
  const auto fourth = harness.Connect();
  EXPECT_EQ(
      SplitResponses(harness.Talk(*fourth, Put(150'000) + std::string(150'000, 'a')))[0].status,
      200);
}

TEST(ServerLimitsTest, AnnouncedBodiesTakeNoMemoryBeforeTheyArrive) {
  ServerLimits limits;
  limits.body_bytes_in_flight_max = 1u << 20;
  ServerHarness harness(limits);
  std::vector<std::unique_ptr<PipeConnection>> peers;
  for (int i = 0; i < 100; ++i) {
    peers.push_back(harness.Connect());
    EXPECT_EQ(harness.Talk(*peers.back(), Put(1'000'000) + "a"), "");
  }
  EXPECT_EQ(harness.limits_hit["body_bytes_in_flight"], 0);
}

TEST(ServerLimitsTest, SlowReadersCannotHoldMoreThanTheLimit) {
  ServerLimits limits;
  limits.response_bytes_in_flight_max = 250'000;
  ServerHarness harness(limits);
  harness.handler.handle = [](const Request&) {
    Response response;
    response.body = OwnedBytes(std::string(200'000, 'v'));
    return response;
  };
  const auto slow = harness.Connect(nullptr, 1000);
  EXPECT_EQ(harness.Talk(*slow, kGet).size(), 1000u);
  // What would have to wait is not even begun for GET ...
  const auto next = harness.Connect(nullptr, 1000);
  EXPECT_EQ(SplitResponses(harness.Talk(*next, kGet))[0].status, 503);
  // ... and other methods get as much as the socket takes.
  const auto other = harness.Connect(nullptr, 1000);
  static_cast<void>(harness.Talk(*other, Put(1) + "a"));
  harness.loop.RunReady();
  EXPECT_EQ(harness.limits_hit["response_bytes_in_flight"], 2);
  EXPECT_EQ(harness.server->open_connections(), 2u);
  // A fast reader gets all of it.
  const auto fast = harness.Connect(nullptr, 300'000);
  EXPECT_EQ(SplitResponses(harness.Talk(*fast, Put(1) + "a"))[0].body.size(), 200'000u);
  // When the slow one is through there is room again.
  while (harness.loop.RunOne()) static_cast<void>(slow->TakeReceived());
  EXPECT_EQ(SplitResponses(harness.Talk(*next, kGet))[0].status, 200);
}

TEST(ServerLimitsTest, PipelinedAnswersGoOutInBoundedBatches) {
  ServerLimits limits;
  limits.pipelined_max = 8;
  ServerHarness harness(limits);
  int writes = 0;
  const auto peer = harness.Connect([&](PipeConnection& end) {
    end.behaviour().cut_write = [&](std::size_t n) {
      ++writes;
      return n;
    };
  });
  std::string requests;
  for (int i = 0; i < 32; ++i) requests += kGet;
  EXPECT_EQ(SplitResponses(harness.Talk(*peer, requests)).size(), 32u);
  EXPECT_EQ(writes, 4);
  EXPECT_GE(harness.limits_hit["pipelined"], 3);
}

}  // namespace
}  // namespace coolkit::http
