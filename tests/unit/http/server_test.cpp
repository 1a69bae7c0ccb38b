#include "http/server.h"

#include <gtest/gtest.h>

#include "support/http_server_harness.h"

namespace coolkit::http {
namespace {

using support::PipeConnection;
using support::RawResponse;
using support::ServerHarness;
using support::SplitResponses;

TEST(ServerTest, AnswersAndKeepsTheConnection) {
  ServerHarness harness;
  const auto peer = harness.Connect();
  EXPECT_EQ(harness.Talk(*peer, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain\r\n"
            "Content-Length: 7\r\n\r\nGET /a ");
  harness.date_seconds += 1;
  EXPECT_EQ(harness.Talk(*peer, "GET /b HTTP/1.1\r\nHost: x\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:38 GMT\r\nContent-Type: text/plain\r\n"
            "Content-Length: 7\r\n\r\nGET /b ");
  EXPECT_FALSE(peer->AtEnd());
  EXPECT_EQ(harness.server->open_connections(), 1u);
  EXPECT_EQ(harness.connections_open, 1);
  ASSERT_EQ(harness.handler.records.size(), 2u);
  EXPECT_EQ(harness.handler.records[0].request_bytes, 28u);
  EXPECT_EQ(harness.handler.records[0].response_bytes, 101u + 7u);
}

TEST(ServerTest, ClosesWhenTheClientAsks) {
  for (const char* head : {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                           "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Close\r\n\r\n",
                           "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.0\r\nConnection: x\r\n\r\n"}) {
    ServerHarness harness;
    const auto peer = harness.Connect();
    const auto responses = SplitResponses(harness.Talk(*peer, head));
    ASSERT_EQ(responses.size(), 1u) << head;
    EXPECT_EQ(responses[0].status, 200);
    EXPECT_EQ(responses[0].Field("Connection"), "close");
    EXPECT_TRUE(peer->AtEnd());
    peer->Close();
    harness.loop.RunReady();
    EXPECT_EQ(harness.server->open_connections(), 0u);
  }
}

TEST(ServerTest, KeepsAnHttp10ConnectionOnlyOnRequestAndSaysSo) {
  ServerHarness harness;
  const auto peer = harness.Connect();
  const auto responses =
      SplitResponses(harness.Talk(*peer, "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].Field("Connection"), "keep-alive");
  EXPECT_FALSE(peer->AtEnd());
}

TEST(ServerTest, ClosesWhenTheHandlerAsks) {
  ServerHarness harness;
  harness.handler.handle = [](const Request&) {
    Response response;
    response.close = true;
    return response;
  };
  const auto peer = harness.Connect();
  const std::string request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  const auto responses = SplitResponses(harness.Talk(*peer, request + request));
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].Field("Connection"), "close");
  EXPECT_TRUE(peer->AtEnd());
}

TEST(ServerTest, HeadHasTheHeadersOfGetAndNoBody) {
  ServerHarness harness;
  harness.handler.handle = [](const Request&) {
    Response response;
    response.AddHeader("ETag", "\"7\"");
    response.body = OwnedBytes::Static("0123456789");
    return response;
  };
  const auto peer = harness.Connect();
  const std::string get = harness.Talk(*peer, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string head = harness.Talk(*peer, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(get, head + "0123456789");
  EXPECT_NE(head.find("Content-Length: 10\r\n"), std::string::npos);
}

TEST(ServerTest, AnswersPipelinedRequestsInOrderInOneWrite) {
  ServerHarness harness;
  int writes = 0;
  const auto peer = harness.Connect([&](PipeConnection& end) {
    end.behaviour().cut_write = [&writes](std::size_t n) {
      ++writes;
      return n;
    };
  });
  std::string requests;
  for (int i = 0; i < 10; ++i) {
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
    requests += "PUT /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab";
  }
  const auto responses = SplitResponses(harness.Talk(*peer, requests));
  ASSERT_EQ(responses.size(), 20u);
  for (int i = 0; i < 10; ++i) {
    const auto at = static_cast<std::size_t>(2 * i);
    EXPECT_EQ(responses[at].body, "GET /" + std::to_string(i) + " ");
    EXPECT_EQ(responses[at + 1].body, "PUT /" + std::to_string(i) + " ab");
  }
  EXPECT_EQ(writes, 1);
  EXPECT_EQ(harness.handler.records.size(), 20u);
  EXPECT_EQ(harness.handler.targets[19], "/9");
}

TEST(ServerTest, AnswersDoNotWaitForTheHandlerOfALaterPipelinedRequest) {
  ServerHarness harness;
  harness.handler.handle = [&harness](const Request& request) {
    if (request.head->target == "/1") harness.handler.gate_open = false;
    Response response;
    response.body = OwnedBytes(std::string(request.head->target));
    return response;
  };
  const auto peer = harness.Connect();
  std::string requests;
  for (int i = 0; i < 4; ++i) {
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  }
  EXPECT_EQ(SplitResponses(harness.Talk(*peer, requests)).size(), 2u);
  EXPECT_EQ(harness.handler.handled, 3);
  EXPECT_EQ(harness.requests_in_flight, 1);
  harness.handler.OpenGate();
  harness.loop.RunReady();
  const auto rest = SplitResponses(peer->TakeReceived());
  ASSERT_EQ(rest.size(), 2u);
  EXPECT_EQ(rest[0].body, "/2");
  EXPECT_EQ(rest[1].body, "/3");
  EXPECT_EQ(harness.requests_in_flight, 0);
}

TEST(ServerTest, ReadsBodiesOfEverySize) {
  ServerHarness harness;
  const auto peer = harness.Connect();
  for (const std::size_t size : {0u, 1u, 100u, 2000u, 2048u, 5000u, 70'000u, 1'048'576u}) {
    const std::string body(size, 'b');
    peer->Send("PUT /k HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) +
               "\r\n\r\n" + body);
    std::string received;
    do {
      harness.loop.RunReady();
      received += peer->TakeReceived();
    } while (harness.loop.RunOne());
    const auto responses = SplitResponses(received);
    ASSERT_EQ(responses.size(), 1u) << size;
    EXPECT_EQ(responses[0].body, "PUT /k " + body) << size;
  }
}

TEST(ServerTest, RemovesChunksAndGoesOnBehindThem) {
  ServerHarness harness;
  const auto peer = harness.Connect();
  const auto responses =
      SplitResponses(harness.Talk(*peer,
                                  "PUT /k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                                  "5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n"
                                  "GET /next HTTP/1.1\r\nHost: x\r\n\r\n"));
  ASSERT_EQ(responses.size(), 2u);
  EXPECT_EQ(responses[0].body, "PUT /k hello world");
  EXPECT_EQ(responses[1].body, "GET /next ");
}

TEST(ServerTest, ChunkedBodyArrivesInPieces) {
  ServerHarness harness;
  const auto peer = harness.Connect();
  std::string sent = "PUT /k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string expected = "PUT /k ";
  EXPECT_EQ(harness.Talk(*peer, sent), "");
  for (int i = 1; i < 200; ++i) {
    const std::string data(static_cast<std::size_t>(i * 7), static_cast<char>('a' + i % 26));
    char size[16];
    std::snprintf(size, sizeof size, "%zX\r\n", data.size());
    EXPECT_EQ(harness.Talk(*peer, size + data + "\r\n"), "");
    expected += data;
  }
  peer->Send("0\r\n\r\n");
  std::string received;
  do {
    harness.loop.RunReady();
    received += peer->TakeReceived();
  } while (harness.loop.RunOne());
  const auto responses = SplitResponses(received);
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].body, expected);
}

TEST(ServerTest, ContinueComesAfterAdmissionOnly) {
  ServerHarness harness;
  const auto peer = harness.Connect();
  const std::string head =
      "PUT /k HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n";
  EXPECT_EQ(harness.Talk(*peer, head), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(harness.handler.admitted, 1);
  EXPECT_EQ(harness.handler.handled, 0);
  const auto responses = SplitResponses(harness.Talk(*peer, "ab"));
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].body, "PUT /k ab");
  // The body is on its way already: nobody waits for the interim answer.
  EXPECT_EQ(SplitResponses(harness.Talk(*peer, head + "ab")).size(), 1u);
  // No body, nothing to wait for; HTTP/1.0 does not know interim answers.
  const std::string none = "GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n";
  EXPECT_EQ(SplitResponses(harness.Talk(*peer, none)).size(), 1u);
  const std::string old = "PUT /k HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
  EXPECT_EQ(harness.Talk(*peer, old), "");
  EXPECT_EQ(SplitResponses(harness.Talk(*peer, "ab")).size(), 1u);
}

TEST(ServerTest, RefusedExpectationGetsNoContinueAndTheConnectionEnds) {
  ServerHarness harness;
  harness.handler.admit = [](const RequestHead&) {
    Admission admission;
    admission.refusal.emplace();
    admission.refusal->status = 415;
    return admission;
  };
  const auto peer = harness.Connect();
  const auto responses = SplitResponses(harness.Talk(
      *peer, "PUT /k HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].status, 415);
  EXPECT_EQ(responses[0].Field("Connection"), "close");
  EXPECT_TRUE(peer->AtEnd());
  EXPECT_EQ(harness.handler.handled, 0);
}

TEST(ServerTest, RefusedTinyBodyIsDroppedAndTheConnectionGoesOn) {
  ServerHarness harness;
  harness.handler.admit = [](const RequestHead& head) {
    Admission admission;
    admission.body_bytes_max = 100;
    if (head.target == "/no") {
      admission.refusal.emplace();
      admission.refusal->status = 404;
    }
    return admission;
  };
  const auto peer = harness.Connect();
  const auto responses = SplitResponses(
      harness.Talk(*peer,
                   "PUT /no HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                   "PUT /no HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: 100-continue\r\n"
                   "\r\nx"
                   "GET /no HTTP/1.1\r\nHost: x\r\n\r\n"
                   "GET /yes HTTP/1.1\r\nHost: x\r\n\r\n"
                   "PUT /no HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"));
  ASSERT_EQ(responses.size(), 5u);
  EXPECT_EQ(responses[0].status, 404);
  EXPECT_EQ(responses[1].status, 404);
  EXPECT_EQ(responses[2].status, 404);
  EXPECT_EQ(responses[3].status, 200);
  EXPECT_EQ(responses[3].Field("Connection"), "");
  EXPECT_EQ(responses[4].status, 404);
  EXPECT_EQ(responses[4].Field("Connection"), "close");
  EXPECT_TRUE(peer->AtEnd());
}

TEST(ServerTest, StatusesWithoutBodyHaveNoLength) {
  ServerHarness harness;
  int status = 204;
  std::optional<std::uint64_t> length;
  harness.handler.handle = [&](const Request&) {
    Response response;
    response.status = status;
    response.content_length_override = length;
    return response;
  };
  const auto peer = harness.Connect();
  const std::string request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  EXPECT_EQ(harness.Talk(*peer, request),
            "HTTP/1.1 204 No Content\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
  status = 304;
  EXPECT_EQ(SplitResponses(harness.Talk(*peer, request))[0].Field("Content-Length"), "");
  length = 12;
  EXPECT_EQ(SplitResponses(harness.Talk(*peer, request))[0].Field("Content-Length"), "12");
  status = 200;
  length.reset();
  EXPECT_EQ(SplitResponses(harness.Talk(*peer, request))[0].Field("Content-Length"), "0");
}

TEST(ServerTest, HandsTheConnectionOverAfterAnUpgrade) {
  ServerHarness harness;
  std::unique_ptr<net::Connection> taken;
  std::string leftover;
  harness.handler.handle = [&](const Request&) {
    Response response;
    response.status = 101;
    response.headers = "Connection: Upgrade\r\nUpgrade: coolkit-peer/1\r\n";
    response.upgrade = std::make_unique<Response::UpgradeTaker>(
        [&](std::unique_ptr<net::Connection> connection, std::string bytes) {
          taken = std::move(connection);
          leftover = std::move(bytes);
        });
    return response;
  };
  const auto peer = harness.Connect();
  EXPECT_EQ(harness.Talk(*peer,
                         "GET /peer HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
                         "Upgrade: coolkit-peer/1\r\n\r\nfirst frame"),
            "HTTP/1.1 101 Switching Protocols\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Connection: Upgrade\r\nUpgrade: coolkit-peer/1\r\n\r\n");
  ASSERT_NE(taken, nullptr);
  EXPECT_EQ(leftover, "first frame");
  EXPECT_EQ(harness.server->open_connections(), 0u);
  harness.Shutdown();
  EXPECT_FALSE(peer->AtEnd());
}

TEST(ServerTest, AnswersAClientThatHasShutDownItsSide) {
  ServerHarness harness;
  const auto peer = harness.Connect();
  peer->Send("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  peer->ShutdownWrite();
  harness.loop.RunReady();
  EXPECT_EQ(SplitResponses(peer->TakeReceived()).size(), 2u);
  EXPECT_EQ(harness.server->open_connections(), 0u);
}

TEST(ServerTest, ArrivalIsNotBeforeTheLastByteOfTheHead) {
  ServerHarness harness;
  BootTime arrived{};
  harness.handler.handle = [&](const Request& request) {
    arrived = request.head->arrived;
    return Response{};
  };
  const auto peer = harness.Connect();
  EXPECT_EQ(harness.Talk(*peer, "GET / HTTP/1.1\r\nHost: x\r\n"), "");
  harness.loop.RunFor(seconds(2));
  const BootTime before = harness.clock.Now();
  EXPECT_NE(harness.Talk(*peer, "\r\n"), "");
  EXPECT_EQ(arrived, before);
}

TEST(ServerTest, BodiesAreWrittenFromWhereTheyLie) {
  ServerHarness harness;
  static const std::string value(3000, 'v');
  const void* released = nullptr;
  static const void** released_at = &released;
  harness.handler.handle = [](const Request&) {
    Response response;
    response.body =
        OwnedBytes(value, value.data(), [](const void* owner) { *released_at = owner; });
    return response;
  };
  const auto peer = harness.Connect(nullptr, 100);
  std::string received = harness.Talk(*peer, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(received.size(), 100u);
  EXPECT_EQ(released, nullptr);
  while (harness.loop.RunOne()) received += peer->TakeReceived();
  EXPECT_TRUE(received.ends_with("\r\n\r\n" + value));
  EXPECT_EQ(released, value.data());
}

}  // namespace
}  // namespace coolkit::http
