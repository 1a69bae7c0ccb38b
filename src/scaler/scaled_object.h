// Why: the settings that decide what a value means stand in a ScaledObject; `validate` reads the
// rendered one, so that what is judged is what will be applied. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "scaler/hpa.h"
#include "scaler/keda.h"

namespace coolkit::scaler {

struct ScaledObject {
  std::string name;
  int min = 0;  // KEDA's defaults
  int max = 100;
  std::optional<int> polling_s;
  std::optional<int> cooldown_s;
  std::optional<KedaFallback> fallback;
  std::optional<Behavior> behavior;
  std::vector<std::string> behavior_gaps;  // fields that are left out: "scaleUp.policies"

  // Of the first trigger of type metrics-api.
  std::string url;
  std::string value_location;
  std::string target_value;
  std::string format = "json";
  std::string timeout;  // empty: KEDA's default
  MetricType metric_type = MetricType::kAverageValue;
  bool cached = false;
  std::string aggregation;  // empty: no aggregateFromKubeServiceEndpoints
};

// The first ScaledObject with a metrics-api trigger in a stream of YAML documents (the output of
// `helm template`). Errors: kInvalidRequest with the reason.
[[nodiscard]] Result<ScaledObject> ParseScaledObject(std::string_view yaml);

}  // namespace coolkit::scaler
