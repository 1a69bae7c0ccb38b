#include "scaler/estimator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/random.h"
#include "scaler/hpa.h"

namespace coolkit::scaler {
namespace {

Sample Pods(int serving, double load) {
  Sample sample;
  sample.discovered = sample.reporting = sample.serving = serving;
  sample.load = load;
  return sample;
}

// Scrapes every 5 s.
class Scrapes {
 public:
  explicit Scrapes(Policy policy) : estimator_(std::move(policy)) {}

  Decision Next(Sample sample) {
    sample.at_s = at_s_;
    at_s_ += 5;
    return estimator_.Next(sample);
  }
  Decision For(double seconds, const Sample& sample) {
    Decision decision;
    for (double end = at_s_ + seconds; at_s_ < end;) decision = Next(sample);
    return decision;
  }

 private:
  Estimator estimator_;
  double at_s_ = 1000;
};

Policy Wide() {
  Policy policy;
  policy.min = 1;
  policy.max = 1000;
  return policy;
}

TEST(EstimatorTest, SteadyLoadOverTarget) {
  Scrapes scrapes(Wide());
  const Decision decision = scrapes.For(600, Pods(20, 9900));
  EXPECT_EQ(decision.replicas, 20);
  EXPECT_EQ(decision.value, 20);
  EXPECT_EQ(decision.reason, Reason::kSteady);
  EXPECT_NEAR(decision.utilization, 0.99, 1e-9);
}

TEST(EstimatorTest, PanicsAtTwiceThePodsAndStaysForAStableWindow) {
  Policy policy = Wide();
  policy.capacity_factor = 100;  // nothing is full here
  policy.hold_s = 0;
  Scrapes scrapes(policy);
  EXPECT_EQ(scrapes.For(300, Pods(10, 5000)).reason, Reason::kSteady);
  scrapes.Next(Pods(10, 12000));
  const Decision panic = scrapes.Next(Pods(10, 12000));
  EXPECT_TRUE(panic.candidates.panicking);
  EXPECT_GE(panic.replicas, 24);
  // The burst is over; what it asked for stands until a minute without a crossing.
  EXPECT_GE(scrapes.For(45, Pods(24, 5000)).replicas, 24);
  const Decision after = scrapes.For(60, Pods(24, 5000));
  EXPECT_FALSE(after.candidates.panicking);
  EXPECT_EQ(after.replicas, 12);  // not below half of what serves
  EXPECT_EQ(after.reason, Reason::kHalf);
}

TEST(EstimatorTest, FewerPodsWaitForTheHold) {
  Scrapes scrapes(Wide());
  EXPECT_EQ(scrapes.For(600, Pods(20, 10000)).replicas, 20);
  const Decision held = scrapes.For(280, Pods(20, 8000));
  EXPECT_EQ(held.replicas, 20);
  EXPECT_EQ(held.reason, Reason::kHold);
  EXPECT_EQ(scrapes.For(120, Pods(20, 8000)).replicas, 16);
}

TEST(EstimatorTest, ARiseAsksForWhatWillBeNeeded) {
  Scrapes scrapes(Wide());
  scrapes.For(300, Pods(20, 8000));
  Decision decision;
  for (int i = 1; i <= 12; ++i) decision = scrapes.Next(Pods(20, 8000 + i * 300));
  // 11600 now, 60 per second more: 14300 in 45 s, which is all that 20 pods can do.
  EXPECT_EQ(decision.reason, Reason::kForecast);
  EXPECT_GE(decision.replicas, 25);  // 24 are needed now
  EXPECT_LE(decision.replicas, 36);
}

TEST(EstimatorTest, FullPodsAskForMoreThanTheyShow) {
  Scrapes scrapes(Wide());
  const Decision full = scrapes.For(100, Pods(10, 7150));
  EXPECT_EQ(full.reason, Reason::kSaturated);
  EXPECT_EQ(full.replicas, 15);
  // So do refusals, CPU and latency.
  Sample refusing = Pods(10, 4000);
  refusing.refused = 200;
  Scrapes other(Wide());
  EXPECT_EQ(other.For(100, refusing).reason, Reason::kSaturated);
  Sample busy = Pods(10, 1000);
  busy.cpu_cores_per_pod = 1;
  busy.cpu_cores = 9.8;
  Scrapes third(Wide());
  EXPECT_EQ(third.For(100, busy).replicas, 15);
  Sample slow = Pods(10, 4000);
  slow.latency_s = 0.1;
  Policy latency = Wide();
  latency.latency_max_s = 0.05;
  Scrapes fourth(latency);
  EXPECT_EQ(fourth.For(100, slow).reason, Reason::kSaturated);
}

// A burst of ten times: the last scrape before the pods were full saw where it goes.
TEST(EstimatorTest, BehindFullPodsTheTrendGoesOn) {
  Scrapes scrapes(Wide());
  scrapes.For(300, Pods(10, 3000));
  scrapes.Next(Pods(10, 5000));
  const Decision full = scrapes.Next(Pods(10, 7150));
  EXPECT_EQ(full.reason, Reason::kSaturated);
  EXPECT_GE(full.replicas, 40);
  EXPECT_LE(full.replicas, 60);
  // The trend is not believed for ever, and not held once a minute has passed.
  EXPECT_EQ(scrapes.For(180, Pods(10, 7150)).replicas, 15);
}

TEST(EstimatorTest, NewPodsGetTimeToWorkOffWhatWaited) {
  Scrapes scrapes(Wide());
  EXPECT_EQ(scrapes.For(400, Pods(10, 7150)).replicas, 15);
  // By their load, but not half as many again.
  EXPECT_EQ(scrapes.For(40, Pods(20, 14300)).replicas, 29);
  EXPECT_EQ(scrapes.For(60, Pods(20, 14300)).replicas, 30);
}

TEST(EstimatorTest, CpuCountsWhereItAsksForMore) {
  Sample sample = Pods(10, 2000);
  sample.cpu_cores_per_pod = 2;
  sample.cpu_cores = 16.8;  // 84 % of 20 cores; 70 % needs 24
  Scrapes scrapes(Wide());
  const Decision decision = scrapes.For(600, sample);
  EXPECT_EQ(decision.reason, Reason::kCpu);
  EXPECT_EQ(decision.replicas, 12);
}

TEST(EstimatorTest, ALostZoneMustBeSurvived) {
  Policy policy = Wide();
  policy.zones = 3;
  Scrapes scrapes(policy);
  const Decision decision = scrapes.For(600, Pods(20, 10000));
  EXPECT_EQ(decision.reason, Reason::kZone);
  EXPECT_EQ(decision.replicas, 21);
  // With a third of them gone the others are not above what they can do.
  EXPECT_GE(21.0 * 2 / 3 * 500 * policy.capacity_factor, 10000);
}

TEST(EstimatorTest, MemoryFloor) {
  Sample sample = Pods(25, 1000);
  sample.cache_bytes = 18e9;
  sample.cache_bytes_per_pod = 1e9;
  Policy policy = Wide();
  policy.working_set = WorkingSet::kGiven;
  policy.working_set_bytes = 20'000'000'000;
  Scrapes given(policy);
  EXPECT_EQ(given.For(600, sample).candidates.memory_floor, 23);
  policy.working_set = WorkingSet::kMeasured;
  Scrapes measured(policy);
  EXPECT_EQ(measured.For(600, sample).candidates.memory_floor, 20);
  sample.cache_bytes = 25e9;  // full caches say nothing about more
  EXPECT_EQ(measured.For(600, sample).candidates.memory_floor, 25);
}

TEST(EstimatorTest, DatabaseCeilingCountsTheSurge) {
  Policy policy = Wide();
  policy.database_connections = 400;
  policy.connections_per_pod = 8;
  Scrapes scrapes(policy);
  const Decision decision = scrapes.For(600, Pods(45, 90000));
  EXPECT_EQ(decision.reason, Reason::kDatabase);
  EXPECT_EQ(decision.candidates.database_ceiling, 45);  // 45 * 1.1 * 8 = 396
  EXPECT_EQ(decision.replicas, 45);
}

TEST(EstimatorTest, BoundsHold) {
  Scrapes low((Policy()));
  EXPECT_EQ(low.For(600, Pods(10, 10)).replicas, 10);
  Scrapes high((Policy()));
  EXPECT_EQ(high.For(600, Pods(100, 1e6)).replicas, 100);
}

// As Knative after its own restart: no dip because little was seen yet.
TEST(EstimatorTest, AfterItsOwnStartItDoesNotGoDown) {
  Scrapes scrapes(Wide());
  const Decision first = scrapes.Next(Pods(40, 500));
  EXPECT_EQ(first.replicas, 40);
  EXPECT_EQ(first.reason, Reason::kStarting);
  EXPECT_LT(scrapes.For(400, Pods(40, 500)).replicas, 40);
}

// An upgrade replaces the scaler too: the surge of the pods must not become the new floor, whose
// surge becomes the next.
TEST(EstimatorTest, AfterItsOwnStartARolloutIsNoRatchet) {
  Scrapes scrapes((Policy()));
  Sample sample = Pods(15, 300);
  sample.revisions = 2;
  for (int i = 0; i < 12; ++i) {
    const Decision decision = scrapes.Next(sample);
    EXPECT_EQ(decision.replicas, 10) << i;
    sample.serving = sample.discovered = sample.reporting = decision.replicas + 2;
  }
}

// The answers of pods without the database are refusals of all that is not in memory.
TEST(EstimatorTest, WithoutTheDatabaseThereAreNoMorePods) {
  Scrapes scrapes((Policy()));
  EXPECT_EQ(scrapes.For(600, Pods(20, 9900)).replicas, 20);
  Sample outage = Pods(20, 60'000);  // clients try again and again
  outage.cut_off = 20;
  outage.refused = 50'000;
  const Decision during = scrapes.For(600, outage);
  EXPECT_EQ(during.replicas, 20);
  EXPECT_EQ(during.reason, Reason::kOutage);
  EXPECT_FALSE(during.candidates.panicking);
  // Nor afterwards, for what was asked for then.
  const Decision after = scrapes.Next(Pods(20, 9900));
  EXPECT_EQ(after.replicas, 20);
  EXPECT_EQ(after.reason, Reason::kSteady);
  // With the database the same asks for more.
  outage.cut_off = 0;
  EXPECT_GT(scrapes.For(60, outage).replicas, 60);
}

TEST(EstimatorTest, OnePodWithoutTheDatabaseIsNoOutage) {
  Scrapes scrapes(Wide());
  Sample sample = Pods(10, 7150);
  sample.cut_off = 4;
  EXPECT_EQ(scrapes.For(60, sample).reason, Reason::kSaturated);
}

TEST(EstimatorTest, AnOutageBeforeThereAreEnoughPodsAsksForTheMinimum) {
  Scrapes scrapes((Policy()));
  Sample sample = Pods(3, 0);
  sample.cut_off = 3;
  EXPECT_EQ(scrapes.For(60, sample).replicas, 10);
}

// One refusal in an idle night is more than a share of the load, and no sign of full pods.
TEST(EstimatorTest, AFewRefusalsAreNoSign) {
  Scrapes scrapes(Wide());
  Sample sample = Pods(10, 1);
  sample.refused = 0.8;
  EXPECT_EQ(scrapes.For(60, sample).candidates.saturated, 0);
}

TEST(EstimatorTest, TheLeadTimeIsMeasured) {
  Scrapes scrapes(Wide());
  scrapes.For(300, Pods(10, 5000));
  EXPECT_EQ(scrapes.Next(Pods(10, 5000)).lead_s, 45);
  scrapes.For(70, Pods(10, 9000));  // asked for more, nothing comes
  EXPECT_NEAR(scrapes.Next(Pods(18, 9000)).lead_s, 45, 1e-9);
  const double lead = scrapes.Next(Pods(18, 9000)).lead_s;
  EXPECT_GE(lead, 60);
  EXPECT_LE(lead, 75);
}

// The rollout's surge counts for the autoscaler: 40 of 44 is "close enough", it would write 44.
TEST(EstimatorTest, ARolloutIsAnsweredJustOutsideOfTheBand) {
  Hpa::Options options;
  options.max = 1000;
  options.behavior = ChartBehavior();
  const Hpa hpa(options);
  for (int spec = 10; spec < 100; ++spec) {
    const int surge = (spec + 9) / 10;
    Scrapes scrapes(Wide());
    scrapes.For(600, Pods(spec, spec * 500.0 - 10));
    Sample during = Pods(spec + surge, spec * 500.0 - 10);
    during.revisions = 2;
    const Decision decision = scrapes.Next(during);
    EXPECT_EQ(decision.replicas, spec);
    const int asked = hpa.FromExternal({spec, spec + surge, spec}, MetricType::kAverageValue,
                                       static_cast<long>(decision.value * 1000), 1000);
    EXPECT_EQ(asked, spec) << decision.value;
    // Both semantics.
    const int by_load = hpa.FromExternal({spec, spec + surge, spec}, MetricType::kAverageValue,
                                         static_cast<long>(decision.value * 500 * 1000), 500'000);
    EXPECT_EQ(by_load, spec);
  }
}

TEST(EstimatorTest, WithToleranceZeroNothingIsEvaded) {
  Policy policy = Wide();
  policy.tolerance = 0;
  Scrapes scrapes(policy);
  scrapes.For(600, Pods(40, 19990));
  Sample during = Pods(44, 19990);
  during.revisions = 2;
  const Decision decision = scrapes.Next(during);
  EXPECT_EQ(decision.value, 40);
  EXPECT_FALSE(decision.evades);
}

// 23 are needed, 22 exist: the autoscaler would leave it at 22 for ever.
TEST(EstimatorTest, AFloorIsNotLostInTheBand) {
  Policy policy = Wide();
  policy.working_set = WorkingSet::kGiven;
  policy.working_set_bytes = 20'000'000'000;
  Sample sample = Pods(22, 1000);
  sample.cache_bytes_per_pod = 1e9;
  Scrapes scrapes(policy);
  const Decision decision = scrapes.For(600, sample);
  EXPECT_TRUE(decision.evades);
  EXPECT_EQ(decision.replicas, 25);
  const Hpa hpa(Hpa::Options{});
  EXPECT_EQ(hpa.FromExternal({22, 22, 22}, MetricType::kAverageValue,
                             static_cast<long>(decision.value * 1000), 1000),
            25);
}

// Properties

double Uniform(Random& random) { return double(random.Below(1'000'000)) / 1e6; }

// A random walk of load and pods; the same for the same seed.
std::vector<Sample> Walk(std::uint64_t seed, int count) {
  SeededRandom random(seed);
  std::vector<Sample> samples;
  double load = 1000 + 20000 * Uniform(random);
  int pods = 1 + static_cast<int>(random.Below(60));
  double drift = 0;
  for (int i = 0; i < count; ++i) {
    if (random.Below(20) == 0) drift = (Uniform(random) - 0.45) * 0.1;
    if (random.Below(30) == 0) pods = 1 + static_cast<int>(random.Below(60));
    load = std::clamp(load * (1 + drift + (Uniform(random) - 0.5) * 0.1), 10.0, 60000.0);
    Sample sample = Pods(pods, load);
    sample.at_s = i * 5;
    sample.discovered += static_cast<int>(random.Below(3));
    sample.revisions = random.Below(10) == 0 ? 2 : 1;
    sample.cpu_cores_per_pod = 1;
    sample.cpu_cores = std::min(double(pods), load / 700);
    sample.cache_bytes_per_pod = 1e9;
    sample.cache_bytes = pods * 1e9 * Uniform(random);
    samples.push_back(sample);
  }
  return samples;
}

// Behind full pods the load can't be seen, so there it is promised for steady loads (below).
TEST(EstimatorPropertyTest, MoreLoadNeverAsksForFewerPods) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Policy policy = Wide();
    policy.tolerance = 0;
    policy.capacity_factor = 1000;
    policy.cpu_target = 0;
    policy.learn_s = 0;  // the same lead time for both
    Estimator one(policy);
    Estimator more(policy);
    const double factor = 1 + 2 * double(seed) / 60;
    for (Sample sample : Walk(seed, 200)) {
      const Decision before = one.Next(sample);
      sample.load *= factor;
      ASSERT_GE(more.Next(sample).replicas, before.replicas) << seed << " at " << sample.at_s;
    }
  }
}

TEST(EstimatorPropertyTest, MoreSteadyLoadNeverAsksForFewerPods) {
  int last = 0;
  for (double load = 10; load < 30000; load *= 1.02) {
    Scrapes scrapes(Wide());
    const int replicas = scrapes.For(400, Pods(10, load)).replicas;
    ASSERT_GE(replicas, last) << load;
    last = replicas;
  }
  EXPECT_EQ(last, 60);
}

TEST(EstimatorPropertyTest, BoundsHoldAndBothSemanticsAgree) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Policy policy;
    policy.min = 1 + static_cast<int>(seed % 20);
    policy.max = policy.min + static_cast<int>(seed % 50);
    policy.zones = static_cast<int>(seed % 4);
    policy.working_set = WorkingSet::kMeasured;
    policy.per_pod_target = 100 + 37.7 * double(seed);
    Estimator estimator(policy);
    Hpa::Options options;
    options.min = policy.min;
    options.max = policy.max;
    const Hpa hpa(options);
    for (const Sample& sample : Walk(seed, 200)) {
      const Decision decision = estimator.Next(sample);
      ASSERT_GE(decision.replicas, policy.min) << seed;
      ASSERT_LE(decision.replicas, policy.max) << seed;
      ASSERT_EQ(decision.replicas, std::ceil(decision.value)) << seed;
      const Replicas replicas{sample.serving, sample.discovered, sample.serving};
      const double target = decision.per_pod_target;
      EXPECT_EQ(hpa.FromExternal(replicas, MetricType::kAverageValue,
                                 static_cast<long>(decision.value * 1000), 1000),
                hpa.FromExternal(replicas, MetricType::kAverageValue,
                                 static_cast<long>(decision.value * target * 1000),
                                 static_cast<long>(target * 1000)))
          << seed << " at " << sample.at_s << ": " << decision.value;
    }
  }
}

// What is older than the windows has no influence: a replica of the scaler that started later gives
// the same answers (after learn_s, in which lead times are kept).
TEST(EstimatorPropertyTest, ALaterStartGivesTheSameAnswers) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto samples = Walk(seed, 600);
    Estimator early(Wide());
    Estimator late(Wide());
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const Decision one = early.Next(samples[i]);
      if (i < 150) continue;
      const Decision other = late.Next(samples[i]);
      if (i <= 150 + 300) continue;
      EXPECT_EQ(one.value, other.value) << seed << " at " << i;
    }
  }
}

}  // namespace
}  // namespace coolkit::scaler
