#include "scaler/capacity.h"

#include <gtest/gtest.h>

#include <vector>

namespace coolkit::scaler {
namespace {

Sample PerPod(double load, double cpu, double latency = 0) {
  Sample sample;
  sample.serving = sample.discovered = sample.reporting = 10;
  sample.load = load * 10;
  sample.cpu_cores = cpu * 10;
  sample.cpu_cores_per_pod = 2;
  sample.latency_s = latency;
  return sample;
}

// 0.1 cores idle and 1 ms of CPU a request: 1300 requests use 1.4 of 2 cores.
TEST(CapacityTest, LearnsWhatARequestCosts) {
  std::vector<Sample> samples;
  for (int i = 0; i < 40; ++i) samples.push_back(PerPod(200 + i * 10, 0.1 + (200 + i * 10) / 1e3));
  EXPECT_NEAR(LearnTarget(samples, {.per_pod_target = 0}), 1300, 1);
}

TEST(CapacityTest, AlwaysTheSameLoadIsPutDownToRequests) {
  const std::vector<Sample> samples(40, PerPod(400, 0.5));
  EXPECT_NEAR(LearnTarget(samples, {.per_pod_target = 0}), 1.4 / (0.5 / 400), 1);
}

TEST(CapacityTest, SlowPodsCanDoLess) {
  std::vector<Sample> samples(40, PerPod(400, 0.5));
  samples[20] = PerPod(600, 0.7, 0.2);
  Policy policy{.per_pod_target = 0};
  policy.latency_max_s = 0.05;
  EXPECT_NEAR(LearnTarget(samples, policy), 540, 1);
}

TEST(CapacityTest, TooLittleSeenIsTheDefault) {
  EXPECT_EQ(LearnTarget({}, {.per_pod_target = 0}), kTargetBeforeLearning);
  const std::vector<Sample> idle(40, PerPod(1, 0.1));
  EXPECT_EQ(LearnTarget(idle, {.per_pod_target = 0}), kTargetBeforeLearning);
  const std::vector<Sample> few(5, PerPod(400, 0.5));
  EXPECT_EQ(LearnTarget(few, {.per_pod_target = 0}), kTargetBeforeLearning);
}

}  // namespace
}  // namespace coolkit::scaler
