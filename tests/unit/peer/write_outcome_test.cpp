// R18: what the sender of a write says about its outcome, with the connection cut at every byte.
#include <gtest/gtest.h>

#include "peer/request_codec.h"
#include "unit/peer/harness.h"

namespace coolkit::peer {
namespace {

// Two connected pods, and a cut of the first one's output.
class CutPods : public TwoPods {
 public:
  explicit CutPods(Limits limits_in = {}) : TwoPods(limits_in) {
    dialer.prepare = [this](support::PipeConnection& mine, support::PipeConnection& other) {
      dialed = &mine;
      accepted = &other;
    };
    Connect();
    second.handler.hold = true;
  }
  // The pods use the cut until they are closed.
  ~CutPods() {
    first.Close();
    second.Close();
  }
  // From now on exactly `bytes` more reach the peer, then the connection breaks.
  void CutAfter(std::size_t bytes) {
    left = bytes;
    dialed->behaviour().faults = &faults;
    dialed->behaviour().cut_write = [this](std::size_t n) {
      const std::size_t now = std::min(n, left);
      left -= now;
      if (left == 0) faults.fail_at = faults.operations;  // the next operation
      return now;
    };
    if (left == 0) faults.fail_at = faults.operations;
  }

  support::PipeFaults faults;
  std::size_t left = 0;
  support::PipeConnection* dialed = nullptr;
  support::PipeConnection* accepted = nullptr;
};

std::size_t WireBytes(const ring::PeerWriteRequest& request) {
  return kHeaderBytes + EncodeWrite(request, BootTime()).size();
}

TEST(WriteOutcomeTest, IsUnknownExactlyWhenThePeerMayHaveItAll) {
  const std::size_t whole = WireBytes(PutOf("key", "value"));
  for (std::size_t cut = 0; cut <= whole; ++cut) {
    CutPods pods;
    pods.CutAfter(cut);
    const auto write = pods.Write(PutOf("key", "value"));
    pods.loop.RunReady();
    pods.second.server.Close();  // breaks the one that was not cut
    pods.loop.RunReady();
    ASSERT_EQ(write->size(), 1u) << cut;
    const bool taken = pods.second.handler.write_count > 0;
    EXPECT_EQ(taken, cut == whole) << cut;
    EXPECT_EQ(write->front().error().code,
              taken ? ErrorCode::kOutcomeUnknown : ErrorCode::kConnectionClosed)
        << cut;
  }
}

TEST(WriteOutcomeTest, EachOfSeveralInOneBlockIsJudgedByItself) {
  const std::size_t one = WireBytes(PutOf("key-0", "value"));
  for (std::size_t cut = 0; cut <= 3 * one; ++cut) {
    CutPods pods;
    pods.CutAfter(cut);
    std::vector<TwoPods::Slot<ring::PeerWriteReply>> writes;
    for (int i = 0; i < 3; ++i) {
      writes.push_back(pods.Write(PutOf("key-" + std::to_string(i), "value")));
    }
    pods.loop.RunReady();
    pods.second.server.Close();
    pods.loop.RunReady();
    const std::size_t whole = cut / one;
    EXPECT_EQ(static_cast<std::size_t>(pods.second.handler.write_count), whole) << cut;
    for (std::size_t i = 0; i < 3; ++i) {
      ASSERT_EQ(writes[i]->size(), 1u);
      EXPECT_EQ(writes[i]->front().error().code,
                i < whole ? ErrorCode::kOutcomeUnknown : ErrorCode::kConnectionClosed)
          << cut << " " << i;
    }
  }
}

TEST(WriteOutcomeTest, OfALongWriteTheLastPieceDecides) {
  const ring::PeerWriteRequest request = PutOf("key", std::string(200'000, 'v'));
  const std::size_t body = EncodeWrite(request, BootTime()).size();
  const std::size_t frames = (body + kChunkBytes - 1) / kChunkBytes;
  const std::size_t whole = body + frames * kHeaderBytes;
  for (const std::size_t cut : {std::size_t{1}, kChunkBytes, kChunkBytes + kHeaderBytes,
                                4 * kChunkBytes, whole - 1, whole}) {
    CutPods pods;
    pods.CutAfter(cut);
    const auto write = pods.Write(PutOf("key", std::string(200'000, 'v')));
    pods.loop.RunReady();
    pods.second.server.Close();
    pods.loop.RunReady();
    ASSERT_EQ(write->size(), 1u) << cut;
    EXPECT_EQ(pods.second.handler.write_count, cut == whole ? 1 : 0) << cut;
    EXPECT_EQ(write->front().error().code,
              cut == whole ? ErrorCode::kOutcomeUnknown : ErrorCode::kConnectionClosed)
        << cut;
  }
}

// A peer that takes no bytes: what had not begun is taken back, what had begun is aborted; neither
// ever arrives, and the connection goes on.
TEST(WriteOutcomeTest, ATimeoutBeforeAllWasSentMeansNotTaken) {
  Limits limits;
  limits.silence_max = seconds(60);
  limits.write_stall_max = seconds(60);
  limits.peer_timeout = seconds(30);  // the breaker stays out of it
  CutPods pods(limits);
  pods.second.handler.hold = false;
  // More often than messages may have begun: each is really forgotten by the peer.
  for (std::size_t i = 0; i < 2 * kPartialsMax; ++i) {
    pods.accepted->behaviour().stall_reads = true;
    const BootTime deadline = pods.loop.Now() + milliseconds(300);
    const auto begun = pods.Write(PutOf("big", std::string(1'000'000, 'v'), deadline));
    const auto waiting = pods.Write(PutOf("behind", std::string(1'000'000, 'v'), deadline));
    pods.loop.RunFor(milliseconds(299));
    EXPECT_TRUE(begun->empty());
    pods.loop.RunFor(milliseconds(2));
    ASSERT_EQ(begun->size() + waiting->size(), 2u);
    EXPECT_EQ(begun->front().error().code, ErrorCode::kOverloaded);
    EXPECT_EQ(waiting->front().error().code, ErrorCode::kOverloaded);
    pods.accepted->behaviour().stall_reads = false;
    pods.accepted->Kick();
    pods.loop.RunReady();
    EXPECT_EQ(pods.second.handler.write_count, 0);
    EXPECT_TRUE(pods.first.control.disconnected.empty());
  }
  const auto next = pods.Write(PutOf("next", "v"));
  pods.loop.RunReady();
  ASSERT_EQ(next->size(), 1u);
  EXPECT_TRUE(next->front());
  EXPECT_EQ(pods.second.handler.write_count, 1);
}

}  // namespace
}  // namespace coolkit::peer
