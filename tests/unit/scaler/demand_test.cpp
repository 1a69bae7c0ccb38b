#include "scaler/demand.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

namespace coolkit::scaler {
namespace {

TEST(DemandTest, ReadsATraceWithHeadingAndTimes) {
  const auto trace = ParseTrace("t",
                                "period,count\r\n1998-04-30 23:59:00,120\n"
                                "1998-05-01 00:00:00,60\n\n1998-05-01 00:01:00,30\n");
  ASSERT_TRUE(trace) << trace.error().detail;
  EXPECT_EQ(trace->step_s, 60);
  EXPECT_EQ(trace->load, (std::vector<double>{2, 1, 0.5}));
}

TEST(DemandTest, ReadsSecondsAndBareCounts) {
  const auto seconds = ParseTrace("t", "0,50\n5,100\n10,150\n");
  ASSERT_TRUE(seconds);
  EXPECT_EQ(seconds->step_s, 5);
  EXPECT_EQ(seconds->load[1], 20);
  const auto bare = ParseTrace("t", "10\n20\n", 10);
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->load, (std::vector<double>{1, 2}));
}

TEST(DemandTest, NamesTheLineThatIsWrong) {
  for (const char* text : {"a,1\nb,x\n", "1,1\n2,-3\n", "1,1\n2,nan\n", "1,1\n2,\n"}) {
    const auto trace = ParseTrace("t", text);
    ASSERT_FALSE(trace) << text;
    EXPECT_NE(trace.error().detail.find("line 2"), std::string::npos) << trace.error().detail;
  }
  EXPECT_FALSE(ParseTrace("t", ""));
  EXPECT_FALSE(ParseTrace("t", "period,count\n1,1\n"));
}

TEST(DemandTest, TakesAColumnWithoutTimesForNone) {
  for (const char* time : {"4e44-04-30 21:30:00", "1998-0.-30 21:30:00", "1998-04-30 +1:30:00"}) {
    const auto trace = ParseTrace("t", std::string(time) + ",60\n1998-04-30 21:31:00,60\n");
    ASSERT_TRUE(trace) << time;  // a first column that is no time is a column of something else
    EXPECT_EQ(trace->step_s, 60) << time;
  }
}

TEST(DemandTest, RefusesStepsThatNoSimulationCouldHold) {
  for (const char* text : {"0,1\n1e300,1\n", "0,1\n1e-300,1\n", "-1e308,1\n1e308,1\n"}) {
    EXPECT_FALSE(ParseTrace("t", text)) << text;
  }
  EXPECT_TRUE(ParseTrace("t", "0,1\n86400,1\n"));
}

TEST(DemandTest, SecondsLieOnLinesBetweenTheMiddles) {
  const Trace trace{"t", 10, {100, 200}};
  const auto demand = MakeDemand(trace, 2, {.share = 0});
  ASSERT_EQ(demand.size(), 20U);
  EXPECT_FLOAT_EQ(demand[0], 200);
  EXPECT_FLOAT_EQ(demand[5], 210);
  EXPECT_FLOAT_EQ(demand[10], 310);
  EXPECT_FLOAT_EQ(demand[19], 400);
}

TEST(DemandTest, NoiseHasItsSizeAndItsSeed) {
  const Trace trace{"t", 10, std::vector<double>(2000, 1e6)};
  const auto one = MakeDemand(trace, 1, {.share = 0.05, .seconds = 20, .seed = 1});
  const auto same = MakeDemand(trace, 1, {.share = 0.05, .seconds = 20, .seed = 1});
  const auto other = MakeDemand(trace, 1, {.share = 0.05, .seconds = 20, .seed = 2});
  EXPECT_EQ(one, same);
  EXPECT_NE(one, other);
  const double mean = std::accumulate(one.begin(), one.end(), 0.0) / double(one.size());
  double square = 0;
  for (const float value : one) square += (value - mean) * (value - mean);
  EXPECT_NEAR(mean, 1e6, 1e4);
  EXPECT_NEAR(std::sqrt(square / double(one.size())) / mean, 0.05, 0.01);
}

TEST(DemandTest, ABurstRisesWithinItsRamp) {
  const auto demand = MakeDemand(MakeBurst({}), 1, {.share = 0});
  EXPECT_FLOAT_EQ(demand[880], 3000);
  EXPECT_NEAR(demand[930], 16500, 500);
  EXPECT_FLOAT_EQ(demand[980], 30000);
  EXPECT_FLOAT_EQ(demand.back(), 3000);
}

}  // namespace
}  // namespace coolkit::scaler
