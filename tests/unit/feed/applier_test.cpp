#include "feed/applier.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace coolkit::feed {
namespace {

BootTime At(int ms) { return BootTime(milliseconds(ms)); }
model::Incarnation Life(std::uint8_t n) {
  model::Incarnation life;
  life.id[0] = n;
  life.base = n;
  return life;
}

// Writes down what it is told, and what readers could sample at that moment.
struct RecordingCache {
  State& state;
  std::vector<std::string> calls;

  void Note(const std::string& call) {
    calls.push_back(call + " at " + std::to_string(state.Read().applied.value));
  }
  void Apply(const model::ChangeSet& changes, model::Position cur) {
    Note("apply " + std::to_string(changes.keys.size()) + " to " + std::to_string(cur.value));
  }
  void ApplyGap(model::Position prev, model::Position applied) {
    Note("gap " + std::to_string(applied.value) + " to " + std::to_string(prev.value));
  }
  void Reset(const model::Incarnation& incarnation, model::Position floor) {
    calls.push_back("reset " + std::to_string(incarnation.base) + " to " +
                    std::to_string(floor.value));
  }
  void Settle(model::Position applied, BootTime /*horizon*/) {
    Note("settle " + std::to_string(applied.value));
  }
};

class ApplierTest : public testing::Test {
 protected:
  Frame FrameOf(std::int64_t prev, std::int64_t cur, int echo_ms = 0, std::uint8_t life = 1) {
    Frame frame;
    frame.incarnation = Life(life);
    frame.prev = {prev};
    frame.cur = {cur};
    if (echo_ms != 0) frame.echo = At(echo_ms);
    frame.changes.keys.resize(1);
    return frame;
  }
  void Begin() {
    applier_.Take(FrameOf(0, 10), OnGap::kFlush);
    cache_.calls.clear();
  }

  State state_;
  RecordingCache cache_{state_, {}};
  Applier<RecordingCache> applier_{cache_, state_};
};

using Calls = std::vector<std::string>;

TEST_F(ApplierTest, FirstFrameResets) {  // R12: no horizon yet
  EXPECT_EQ(applier_.Take(FrameOf(3, 10, 500), OnGap::kFlush), Judgement::kNewLife);
  EXPECT_EQ(cache_.calls, Calls{"reset 1 to 10"});
  EXPECT_EQ(state_.Read().applied.value, 10);
  EXPECT_EQ(state_.Read().horizon.at, kMinusInfinity);
}

TEST_F(ApplierTest, AllShardsBeforeThePositionAndTheHorizon) {  // R2, R3
  Begin();
  EXPECT_EQ(applier_.Take(FrameOf(10, 12, 500), OnGap::kFlush), Judgement::kApply);
  EXPECT_EQ(cache_.calls, (Calls{"apply 1 to 12 at 10", "settle 12 at 12"}));
  EXPECT_EQ(state_.Read().horizon.at, At(500));
}

TEST_F(ApplierTest, EchoOfAnOldFrameCounts) {  // R3
  Begin();
  EXPECT_EQ(applier_.Take(FrameOf(2, 9, 700), OnGap::kFlush), Judgement::kEchoOnly);
  EXPECT_EQ(cache_.calls, Calls{"settle 10 at 10"});
  EXPECT_EQ(state_.Read().applied.value, 10);
  EXPECT_EQ(state_.Read().horizon.at, At(700));
}

TEST_F(ApplierTest, GapIsAskedForAgain) {  // R4
  Begin();
  EXPECT_EQ(applier_.Take(FrameOf(11, 12, 700), OnGap::kAsk), Judgement::kGap);
  EXPECT_TRUE(cache_.calls.empty());
  EXPECT_EQ(state_.Read().applied.value, 10);
  EXPECT_EQ(state_.Read().horizon.at, kMinusInfinity) << "the echo of a gap proves nothing";
}

TEST_F(ApplierTest, GapIsFlushedBeforeTheFrameIsApplied) {  // R4
  Begin();
  EXPECT_EQ(applier_.Take(FrameOf(11, 12, 700), OnGap::kFlush), Judgement::kGap);
  EXPECT_EQ(cache_.calls, (Calls{"gap 10 to 11 at 10", "apply 1 to 12 at 10", "settle 12 at 12"}));
  EXPECT_EQ(state_.Read().horizon.at, At(700));
}

TEST_F(ApplierTest, NewLifeTakesTheHorizonAway) {  // R12
  Begin();
  applier_.Take(FrameOf(10, 12, 500), OnGap::kFlush);
  EXPECT_EQ(applier_.Take(FrameOf(2, 3, 600, 2), OnGap::kFlush), Judgement::kNewLife);
  EXPECT_EQ(state_.Read().incarnation, Life(2));
  EXPECT_EQ(state_.Read().applied.value, 3);
  EXPECT_EQ(state_.Read().horizon.at, kMinusInfinity);
  // Late frames of the old life change nothing.
  cache_.calls.clear();
  EXPECT_EQ(applier_.Take(FrameOf(10, 14, 900), OnGap::kFlush), Judgement::kIgnore);
  EXPECT_TRUE(cache_.calls.empty());
  EXPECT_EQ(state_.Read().horizon.at, kMinusInfinity);
}

}  // namespace
}  // namespace coolkit::feed
