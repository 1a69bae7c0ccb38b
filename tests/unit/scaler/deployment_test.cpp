#include "scaler/deployment.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace coolkit::scaler {
namespace {

TEST(DeploymentTest, PodsNeedTimeToStartAndToWarmUp) {
  Deployment deployment({.start_s = 20, .cold_capacity = 0.5, .warming_s = 10}, 10);
  deployment.SetReplicas(0, 20);
  EXPECT_EQ(deployment.replicas().status, 20);
  EXPECT_EQ(deployment.replicas().ready, 10);
  deployment.Advance(19);
  EXPECT_EQ(deployment.replicas().ready, 10);
  deployment.Advance(20);
  EXPECT_EQ(deployment.replicas().ready, 20);
  EXPECT_NEAR(deployment.WarmPods(), 15, 1e-9);
  deployment.Advance(30);
  EXPECT_NEAR(deployment.WarmPods(), 20 - 5 * 0.3679, 1e-3);
  EXPECT_EQ(deployment.ReadySince(30, 10), 20);
  EXPECT_EQ(deployment.ReadySince(30, 11), 10);
}

TEST(DeploymentTest, PodsThatDoNotServeYetGoFirst) {
  Deployment deployment({}, 10);
  deployment.SetReplicas(0, 15);
  deployment.SetReplicas(1, 12);
  EXPECT_EQ(deployment.replicas().status, 12);
  EXPECT_EQ(deployment.replicas().ready, 10);
  deployment.SetReplicas(2, 5);
  EXPECT_EQ(deployment.replicas().ready, 5);
}

TEST(DeploymentTest, ARolloutSurgesAndKeepsEnough) {
  Deployment deployment({.start_s = 20}, 40);
  deployment.StartRollout(0);
  int most = 0;
  int fewest = 100;
  double ended = 0;
  for (double now = 1; now < 600 && deployment.RollingOut(); now += 1) {
    deployment.Advance(now);
    most = std::max(most, deployment.replicas().status);
    fewest = std::min(fewest, deployment.replicas().ready);
    ended = now;
  }
  EXPECT_EQ(most, 44);
  EXPECT_EQ(fewest, 36);
  EXPECT_FALSE(deployment.RollingOut());
  EXPECT_GT(ended, 20);
  deployment.Advance(ended + 30);
  EXPECT_EQ(deployment.replicas().status, 40);
  EXPECT_EQ(deployment.replicas().ready, 40);
}

}  // namespace
}  // namespace coolkit::scaler
