#include "scaler/simulation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "scaler/demand.h"

namespace coolkit::scaler {
namespace {

constexpr double kPeakPods = 75;  // of 100: the highest load of a trace needs so many

std::vector<float> Recorded(const std::string& file, std::uint64_t seed) {
  std::filesystem::path root = std::filesystem::current_path();
  while (root.has_relative_path() && !std::filesystem::exists(root / "tests/data")) {
    root = root.parent_path();
  }
  const auto path = root / "tests/data" / file;
  std::ifstream in(path);
  const std::string csv((std::istreambuf_iterator<char>(in)), {});
  const auto trace = ParseTrace(file, csv);
  EXPECT_TRUE(trace) << path;
  if (!trace) return {};
  // The whole trace's highest minute: both excerpts have its scale.
  constexpr double kHighest = 229'426 / 60.0;
  return MakeDemand(*trace, kPeakPods * 500 / kHighest, {.seed = seed});
}

struct Total {
  double overloaded_s = 0;
  double pod_hours = 0;
  int turns = 0;
  void Add(const Outcome& outcome) {
    overloaded_s += outcome.overloaded_s;
    pod_hours += outcome.pod_hours;
    turns += outcome.turns;
  }
};

struct Comparison {
  Total ours;
  Total cpu;
};

SimulationOptions WithPhases(int run) {
  SimulationOptions options;
  options.sync_phase_s = run * 7 % 15;
  options.polling_phase_s = run * 4 % 15;
  options.scrape_phase_s = run % 5;
  return options;
}

// Overloaded for at most a quarter, with at most a tenth more pods, and no more turns.
void ExpectGoals(const Comparison& result) {
  EXPECT_GT(result.cpu.overloaded_s, 0);
  EXPECT_LE(result.ours.overloaded_s, 0.25 * result.cpu.overloaded_s);
  EXPECT_LE(result.ours.pod_hours, 1.1 * result.cpu.pod_hours);
  EXPECT_LE(result.ours.turns, result.cpu.turns);
}

TEST(SimulationTest, ABurstOfTenTimesWithinAMinute) {
  Comparison result;
  for (int run = 0; run < 15; ++run) {
    const auto demand = MakeDemand(MakeBurst({}), 1, {.seed = 100 + std::uint64_t(run)});
    const SimulationOptions options = WithPhases(run);
    result.ours.Add(Simulate(Contender::kEstimator, demand, options));
    result.cpu.Add(Simulate(Contender::kCpu, demand, options));
  }
  ExpectGoals(result);
}

TEST(SimulationTest, RecordedTraffic) {
  Comparison result;
  for (int run = 0; run < 8; ++run) {
    for (const char* file : {"worldcup98-outage.csv", "worldcup98-peak.csv"}) {
      const auto demand = Recorded(file, 200 + std::uint64_t(run));
      const SimulationOptions options = WithPhases(run);
      result.ours.Add(Simulate(Contender::kEstimator, demand, options));
      result.cpu.Add(Simulate(Contender::kCpu, demand, options));
    }
  }
  ExpectGoals(result);
}

// Ablation: without the forecast and the trend behind full pods the goal is missed, so it is they
// that reach it.
TEST(SimulationTest, WithoutAForecastTheBurstIsMissed) {
  Comparison result;
  for (int run = 0; run < 5; ++run) {
    const auto demand = MakeDemand(MakeBurst({}), 1, {.seed = 100 + std::uint64_t(run)});
    SimulationOptions options = WithPhases(run);
    result.cpu.Add(Simulate(Contender::kCpu, demand, options));
    options.policy.forecast_s = 0;
    result.ours.Add(Simulate(Contender::kEstimator, demand, options));
  }
  EXPECT_GT(result.ours.overloaded_s, 0.25 * result.cpu.overloaded_s);
}

TEST(SimulationTest, NoFlappingUnderConstantLoadWithNoise) {
  for (const double share : {0.02, 0.05}) {
    for (const double load : {8000.0, 15000.0, 31000.0}) {
      const Trace trace{"constant", 60, std::vector<double>(12 * 60, load)};
      const auto demand = MakeDemand(trace, 1, {.share = share, .seed = 5});
      const Outcome outcome = Simulate(Contender::kEstimator, demand, {});
      EXPECT_LE(outcome.turns, 2) << share << " at " << load;
      EXPECT_EQ(outcome.overloaded_s, 0);
      EXPECT_LE(outcome.pod_hours, 1.15 * 12 * load / 500);
    }
  }
}

TEST(SimulationTest, PerfectKnowledgeIsTheBest) {
  const auto demand = MakeDemand(MakeBurst({}), 1, {});
  EXPECT_EQ(Simulate(Contender::kPerfect, demand, {}).overloaded_s, 0);
}

// Three rollouts under constant load.
int AfterRollouts(int pods, double tolerance, bool aware, double start_s) {
  SimulationOptions options;
  options.policy.min = 1;
  options.policy.max = 1000;
  options.policy.tolerance = aware ? tolerance : 0;  // a scaler that thinks it is 0 evades nothing
  options.hpa_tolerance = tolerance;
  options.rollouts_s = {1200, 2400, 3600};
  options.deployment.start_s = start_s;
  options.deployment.cold_capacity = 1;  // or CPU would ask for more while new pods warm up
  const Trace trace{"constant", 60, std::vector<double>(80, pods * 500.0 - 1)};
  const auto demand = MakeDemand(trace, 1, {.share = 0});
  return static_cast<int>(Simulate(Contender::kEstimator, demand, options).replicas.back());
}

// kubernetes#138505: each rollout leaves its surge behind, once.
TEST(SimulationTest, TheSurgeRatchet) {
  for (const auto& [said, becomes] : {std::pair(10, 11), {20, 22}, {40, 44}, {60, 66}, {90, 99}}) {
    EXPECT_EQ(AfterRollouts(said, 0.1, false, 5), becomes);
    for (const double start_s : {5.0, 20.0, 60.0}) {
      EXPECT_EQ(AfterRollouts(said, 0, false, start_s), said);
      // One more may stay where the way back would cost more than it saves.
      EXPECT_LE(AfterRollouts(said, 0.1, true, start_s), said + said / 20);
      EXPECT_GE(AfterRollouts(said, 0.1, true, start_s), said);
    }
  }
}

TEST(SimulationTest, WhenTheScalerIsGoneTheFallbackHolds) {
  const Trace trace{"constant", 60, std::vector<double>(60, 20000)};
  const auto demand = MakeDemand(trace, 1, {.share = 0});
  SimulationOptions options;
  options.outages_s = {{1200, 2400}};
  const Outcome outcome = Simulate(Contender::kEstimator, demand, options);
  EXPECT_EQ(*std::min_element(outcome.replicas.begin(), outcome.replicas.end()), 40);
  EXPECT_EQ(outcome.replicas.back(), 40);
  EXPECT_EQ(outcome.overloaded_s, 0);
}

TEST(SimulationTest, TheSameRunTwice) {
  const auto demand = MakeDemand(MakeSteps(5000, 20000, 600, 7200, 3), 1, {});
  const Outcome one = Simulate(Contender::kEstimator, demand, {});
  const Outcome two = Simulate(Contender::kEstimator, demand, {});
  EXPECT_EQ(one.replicas, two.replicas);
  EXPECT_EQ(one.pod_hours, two.pod_hours);
}

}  // namespace
}  // namespace coolkit::scaler
