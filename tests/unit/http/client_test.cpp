#include "http/client.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "support/http_server_harness.h"
#include "support/pipe_connection.h"

namespace coolkit::http {
namespace {

using support::ManualClock;
using support::ManualLoop;
using support::PipeConnection;
using support::PipeFaults;
using support::ServerHarness;

// One exchange against a peer whose bytes the test writes.
class ClientTest : public ::testing::Test {
 protected:
  ClientTest() : loop(clock), pair(PipeConnection::Make(loop)) {}

  void Begin(ClientRequest request, ClientLimits limits = {}) {
    request.host = "x";
    net::Task<Result<ClientResponse>> task =
        Exchange(*pair.first, std::move(request), clock.Now() + seconds(5), limits);
    net::Detach(std::move(task),
                [this](Result<ClientResponse> outcome) { result.emplace(std::move(outcome)); });
    loop.RunReady();
  }
  // The whole exchange, `answer` being all that the server says before it ends its side.
  Result<ClientResponse> Answered(const std::string& answer, ClientRequest request = {},
                                  ClientLimits limits = {}) {
    Begin(std::move(request), limits);
    pair.second->Send(answer);
    pair.second->ShutdownWrite();
    loop.RunReady();
    EXPECT_TRUE(result.has_value()) << answer;
    return result.value_or(Result<ClientResponse>(ClientResponse{}));
  }
  ErrorCode ErrorOf(const std::string& answer, ClientLimits limits = {}) {
    pair = PipeConnection::Make(loop);
    result.reset();
    const Result<ClientResponse> response = Answered(answer, {}, limits);
    EXPECT_FALSE(response.has_value()) << answer;
    return response ? ErrorCode::kInternal : response.error().code;
  }

  ManualClock clock;
  ManualLoop loop;
  PipeConnection::Pair pair;
  std::optional<Result<ClientResponse>> result;
};

TEST_F(ClientTest, SendsOneRequestAndReadsItsAnswer) {
  ClientRequest request;
  request.method = "PUT";
  request.target = "/a?b";
  request.headers = {{"Content-Type", "text/plain"}};
  request.body = "body";
  Begin(request);
  EXPECT_EQ(pair.second->TakeReceived(),
            "PUT /a?b HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\n"
            "body");
  pair.second->Send("HTTP/1.1 201 Created\r\nETag: \"7\"\r\nContent-Length: 2\r\n\r\nok");
  loop.RunReady();
  ASSERT_TRUE(result && *result);
  const ClientResponse& response = **result;
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.Header("etag"), "\"7\"");
  EXPECT_EQ(response.Header("none"), "");
  EXPECT_EQ(response.body, "ok");
  EXPECT_TRUE(response.keep_alive);
}

TEST_F(ClientTest, ReadsEveryFraming) {
  EXPECT_EQ(Answered("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "3\r\nabc\r\n2;x\r\nde\r\n0\r\nT: u\r\n\r\n")
                ->body,
            "abcde");
}

TEST_F(ClientTest, ReadsUntilTheEnd) {
  const auto response = Answered("HTTP/1.1 200 OK\r\n\r\nall of it");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "all of it");
  EXPECT_FALSE(response->keep_alive);
}

TEST_F(ClientTest, SkipsInterimAnswers) {
  const auto response = Answered(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
      "HTTP/1.1 204 No Content\r\n\r\n");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 204);
  EXPECT_TRUE(response->keep_alive);
}

TEST_F(ClientTest, AnswersToHeadHaveNoBody) {
  ClientRequest request;
  request.method = "HEAD";
  const auto response = Answered("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", request);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "");
  EXPECT_EQ(response->Header("content-length"), "10");
  EXPECT_TRUE(response->keep_alive);
}

