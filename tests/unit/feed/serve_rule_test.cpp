#include "feed/serve_rule.h"

#include <gtest/gtest.h>

namespace coolkit::feed {
namespace {

constexpr BootTime At(std::int64_t ms) { return BootTime(milliseconds(ms)); }
constexpr DbTime Db(std::int64_t ms) { return DbTime(milliseconds(ms)); }
constexpr std::int64_t kNone = INT64_MIN;

model::Incarnation Life(std::uint8_t n) {
  model::Incarnation life;
  life.id[0] = n;
  return life;
}
Sample SampleAt(std::int64_t applied, std::int64_t horizon_ms) {
  Sample sample{Life(1), {applied}, {}};
  if (horizon_ms != kNone) sample.horizon = {At(horizon_ms), Db(10'000 + horizon_ms)};
  return sample;
}
model::Proof ProofOf(std::int64_t as_of, std::int64_t seen, std::int64_t fresh_ms) {
  model::Proof proof{{as_of}, {seen}, {}};
  if (fresh_ms != kNone) proof.fresh = {At(fresh_ms), Db(20'000 + fresh_ms)};
  return proof;
}

struct ServeCase {
  const char* name;
  std::int64_t horizon;
  std::int64_t fresh;
  std::int64_t now;
  std::int64_t staleness_max;
  std::int64_t staleness;  // kNone: refused
};

class MayServeTest : public testing::TestWithParam<ServeCase> {};

TEST_P(MayServeTest, R8) {
  const ServeCase& c = GetParam();
  const auto served = MayServe(SampleAt(1, c.horizon), ProofOf(1, 1, c.fresh), At(c.now),
                               milliseconds(c.staleness_max));
  ASSERT_EQ(served.has_value(), c.staleness != kNone);
  if (served) {
    EXPECT_EQ(served->bound, milliseconds(c.staleness));
  }
}

INSTANTIATE_TEST_SUITE_P(
    R8, MayServeTest,
    testing::Values(ServeCase{"ByTheHorizon", 1000, kNone, 1100, 250, 100},
                    ServeCase{"ExactlyB", 1000, kNone, 1250, 250, 250},
                    ServeCase{"BeyondB", 1000, kNone, 1251, 250, kNone},
                    ServeCase{"ByItsOwnProof", 1000, 1200, 1400, 250, 200},
                    ServeCase{"ByItsOwnProofAlone", kNone, 1200, 1400, 250, 200},
                    ServeCase{"HorizonOverOlderProof", 1300, 1200, 1400, 250, 100},
                    ServeCase{"BothTooOld", 1000, 1100, 1400, 250, kNone},
                    ServeCase{"NoProofAtAll", kNone, kNone, 1, 1'000'000, kNone},
                    ServeCase{"NothingMayBeStale", 1000, kNone, 1001, 0, kNone},
                    ServeCase{"ProofOfThisInstant", 1000, kNone, 1000, 0, 0},
                    ServeCase{"ProofFromAfterTheClockWasRead", 1001, kNone, 1000, 0, 0}),
    [](const testing::TestParamInfo<ServeCase>& param) { return param.param.name; });

TEST(MayServe, TellsTheProofThatItUsed) {  // R15 goes by the same pair
  const Sample sample = SampleAt(1, 1000);
  EXPECT_EQ(MayServe(sample, ProofOf(1, 1, 900), At(1100), milliseconds(250))->by.db_now,
            Db(11'000));
  EXPECT_EQ(MayServe(sample, ProofOf(1, 1, 1050), At(1100), milliseconds(250))->by.db_now,
            Db(21'050));
}

TEST(StalenessOf, IsKnownBeyondBForAnswersMarkedStale) {
  EXPECT_EQ(StalenessOf(SampleAt(1, 1000), ProofOf(1, 1, kNone), At(61'000)).bound, seconds(60));
  EXPECT_EQ(StalenessOf(SampleAt(1, kNone), ProofOf(1, 1, kNone), At(1)).bound, nanoseconds::max());
}

struct TokenCase {
  const char* name;
  std::int64_t applied;
  std::int64_t as_of;
  std::uint8_t life;
  std::int64_t position;
  bool met;
};

class MeetsTokenTest : public testing::TestWithParam<TokenCase> {};

TEST_P(MeetsTokenTest, R10) {
  const TokenCase& c = GetParam();
  EXPECT_EQ(MeetsToken(SampleAt(c.applied, 1), ProofOf(c.as_of, c.as_of, kNone),
                       {Life(c.life), {c.position}}),
            c.met);
}

INSTANTIATE_TEST_SUITE_P(R10, MeetsTokenTest,
                         testing::Values(TokenCase{"AppliedReachesIt", 10, kNone, 1, 10, true},
                                         TokenCase{"AppliedDoesNot", 9, kNone, 1, 10, false},
                                         TokenCase{"FreshLoadReachesIt", 5, 10, 1, 10, true},
                                         TokenCase{"NeitherReachesIt", 5, 9, 1, 10, false},
                                         TokenCase{"OtherLife", 100, 100, 2, 10, false}),
                         [](const testing::TestParamInfo<TokenCase>& param) {
                           return param.param.name;
                         });

TEST(AnswerToken, IsTheLaterOfTokenAndSeen) {  // R10
  const Sample sample = SampleAt(100, 1);
  const auto position = [&](std::int64_t seen, std::optional<model::Token> token) {
    const model::Token answer = AnswerToken(sample, ProofOf(1, seen, kNone), token);
    EXPECT_EQ(answer.incarnation, Life(1));
    return answer.position.value;
  };
  EXPECT_EQ(position(50, std::nullopt), 50);
  EXPECT_EQ(position(50, model::Token{Life(1), {70}}), 70);
  EXPECT_EQ(position(50, model::Token{Life(1), {30}}), 50);
  EXPECT_EQ(position(50, model::Token{Life(2), {70}}), 50);
  // Not what is applied here: another pod could not meet that without need.
  EXPECT_EQ(position(kNone, std::nullopt), 100);
}

TEST(DbTimeUpperBound, AddsWhatPassedHereSinceTheProof) {  // R15
  const model::Fresh by{At(1000), Db(50'000)};
  EXPECT_EQ(DbTimeUpperBound(by, At(1000)), Db(50'000));
  EXPECT_EQ(DbTimeUpperBound(by, At(1250)), Db(50'250));
  // Rounded up to the database's microseconds, never back in time, and unbounded without proof.
  EXPECT_EQ(DbTimeUpperBound(by, At(1000) + nanoseconds(1)), Db(50'000) + microseconds(1));
  EXPECT_EQ(DbTimeUpperBound(by, At(900)), Db(50'000));
  EXPECT_EQ(DbTimeUpperBound({}, At(900)), DbTime::max());
}

TEST(MaybeExpired, WhenTheUpperBoundReachesTheExpiry) {  // R15
  const model::Fresh by{At(1000), Db(50'000)};
  EXPECT_FALSE(MaybeExpired(Db(50'101), by, At(1100)));
  EXPECT_TRUE(MaybeExpired(Db(50'100), by, At(1100)));
  EXPECT_FALSE(MaybeExpired(std::nullopt, by, At(1'000'000)));
  EXPECT_TRUE(MaybeExpired(Db(50'101), {}, At(1)));
}

}  // namespace
}  // namespace coolkit::feed
