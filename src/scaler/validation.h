// Why: a wrong target, path or metric type does not fail, it scales wrongly; what the autoscaler
// would do with an answer is said before it does. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scaler/hpa.h"
#include "scaler/scaled_object.h"

namespace coolkit::scaler {

// One GET as KEDA does it.
struct Reading {
  std::string failure;  // empty: there was an answer
  int status = 0;
  std::string body;
  double seconds = 0;
};

struct ValidationInput {
  std::vector<Reading> readings;  // two: the operator's and the autoscaler's
  std::string value_location = "desired_replicas";
  double target = 1;
  MetricType metric_type = MetricType::kAverageValue;
  int current = 10;
  int min = 10;
  int max = 100;
  double timeout_s = 3;
  std::optional<ScaledObject> object;
};

struct Validation {
  std::vector<std::string> facts;
  std::vector<std::string> warnings;
  std::vector<std::string> faults;  // it would misbehave
};

[[nodiscard]] Validation Validate(const ValidationInput& input);
[[nodiscard]] std::string ValidationText(const Validation& validation);

}  // namespace coolkit::scaler
