// Why: a policy is tried on traffic before it meets production: the estimator's answers go through
// KEDA's and the autoscaler's own algorithms to pods that need time to start, beside what else one
// could have used. Pure and deterministic; any thread.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "scaler/deployment.h"
#include "scaler/keda.h"
#include "scaler/policy.h"

namespace coolkit::scaler {

enum class Contender {
  kEstimator,  // coolkit scaler
  kCpu,        // a plain HPA on CPU at policy.cpu_target, with its defaults
  kLoad,       // KEDA with requests per second over the target, nothing else
  kPerfect,    // knows the future: the fewest pods that keep the target
};
[[nodiscard]] std::string_view ContenderName(Contender contender);

struct SimulationOptions {
  Policy policy;
  Behavior behavior = ChartBehavior();  // of what goes through KEDA
  double hpa_tolerance = 0.1;
  double polling_s = 15;
  bool cached = true;
  double sync_s = 15;
  double scrape_s = 5;
  // When, within their periods, things happen.
  double sync_phase_s = 3;
  double polling_phase_s = 11;
  double scrape_phase_s = 2;
  Deployment::Options deployment;
  double patience_s = 10;          // a request that waits for longer is lost
  double cpu_window_s = 15;        // of the CPU figures
  double refused_visible = 0;      // share of the lost requests that the pods can count
  std::vector<double> rollouts_s;  // when they start
  std::vector<std::pair<double, double>> outages_s;  // the scaler can't be reached
  std::size_t points_max = 6000;                     // of the series below
};

struct Outcome {
  Contender contender = Contender::kEstimator;
  double seconds = 0;
  double overloaded_s = 0;  // demand above the ready pods' capacity
  double lost = 0;          // requests
  double lost_share = 0;
  double worst_queue_s = 0;  // longest wait for a free pod
  double pod_hours = 0;
  int changes = 0;  // of spec.replicas
  int turns = 0;    // of those, against the direction of the one before
  int most = 0;     // replicas
  // For the picture.
  std::vector<double> at_s;
  std::vector<double> demand;
  std::vector<double> capacity;
  std::vector<double> replicas;
};

// `demand` is requests per second for every second.
[[nodiscard]] Outcome Simulate(Contender contender, const std::vector<float>& demand,
                               const SimulationOptions& options);

}  // namespace coolkit::scaler
