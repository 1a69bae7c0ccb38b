#include "scaler/hpa.h"

#include <gtest/gtest.h>

#include <vector>

namespace coolkit::scaler {
namespace {

Hpa WithBehavior(int min, int max, const Behavior& behavior = Behavior{}) {
  Hpa::Options options;
  options.min = min;
  options.max = max;
  options.behavior = behavior;
  return Hpa(options);
}

Replicas Steady(int n) { return {n, n, n}; }

// One sync after the other, 15 s apart, with a metric that asks for `desired` pods.
std::vector<int> Syncs(Hpa& hpa, int replicas, int desired, int count, double first = 0) {
  std::vector<int> seen;
  for (int i = 0; i < count; ++i) {
    const int recommended =
        hpa.FromExternal(Steady(replicas), MetricType::kAverageValue, desired * 1000L, 1000);
    replicas = hpa.Reconcile(first + i * 15, Steady(replicas), recommended);
    seen.push_back(replicas);
  }
  return seen;
}

TEST(HpaTest, AverageValueRoundsUpOutsideOfTheBand) {
  const Hpa hpa = WithBehavior(1, 1000);
  const auto asks = [&](int status, long value, long target) {
    return hpa.FromExternal(Steady(status), MetricType::kAverageValue, value, target);
  };
  EXPECT_EQ(asks(34, 37'000, 1000), 34);         // 1.088: inside
  EXPECT_EQ(asks(33, 37'000, 1000), 37);         // 1.12
  EXPECT_EQ(asks(34, 18'500'000, 500'000), 34);  // the same by load and target
  EXPECT_EQ(asks(33, 18'500'000, 500'000), 37);
  EXPECT_EQ(asks(10, 30'001, 1000), 31);  // any fraction is one more
  EXPECT_EQ(asks(44, 39'599, 1000), 40);  // a fraction just outside of the band
  EXPECT_EQ(asks(44, 39'600, 1000), 44);  // its edge belongs to it
}

TEST(HpaTest, TheDeadBandOfDesiredReplicas) {
  const Hpa hpa = WithBehavior(1, 1000);
  const auto asks = [&](int status, int desired) {
    return hpa.FromExternal(Steady(status), MetricType::kAverageValue, desired * 1000L, 1000);
  };
  EXPECT_EQ(asks(100, 90), 100);
  EXPECT_EQ(asks(100, 110), 100);
  EXPECT_EQ(asks(100, 111), 111);
  EXPECT_EQ(asks(100, 89), 89);
  EXPECT_EQ(asks(10, 9), 10);
  EXPECT_EQ(asks(10, 11), 10);
  EXPECT_EQ(asks(10, 12), 12);
  EXPECT_EQ(asks(10, 8), 8);
}

TEST(HpaTest, AToleranceOfTheBehaviorWins) {
  Behavior behavior;
  behavior.up.tolerance = 0;
  behavior.down.tolerance = 0.2;
  const Hpa hpa = WithBehavior(1, 1000, behavior);
  EXPECT_EQ(hpa.FromExternal(Steady(100), MetricType::kAverageValue, 101'000, 1000), 101);
  EXPECT_EQ(hpa.FromExternal(Steady(100), MetricType::kAverageValue, 81'000, 1000), 100);
  EXPECT_EQ(hpa.FromExternal(Steady(100), MetricType::kAverageValue, 79'000, 1000), 79);
}

TEST(HpaTest, ValueMultipliesByReadyPodsAndAnswersSpecInside) {
  const Hpa hpa = WithBehavior(1, 1000);
  const Replicas starting{20, 22, 10};
  EXPECT_EQ(hpa.FromExternal(starting, MetricType::kValue, 2000, 1000), 20);  // 2 * 10 ready
  EXPECT_EQ(hpa.FromExternal(starting, MetricType::kValue, 1050, 1000), 20);  // inside: spec
  EXPECT_EQ(hpa.FromExternal(starting, MetricType::kValue, 3000, 1000), 30);
}

// Unready pods count as capacity for an external metric, whatever they do.
TEST(HpaTest, AverageValueDividesByStatusReplicas) {
  const Hpa hpa = WithBehavior(1, 1000);
  EXPECT_EQ(hpa.FromExternal({10, 11, 3}, MetricType::kAverageValue, 10'000, 1000), 11);
}

TEST(HpaTest, TenToHundredTakesFourSyncs) {
  Hpa hpa = WithBehavior(10, 100);
  EXPECT_EQ(Syncs(hpa, 10, 100, 5), (std::vector<int>{20, 40, 80, 100, 100}));
}

TEST(HpaTest, WithoutBehaviorItDoublesAndWaitsFiveMinutes) {
  Hpa::Options options;
  options.min = 1;
  options.max = 100;
  Hpa hpa(options);
  EXPECT_EQ(Syncs(hpa, 1, 100, 4), (std::vector<int>{4, 8, 16, 32}));
  // The highest recommendation of 300 s stands (15 to 45 s: 100), then it falls at once.
  Hpa down(options);
  EXPECT_EQ(Syncs(down, 50, 50, 1).back(), 50);
  EXPECT_EQ(Syncs(down, 50, 10, 19, 15).back(), 50);
  EXPECT_EQ(Syncs(down, 50, 10, 1, 300).back(), 10);
}

TEST(HpaTest, DownWindowKeepsTheHighestRecommendation) {
  Behavior behavior;
  behavior.down.window_s = 60;
  Hpa hpa = WithBehavior(1, 100, behavior);
  EXPECT_EQ(Syncs(hpa, 50, 50, 1).back(), 50);
  EXPECT_EQ(Syncs(hpa, 50, 20, 3, 15), (std::vector<int>{50, 50, 50}));
  EXPECT_EQ(Syncs(hpa, 50, 20, 1, 60).back(), 20);
}

TEST(HpaTest, UpWindowWaitsForTheLowestRecommendation) {
  Behavior behavior;
  behavior.up.window_s = 30;
  Hpa hpa = WithBehavior(1, 100, behavior);
  EXPECT_EQ(Syncs(hpa, 10, 10, 1).back(), 10);
  EXPECT_EQ(Syncs(hpa, 10, 15, 1, 15).back(), 10);
  EXPECT_EQ(Syncs(hpa, 10, 15, 1, 30).back(), 15);
}

// What was recommended is remembered, not what came of it.
TEST(HpaTest, TheUnstabilisedRecommendationIsRemembered) {
  Behavior behavior;
  behavior.down.window_s = 60;
  Hpa hpa = WithBehavior(1, 100, behavior);
  static_cast<void>(hpa.Reconcile(0, Steady(50), 50));
  EXPECT_EQ(hpa.Reconcile(15, Steady(50), 30), 50);
  EXPECT_EQ(hpa.Reconcile(60, Steady(50), 20), 30);  // 50 has gone, 30 of t = 15 has not
  EXPECT_EQ(hpa.Reconcile(75, Steady(30), 20), 20);
}

TEST(HpaTest, PercentDownIsCutUpIsRoundedUp) {
  Behavior behavior;
  behavior.down.window_s = 0;
  behavior.down.policies = {{ScalingPolicy::Type::kPercent, 10, 60}};
  behavior.up.policies = {{ScalingPolicy::Type::kPercent, 10, 60}};
  Hpa down = WithBehavior(1, 100, behavior);
  EXPECT_EQ(down.Reconcile(0, Steady(15), 1), 13);  // int(13.5)
  Hpa up = WithBehavior(1, 100, behavior);
  EXPECT_EQ(up.Reconcile(0, Steady(15), 100), 17);  // ceil(16.5)
}

TEST(HpaTest, APolicyCountsFromTheStartOfItsPeriod) {
  Behavior behavior;
  behavior.up.policies = {{ScalingPolicy::Type::kPods, 4, 60}};
  Hpa hpa = WithBehavior(1, 100, behavior);
  EXPECT_EQ(hpa.Reconcile(0, Steady(10), 100), 14);
  EXPECT_EQ(hpa.Reconcile(15, Steady(14), 100), 14);  // the four of this minute are used
  EXPECT_EQ(hpa.Reconcile(60, Steady(14), 100), 18);
}

TEST(HpaTest, SelectPolicyChoosesTheLargerOrSmallerChange) {
  Behavior behavior = ChartBehavior();
  behavior.down.window_s = 0;
  Hpa slow = WithBehavior(1, 200, behavior);
  EXPECT_EQ(slow.Reconcile(0, Steady(100), 1), 90);  // 10 pods, not 20 %
  Hpa few = WithBehavior(1, 200, behavior);
  EXPECT_EQ(few.Reconcile(0, Steady(20), 1), 16);  // 20 %, not 10 pods
  Hpa up = WithBehavior(1, 200, behavior);
  EXPECT_EQ(up.Reconcile(0, Steady(10), 100), 30);  // 20 pods, not 100 %
  behavior.down.select = SelectPolicy::kDisabled;
  Hpa never = WithBehavior(1, 200, behavior);
  EXPECT_EQ(never.Reconcile(0, Steady(100), 1), 100);
}

TEST(HpaTest, BoundsComeFirstAndLast) {
  Hpa hpa = WithBehavior(10, 100);
  EXPECT_EQ(hpa.Reconcile(0, Steady(120), std::nullopt), 100);  // no metric is read
  EXPECT_EQ(hpa.Reconcile(0, Steady(3), std::nullopt), 10);
  EXPECT_EQ(hpa.Reconcile(0, Steady(0), 50), 0);  // switched off
  Hpa low = WithBehavior(10, 100);
  EXPECT_EQ(low.Reconcile(400, Steady(12), 1), 12);  // its own first sight counts for 300 s
  EXPECT_EQ(low.Reconcile(800, Steady(12), 1), 10);
}

TEST(HpaTest, AFailedMetricFreezes) {
  Hpa hpa = WithBehavior(10, 100);
  EXPECT_EQ(hpa.Reconcile(0, Steady(37), std::nullopt), 37);
}

TEST(HpaTest, CpuIgnoresPodsThatStartAndIsCarefulWithThem) {
  const Hpa hpa = WithBehavior(1, 100);
  EXPECT_EQ(hpa.FromCpu(Steady(10), {10, 10 * 1.0, 0, 0}, 0.7), 15);   // ceil(14.28)
  EXPECT_EQ(hpa.FromCpu(Steady(10), {10, 10 * 0.75, 0, 0}, 0.7), 10);  // inside
  // Five start: counted as idle, so 10 / 15 / 0.7 = 0.95: inside, wait for them.
  EXPECT_EQ(hpa.FromCpu(Steady(15), {10, 10 * 1.0, 5, 0}, 0.7), 15);
  // On the way down they don't count at all.
  EXPECT_EQ(hpa.FromCpu(Steady(15), {10, 10 * 0.35, 5, 0}, 0.7), 5);
  // Without a figure: as if fully used on the way down.
  EXPECT_EQ(hpa.FromCpu(Steady(10), {5, 5 * 0.35, 0, 5}, 0.7), 10);
  EXPECT_EQ(hpa.FromCpu(Steady(10), {0, 0, 10, 0}, 0.7), 10);
}

}  // namespace
}  // namespace coolkit::scaler
