#include "scaler/capacity.h"

#include <algorithm>
#include <cmath>

namespace coolkit::scaler {
namespace {

constexpr std::size_t kSamplesMin = 12;
constexpr double kLoadPerPodMin = 10;  // below, idle work hides what a request costs
constexpr double kSpreadMin = 0.1;     // of the load, for a slope to be read
constexpr double kBelowSlow = 0.9;     // of the load at which pods were slow

struct Line {
  double idle = 0;
  double per_request = 0;
};

// CPU of one pod = idle + per_request * load of one pod.
Line FitCpu(std::span<const Sample> samples) {
  double n = 0;
  double x = 0;
  double y = 0;
  double xx = 0;
  double xy = 0;
  double cores = 0;
  for (const Sample& sample : samples) {
    if (sample.serving == 0 || sample.cpu_cores <= 0 || sample.cpu_cores_per_pod <= 0) continue;
    const double load = sample.load / sample.serving;
    const double cpu = sample.cpu_cores / sample.serving;
    if (load < kLoadPerPodMin) continue;
    cores = sample.cpu_cores_per_pod;
    n += 1;
    x += load;
    y += cpu;
    xx += load * load;
    xy += load * cpu;
  }
  if (n < static_cast<double>(kSamplesMin) || cores <= 0) return {};
  const double mean_x = x / n;
  const double mean_y = y / n;
  const double variance = xx / n - mean_x * mean_x;
  if (variance > kSpreadMin * kSpreadMin * mean_x * mean_x) {
    const double slope = (xy / n - mean_x * mean_y) / variance;
    const double idle = mean_y - slope * mean_x;
    if (slope > 0 && idle >= 0) return {idle, slope};
  }
  // Always the same load: all of it is put down to requests, which asks for too many pods rather
  // than too few.
  return {0, mean_y / mean_x};
}

}  // namespace

double LearnTarget(std::span<const Sample> samples, const Policy& policy) {
  double target = kTargetBeforeLearning;
  const Line line = FitCpu(samples);
  if (line.per_request > 0 && policy.cpu_target > 0) {
    const double cores = samples.back().cpu_cores_per_pod;
    target = std::max(1.0, (cores * policy.cpu_target - line.idle) / line.per_request);
  }
  if (policy.latency_max_s <= 0) return target;
  for (const Sample& sample : samples) {
    if (sample.serving == 0 || sample.latency_s <= policy.latency_max_s) continue;
    const double load = sample.load / sample.serving;
    if (load >= kLoadPerPodMin) target = std::min(target, load * kBelowSlow);
  }
  return target;
}

}  // namespace coolkit::scaler
