// Why: what a pod can do depends on the traffic (hits or misses, small values or large), so it can
// be learned from the relation of load to CPU and latency instead of being set once and wrong
// later. Pure; any thread.
#pragma once

#include <span>

#include "scaler/policy.h"
#include "scaler/sample.h"

namespace coolkit::scaler {

inline constexpr double kTargetBeforeLearning = 500;  // requests per second and pod

// Requests per second that keep a pod at policy.cpu_target of its CPU, by a line through CPU over
// load of one pod (what it uses idle, and per request); less where latency went above
// policy.latency_max_s. kTargetBeforeLearning while too little was seen.
[[nodiscard]] double LearnTarget(std::span<const Sample> samples, const Policy& policy);

}  // namespace coolkit::scaler
