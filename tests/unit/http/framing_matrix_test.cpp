// Every malformed request is refused and nothing behind it is served; every good one is served;
// and neither depends on how the bytes are split.
#include <gtest/gtest.h>

#include "base/random.h"
#include "support/http_server_harness.h"
#include "unit/http/good_requests.h"
#include "unit/http/malformed_bodies.h"
#include "unit/http/malformed_heads.h"

namespace coolkit::http {
namespace {

using support::PipeConnection;
using support::RawResponse;
using support::ServerHarness;
using support::SplitResponses;

std::vector<WireCase> MalformedRequests() {
  std::vector<WireCase> cases = MalformedHeads();
  for (WireCase& wire_case : MalformedBodies()) cases.push_back(std::move(wire_case));
  return cases;
}

const std::string kSmuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

// What came back, and whether the connection is at its end.
struct Outcome {
  std::string received;
  bool ended = false;
  int handled = 0;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

using Cut = std::function<std::size_t(std::size_t)>;

Outcome Serve(const std::string& bytes, const Cut& cut, bool posted = false) {
  ServerHarness harness;
  const auto peer = harness.Connect([&](PipeConnection& end) {
    end.behaviour().cut_read = cut;
    end.behaviour().posted = posted;
  });
  Outcome outcome;
  outcome.received = harness.Talk(*peer, bytes);
  outcome.ended = peer->AtEnd();
  outcome.handled = harness.handler.handled;
  return outcome;
}

// Reads end after `first` bytes of the connection, then as far as they can.
Cut SplitAt(std::size_t first) {
  return [left = first](std::size_t n) mutable {
    const std::size_t cut = left == 0 ? n : std::min(left, n);
    left -= std::min(left, cut);
    return cut;
  };
}

void ExpectSameInAnySplit(const char* name, const std::string& bytes) {
  const Outcome whole = Serve(bytes, nullptr);
  EXPECT_EQ(Serve(bytes, [](std::size_t) { return std::size_t{1}; }), whole) << name;
  EXPECT_EQ(Serve(bytes, nullptr, true), whole) << name;
  const std::size_t step = bytes.size() > 500 ? bytes.size() / 50 : 1;
  for (std::size_t at = 1; at < bytes.size(); at += step) {
    ASSERT_EQ(Serve(bytes, SplitAt(at)), whole) << name << " split at " << at;
  }
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SeededRandom random(seed);
    const Cut cut = [&random](std::size_t n) {
      return 1 + random.Below(std::min<std::size_t>(n, 20));
    };
    ASSERT_EQ(Serve(bytes, cut), whole) << name << " seed " << seed;
  }
}

TEST(FramingMatrixTest, HasAtLeast144MalformedCases) {
  EXPECT_GE(MalformedRequests().size(), 144u);
  RecordProperty("cases", static_cast<int>(MalformedRequests().size()));
}

TEST(FramingMatrixTest, RefusesEveryMalformedRequestAndCloses) {
  for (const WireCase& wire_case : MalformedRequests()) {
    const Outcome outcome = Serve(wire_case.bytes + kSmuggled, nullptr);
    const auto responses = SplitResponses(outcome.received);
    ASSERT_EQ(responses.size(), 1u) << wire_case.name;
    EXPECT_EQ(responses[0].status, wire_case.status) << wire_case.name;
    EXPECT_EQ(responses[0].Field("Connection"), "close") << wire_case.name;
    EXPECT_FALSE(responses[0].body.empty()) << wire_case.name;
    EXPECT_TRUE(outcome.ended) << wire_case.name;
    EXPECT_EQ(outcome.handled, 0) << wire_case.name;
  }
}

TEST(FramingMatrixTest, RefusesMalformedRequestsBehindGoodOnes) {
  const std::string good = "GET /good HTTP/1.1\r\nHost: x\r\n\r\n";
  for (const WireCase& wire_case : MalformedRequests()) {
    // One empty line may stand before a request: behind another request this case is a good one.
    const Outcome outcome = Serve(good + wire_case.bytes + kSmuggled, nullptr);
    const auto responses = SplitResponses(outcome.received);
    ASSERT_EQ(responses.size(), 2u) << wire_case.name;
    EXPECT_EQ(responses[0].body, "GET /good ") << wire_case.name;
    EXPECT_EQ(responses[1].status, wire_case.status) << wire_case.name;
    EXPECT_TRUE(outcome.ended) << wire_case.name;
  }
}

TEST(FramingMatrixTest, RefusalsAreTheSameInAnySplit) {
  for (const WireCase& wire_case : MalformedRequests()) {
    ExpectSameInAnySplit(wire_case.name, wire_case.bytes + kSmuggled);
  }
}

TEST(FramingMatrixTest, ServesEveryGoodRequest) {
  for (const GoodCase& good : GoodRequests()) {
    const Outcome outcome = Serve(good.bytes, nullptr);
    const auto responses = SplitResponses(outcome.received);
    ASSERT_EQ(responses.size(), good.bodies.size()) << good.name << "\n" << outcome.received;
    for (std::size_t i = 0; i < responses.size(); ++i) {
      EXPECT_EQ(responses[i].status, 200) << good.name;
      EXPECT_EQ(responses[i].body, good.bodies[i]) << good.name;
    }
  }
}

TEST(FramingMatrixTest, AnswersAreTheSameInAnySplit) {
  for (const GoodCase& good : GoodRequests()) ExpectSameInAnySplit(good.name, good.bytes);
}

}  // namespace
}  // namespace coolkit::http
