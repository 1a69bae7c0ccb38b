#include "feed/chain.h"

#include <gtest/gtest.h>

namespace coolkit::feed {
namespace {

model::Incarnation Life(std::uint8_t n, std::int64_t base) {
  model::Incarnation life;
  life.id[0] = n;
  life.base = base;
  return life;
}

struct ChainCase {
  const char* name;
  std::int64_t applied;
  std::int64_t prev;
  std::int64_t cur;
  Judgement judgement;
};

class ChainTest : public testing::TestWithParam<ChainCase> {};

TEST_P(ChainTest, R3AndR4) {
  const ChainCase& c = GetParam();
  Sample at;
  at.incarnation = Life(1, 5);
  at.applied = {c.applied};
  Frame frame;
  frame.incarnation = Life(1, 5);
  frame.prev = {c.prev};
  frame.cur = {c.cur};
  EXPECT_EQ(Judge(frame, at), c.judgement);
}

INSTANTIATE_TEST_SUITE_P(
    Frames, ChainTest,
    testing::Values(ChainCase{"Continues", 10, 10, 12, Judgement::kApply},
                    ChainCase{"OverlapsOfAnotherTailer", 10, 7, 12, Judgement::kApply},
                    ChainCase{"NothingChanged", 10, 10, 10, Judgement::kEchoOnly},
                    ChainCase{"WhatIsApplied", 10, 8, 10, Judgement::kEchoOnly},
                    ChainCase{"Late", 10, 3, 5, Judgement::kEchoOnly},
                    ChainCase{"OneMissing", 10, 11, 12, Judgement::kGap},
                    ChainCase{"HeartbeatAboveWhatIsApplied", 10, 11, 11, Judgement::kGap},
                    ChainCase{"Nonsense", 10, 9, 8, Judgement::kIgnore}),
    [](const testing::TestParamInfo<ChainCase>& param) { return param.param.name; });

Frame FrameOf(const model::Incarnation& life) {
  Frame frame;
  frame.incarnation = life;
  frame.prev = {1};
  frame.cur = {2};
  return frame;
}

TEST(Chain, FirstFrameBeginsALife) {
  EXPECT_EQ(Judge(FrameOf(Life(1, 0)), Sample{}), Judgement::kNewLife);
}

TEST(Chain, NewerIncarnationResetsWhateverItsPositions) {  // R12
  Sample at{Life(1, 5), {1'000'000}, {}};
  EXPECT_EQ(Judge(FrameOf(Life(2, 6)), at), Judgement::kNewLife);
}

TEST(Chain, OlderIncarnationIsIgnored) {  // R12
  Sample at{Life(2, 6), {1}, {}};
  EXPECT_EQ(Judge(FrameOf(Life(1, 5)), at), Judgement::kIgnore);
  EXPECT_EQ(Judge(FrameOf(Life(3, 6)), at), Judgement::kIgnore);
}

TEST(Chain, RaisedBaseIsTheSameLife) {
  Sample at{Life(1, 5), {1}, {}};
  EXPECT_EQ(Judge(FrameOf(Life(1, 9)), at), Judgement::kApply);
}

}  // namespace
}  // namespace coolkit::feed
