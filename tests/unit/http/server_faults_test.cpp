// The n-th read or write of a conversation fails, n = 0…N: nothing crashes, leaks or is answered
// twice, whatever the order of the loop's work.
#include <gtest/gtest.h>

#include "base/random.h"
#include "http/server.h"
#include "support/http_server_harness.h"

namespace coolkit::http {
namespace {

using support::PipeConnection;
using support::PipeFaults;
using support::ServerHarness;
using support::SplitResponses;

// Every kind of step that a connection takes.
const std::string kConversation =
    "GET /0 HTTP/1.1\r\nHost: x\r\n\r\n"
    "PUT /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3000\r\n\r\n" +
    std::string(3000, 'a') +
    "PUT /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    "HEAD /3 HTTP/1.1\r\nHost: x\r\n\r\n"
    "DELETE /4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    "GET /never HTTP/1.1\r\nHost: x\r\n\r\n";

struct Play {
  std::size_t operations = 0;
  int handled = 0;
  std::size_t targets = 0;
  std::string received;
};

Play PlayOnce(std::size_t fail_at, std::uint64_t seed, bool posted) {
  SeededRandom random(seed);
  ServerHarness harness({}, seed == 0 ? nullptr : &random);
  PipeFaults faults{fail_at, 0};
  const auto peer = harness.Connect([&](PipeConnection& end) {
    end.behaviour().posted = posted;
    end.behaviour().cut_read = [&](std::size_t) { return 1 + random.Below(400); };
    end.behaviour().cut_write = [&](std::size_t) { return 1 + random.Below(150); };
    end.behaviour().faults = &faults;
  });
  harness.handler.gate_open = false;
  peer->Send(kConversation);
  Play play;
  do {
    harness.loop.RunReady();
    play.received += peer->TakeReceived();
    const bool opened = !harness.handler.waiting.empty();
    harness.handler.OpenGate();
    harness.handler.gate_open = random.Below(2) == 0;
    if (opened) harness.loop.RunReady();
  } while (harness.loop.RunOne());
  harness.handler.OpenGate();
  harness.loop.RunFor(seconds(120));
  play.received += peer->TakeReceived();
  EXPECT_EQ(harness.server->open_connections(), 0u) << "operation " << fail_at;
  EXPECT_EQ(harness.requests_in_flight, 0);
  play.operations = faults.operations;
  play.handled = harness.handler.handled;
  play.targets = harness.handler.targets.size();
  for (std::size_t i = 0; i < harness.handler.targets.size(); ++i) {
    EXPECT_EQ(harness.handler.targets[i], "/" + std::to_string(i)) << "operation " << fail_at;
  }
  return play;
}

TEST(ServerFaultsTest, EveryOperationMayFail) {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const bool posted = seed % 2 == 1;
    const Play good = PlayOnce(PipeFaults::kNone, seed, posted);
    ASSERT_EQ(good.handled, 5) << "seed " << seed;
    ASSERT_EQ(good.targets, 5u);
    ASSERT_GT(good.operations, 10u);
    for (std::size_t n = 0; n <= good.operations; ++n) {
      const Play play = PlayOnce(n, seed, posted);
      EXPECT_LE(play.handled, 5);
      // At most one record per request, and none without having been handled.
      EXPECT_LE(play.targets, static_cast<std::size_t>(play.handled));
    }
  }
}

TEST(ServerFaultsTest, TheClientMayVanishAtAnyByte) {
  for (std::size_t bytes = 0; bytes < kConversation.size(); bytes += 37) {
    for (const bool reset : {false, true}) {
      ServerHarness harness;
      auto peer = harness.Connect();
      peer->Send(std::string_view(kConversation).substr(0, bytes));
      if (reset) {
        peer.reset();
      } else {
        peer->ShutdownWrite();
      }
      harness.loop.RunFor(seconds(5));
      EXPECT_EQ(harness.server->open_connections(), 0u) << bytes;
    }
  }
}

}  // namespace
}  // namespace coolkit::http
