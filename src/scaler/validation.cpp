#include "scaler/validation.h"

#include <algorithm>
#include <cmath>

#include "base/saturate.h"
#include "scaler/value_location.h"

namespace coolkit::scaler {
namespace {

constexpr double kSlowShare = 0.3;  // of the timeout
constexpr double kTunedMax = 2;     // a target that is so far off is a mistake

std::string Shown(double value) {
  std::string text = std::to_string(value);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

class Judge {
 public:
  explicit Judge(const ValidationInput& input) : input_(input) {}

  Validation Run() {
    if (input_.target <= 0) Fault("targetValue is 0 or less: KEDA refuses the ScaledObject");
    Settings();
    std::vector<double> values;
    for (const Reading& reading : input_.readings) {
      if (const auto value = Read(reading)) values.push_back(*value);
    }
    if (values.empty() || input_.target <= 0) return std::move(result_);
    Meaning(values.front());
    Agreement(values);
    return std::move(result_);
  }

 private:
  void Fact(std::string text) { result_.facts.push_back(std::move(text)); }
  void Warn(std::string text) { result_.warnings.push_back(std::move(text)); }
  void Fault(std::string text) {
    auto& all = result_.faults;
    if (std::find(all.begin(), all.end(), text) == all.end()) all.push_back(std::move(text));
  }

  std::optional<double> Read(const Reading& reading) {
    if (!reading.failure.empty()) {
      Fault("no answer: " + reading.failure);
      return std::nullopt;
    }
    if (reading.status != 200) {
      Fault("status " + std::to_string(reading.status) + ": KEDA takes nothing but 200");
      return std::nullopt;
    }
    const auto value = ReadLocation(reading.body, input_.value_location);
    if (!value) {
      Fault(value.error().detail);
      return std::nullopt;
    }
    if (reading.seconds > input_.timeout_s * kSlowShare) {
      Warn("the answer took " + Shown(reading.seconds) + " s of KEDA's " + Shown(input_.timeout_s) +
           " s, which a retry takes again");
    }
    if (KedaValue(*value) == 0) {
      Fault("the value " + Shown(*value) + " counts as 0: the workload would go to its minimum");
    }
    return KedaValue(*value);
  }

  [[nodiscard]] Hpa MakeHpa() const {
    Hpa::Options options;
    options.min = input_.min;
    options.max = input_.max;
    if (input_.object) options.behavior = input_.object->behavior;
    return Hpa(options);
  }

  [[nodiscard]] int Asked(double value) const {
    const Replicas replicas{input_.current, input_.current, input_.current};
    return MakeHpa().FromExternal(replicas, input_.metric_type, Saturate<long>(value * 1000),
                                  Saturate<long>(input_.target * 1000));
  }

  void Meaning(double value) {
    const int current = input_.current;
    const bool average = input_.metric_type == MetricType::kAverageValue;
    const double per = value / input_.target;
    const int asked = Asked(value);
    Fact("value " + Shown(value) + " at '" + input_.value_location + "', target " +
         Shown(input_.target) + ", " + (average ? "AverageValue" : "Value"));
    Hpa hpa = MakeHpa();
    const int next = hpa.Reconcile(0, {current, current, current}, asked);
    Fact("with " + std::to_string(current) + " replicas the metric asks for " +
         std::to_string(asked) + "; the next sync sets " + std::to_string(next));
    Agrees(value, per);
    const double ratio = average ? per / current : per;
    if (asked == current && hpa.WithinTolerance(ratio) && ratio != 1) {
      Warn("the ratio " + Shown(std::round(ratio * 1000) / 1000) +
           " is within the autoscaler's tolerance: nothing changes");
    }
    if (asked > input_.max) Warn("more is asked for than maxReplicaCount allows");
    if (asked < input_.min) Warn("less is asked for than minReplicaCount");
  }

  // Does the configuration reach what the scaler itself says?
  void Agrees(double /*value*/, double per) {
    const std::string& body = input_.readings.front().body;
    const auto said = ReadLocation(body, "desired_replicas");
    if (!said) return;
    const int meant = Saturate<int>(std::ceil(*said));
    const bool average = input_.metric_type == MetricType::kAverageValue;
    const int raw = Saturate<int>(std::ceil((average ? per : per * input_.current) - 1e-6));
    const std::string differs = "the scaler means " + std::to_string(meant) +
                                " replicas, this asks for " + std::to_string(raw) + ": ";
    if (raw != meant && !average) {
      Fault(differs + "metricType Value multiplies by the ready pods; use AverageValue");
    } else if (raw > kTunedMax * meant || raw * kTunedMax < meant) {
      Fault(differs + "targetValue does not fit to valueLocation");
    } else if (raw != meant) {
      Warn(differs + "targetValue is tuned away from what the scaler counts with");
    }
    const auto root = json::Parse(body);
    const auto stale = root ? FindLocation(*root, "stale") : Result<const json::Value*>(nullptr);
    if (stale && *stale != nullptr && (*stale)->bool_value()) {
      Warn("the scaler marks its answer as stale: too few pods report");
    }
  }

  // KEDA's operator and the autoscaler each read for themselves.
  void Agreement(const std::vector<double>& values) {
    for (const double value : values) {
      const int one = Asked(values.front());
      const int other = Asked(value);
      if (one == other) continue;
      const bool flaps = std::abs(one - other) > 0.1 * std::max(one, other);
      const std::string text = "two readings ask for " + std::to_string(one) + " and " +
                               std::to_string(other) + " replicas";
      if (flaps) {
        Fault(text + ": the workload would flap");
      } else {
        Warn(text);
      }
    }
  }

  void Settings() {
    if (!input_.object) return;
    const ScaledObject& object = *input_.object;
    if (object.format != "json") Warn("format " + object.format + " is read as json here");
    if (object.min >= 1 && object.cooldown_s) {
      Warn("cooldownPeriod only matters for 0 replicas; use behavior.scaleDown");
    }
    if (object.min >= 1 && object.polling_s && !object.cached) {
      Warn("pollingInterval does nothing without useCachedMetrics: every sync asks by itself");
    }
    if (!object.fallback) {
      Warn("no fallback: while the scaler is gone replicas freeze, also under rising load");
    } else if (object.fallback->behavior == FallbackBehavior::kStatic &&
               object.fallback->replicas < input_.current) {
      Warn("the static fallback of " + std::to_string(object.fallback->replicas) +
           " replicas is below the current number: caches would be dropped");
    }
    if (!object.behavior) Warn("no behavior: the defaults hold, 300 s before anything goes down");
    for (const std::string& gap : object.behavior_gaps) {
      Warn("behavior." + gap +
           " is left out: the API server fills it in, and KEDA changes it back "
           "at every reconcile");
    }
    if (!object.aggregation.empty()) {
      Warn("aggregateFromKubeServiceEndpoints drops the URL's query and needs the pods' port");
      if (object.aggregation == "sum") Warn("with sum, pods that fail are missing from the sum");
    }
    Ratchet(object);
  }

  void Ratchet(const ScaledObject& object) {
    const bool exact = object.behavior && object.behavior->down.tolerance == 0.0 &&
                       object.behavior->up.tolerance == 0.0;
    if (exact || input_.metric_type == MetricType::kValue) return;
    Fact(
        "a rollout's surge of 10 % is within the tolerance (kubernetes#138505); coolkit's scaler "
        "answers around it, another endpoint would not");
  }

  const ValidationInput& input_;
  Validation result_;
};

}  // namespace

Validation Validate(const ValidationInput& input) { return Judge(input).Run(); }

std::string ValidationText(const Validation& validation) {
  std::string text;
  for (const std::string& fact : validation.facts) text += "         " + fact + "\n";
  for (const std::string& warning : validation.warnings) text += "warning: " + warning + "\n";
  for (const std::string& fault : validation.faults) text += "FAULT:   " + fault + "\n";
  text += validation.faults.empty() ? "it would behave\n" : "it would misbehave\n";
  return text;
}

}  // namespace coolkit::scaler