TEST_F(ClientTest, BytesBehindTheAnswerEndTheConnection) {
  const auto response = Answered("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "a");
  EXPECT_FALSE(response->keep_alive);
}

TEST_F(ClientTest, ReportsWhatIsWrong) {
  EXPECT_EQ(ErrorOf(""), ErrorCode::kConnectionClosed);
  EXPECT_EQ(ErrorOf("HTTP/1.1 200 OK\r\n"), ErrorCode::kConnectionClosed);
  EXPECT_EQ(ErrorOf("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"),
            ErrorCode::kConnectionClosed);
  EXPECT_EQ(ErrorOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
            ErrorCode::kConnectionClosed);
  EXPECT_EQ(ErrorOf("hello\r\n"), ErrorCode::kMalformedRequest);
  EXPECT_EQ(ErrorOf("HTTP/1.1 200 OK\nContent-Length: 0\n\n"), ErrorCode::kMalformedRequest);
  EXPECT_EQ(ErrorOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n"),
            ErrorCode::kMalformedRequest);
  EXPECT_EQ(ErrorOf("HTTP/1.1 101 Switching Protocols\r\n\r\n"), ErrorCode::kMalformedRequest);
  std::string interim;
  for (int i = 0; i < 20; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(ErrorOf(interim), ErrorCode::kMalformedRequest);
}

TEST_F(ClientTest, BoundsWhatItReads) {
  ClientLimits limits;
  limits.body_bytes_max = 10;
  limits.header_bytes_max = 200;
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  EXPECT_EQ(ErrorOf(ok + "Content-Length: 11\r\n\r\n", limits), ErrorCode::kPayloadTooLarge);
  EXPECT_EQ(ErrorOf(ok + "Transfer-Encoding: chunked\r\n\r\nb\r\n", limits),
            ErrorCode::kPayloadTooLarge);
  EXPECT_EQ(ErrorOf(ok + "\r\n01234567890", limits), ErrorCode::kPayloadTooLarge);
  EXPECT_EQ(ErrorOf(ok + "A: " + std::string(300, 'a'), limits), ErrorCode::kMalformedRequest);
}

TEST_F(ClientTest, SendsNothingThatWouldBeMalformed) {
  const auto refused = [&](ClientRequest request) {
    result.reset();
    Begin(std::move(request));
    EXPECT_EQ(pair.second->TakeReceived(), "");
    return result && !*result && result->error().code == ErrorCode::kInvalidRequest;
  };
  ClientRequest request;
  request.method = "GE T";
  EXPECT_TRUE(refused(request));
  request = {};
  request.target = "/a b";
  EXPECT_TRUE(refused(request));
  request.target = "";
  EXPECT_TRUE(refused(request));
  for (const auto& header :
       std::vector<std::pair<std::string, std::string>>{{"A", "b\r\nC: d"},
                                                        {"A b", "c"},
                                                        {"", "c"},
                                                        {"Content-Length", "5"},
                                                        {"host", "y"},
                                                        {"Transfer-Encoding", "chunked"}}) {
    request = {};
    request.headers = {header};
    EXPECT_TRUE(refused(request)) << header.first;
  }
}

TEST_F(ClientTest, TimesOut) {
  Begin({});
  loop.RunFor(seconds(5) - milliseconds(1));
  EXPECT_FALSE(result.has_value());
  loop.RunFor(milliseconds(1));
  ASSERT_TRUE(result && !*result);
  EXPECT_EQ(result->error().code, ErrorCode::kTimeout);
}

TEST_F(ClientTest, TakesAnEarlyAnswerWhileTheBodyIsStuck) {
  pair = PipeConnection::Make(loop, 1000);
  ClientRequest request;
  request.method = "PUT";
  request.body = std::string(100'000, 'b');
  Begin(request);
  EXPECT_FALSE(result.has_value());
  pair.second->Send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
  loop.RunReady();
  ASSERT_TRUE(result && *result);
  EXPECT_EQ((*result)->status, 413);
  EXPECT_FALSE((*result)->keep_alive);
}

TEST(ClientFaultsTest, EveryOperationMayFail) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    std::size_t operations = 0;
    for (std::size_t n = PipeFaults::kNone; n == PipeFaults::kNone || n <= operations;
         n = n == PipeFaults::kNone ? 0 : n + 1) {
      SeededRandom random(seed);
      ServerHarness harness;
      PipeFaults faults{n, 0};
      const auto connection = harness.Connect(nullptr, 2000);
      connection->behaviour().posted = seed % 2 == 0;
      connection->behaviour().cut_read = [&](std::size_t) { return 1 + random.Below(300); };
      connection->behaviour().cut_write = [&](std::size_t) { return 1 + random.Below(900); };
      connection->behaviour().faults = &faults;
      std::optional<Result<ClientResponse>> result;
      ClientRequest request;
      request.method = "PUT";
      request.target = "/k";
      request.host = "x";
      request.body = std::string(5000, 'b');
      net::Task<Result<ClientResponse>> task =
          Exchange(*connection, std::move(request), harness.clock.Now() + seconds(5));
      net::Detach(std::move(task),
                  [&](Result<ClientResponse> outcome) { result.emplace(std::move(outcome)); });
      harness.loop.RunFor(seconds(6));
      ASSERT_TRUE(result.has_value()) << "operation " << n;
      if (n == PipeFaults::kNone) {
        ASSERT_TRUE(*result);
        EXPECT_EQ((*result)->body.size(), 5007u);
        operations = faults.operations;
        ASSERT_GT(operations, 10u);
      } else if (*result) {
        EXPECT_EQ((*result)->body.size(), 5007u);
      }
    }
  }
}

}  // namespace
}  // namespace coolkit::http
