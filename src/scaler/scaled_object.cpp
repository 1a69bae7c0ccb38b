#include "scaler/scaled_object.h"

#include <yaml-cpp/yaml.h>

namespace coolkit::scaler {
namespace {

constexpr std::size_t kBytesMax = 16u << 20;

std::string Text(const YAML::Node& node) {
  return node && node.IsScalar() ? node.Scalar() : std::string();
}

template <class T>
std::optional<T> Number(const YAML::Node& node) {
  if (!node) return std::nullopt;
  return node.as<T>();
}

FallbackBehavior ReadFallbackBehavior(const std::string& text) {
  if (text == "currentReplicas") return FallbackBehavior::kCurrentReplicas;
  if (text == "currentReplicasIfHigher") return FallbackBehavior::kCurrentReplicasIfHigher;
  if (text == "currentReplicasIfLower") return FallbackBehavior::kCurrentReplicasIfLower;
  return FallbackBehavior::kStatic;
}

void ReadRules(const YAML::Node& node, const std::string& name, ScalingRules& rules,
               std::vector<std::string>& gaps) {
  if (!node) {
    gaps.push_back(name);
    return;
  }
  const YAML::Node window = node["stabilizationWindowSeconds"];
  if (window) {
    rules.window_s = window.as<double>();
  } else {
    gaps.push_back(name + ".stabilizationWindowSeconds");
  }
  const std::string select = Text(node["selectPolicy"]);
  if (select.empty()) gaps.push_back(name + ".selectPolicy");
  if (select == "Min") rules.select = SelectPolicy::kMin;
  if (select == "Disabled") rules.select = SelectPolicy::kDisabled;
  if (node["tolerance"]) rules.tolerance = node["tolerance"].as<double>();
  const YAML::Node policies = node["policies"];
  if (!policies) {
    gaps.push_back(name + ".policies");
    return;
  }
  rules.policies.clear();
  for (const YAML::Node& policy : policies) {
    ScalingPolicy read;
    read.type = Text(policy["type"]) == "Percent" ? ScalingPolicy::Type::kPercent
                                                  : ScalingPolicy::Type::kPods;
    read.value = policy["value"].as<int>();
    read.period_s = policy["periodSeconds"].as<double>();
    rules.policies.push_back(read);
  }
}

void ReadTrigger(const YAML::Node& trigger, ScaledObject& object) {
  const YAML::Node metadata = trigger["metadata"];
  object.url = Text(metadata["url"]);
  object.value_location = Text(metadata["valueLocation"]);
  object.target_value = Text(metadata["targetValue"]);
  if (metadata["format"]) object.format = Text(metadata["format"]);
  object.timeout = Text(metadata["timeout"]);
  if (Text(metadata["aggregateFromKubeServiceEndpoints"]) == "true") {
    object.aggregation =
        metadata["aggregationType"] ? Text(metadata["aggregationType"]) : "average";
  }
  if (Text(trigger["metricType"]) == "Value") object.metric_type = MetricType::kValue;
  object.cached = Text(trigger["useCachedMetrics"]) == "true";
}

// The text up to the next line that begins with `---`. yaml-cpp 0.7 can't be given the whole
// stream: LoadAll never ends on some that are malformed.
std::string TakeDocument(std::string_view& yaml) {
  const std::size_t mark = yaml.find("\n---");
  const std::string document(yaml.substr(0, mark));
  yaml.remove_prefix(mark == std::string_view::npos ? yaml.size() : mark + 1);
  return document;
}

std::optional<ScaledObject> Read(const YAML::Node& document) {
  if (!document.IsMap() || Text(document["kind"]) != "ScaledObject") return std::nullopt;
  ScaledObject object;
  if (document["metadata"]) object.name = Text(document["metadata"]["name"]);
  const YAML::Node spec = document["spec"];
  if (!spec.IsMap() || !spec["triggers"].IsSequence()) return std::nullopt;
  object.min = Number<int>(spec["minReplicaCount"]).value_or(object.min);
  object.max = Number<int>(spec["maxReplicaCount"]).value_or(object.max);
  object.polling_s = Number<int>(spec["pollingInterval"]);
  object.cooldown_s = Number<int>(spec["cooldownPeriod"]);
  if (const YAML::Node fallback = spec["fallback"]) {
    KedaFallback read;
    read.failure_threshold = fallback["failureThreshold"].as<int>();
    read.replicas = fallback["replicas"].as<int>();
    read.behavior = ReadFallbackBehavior(Text(fallback["behavior"]));
    object.fallback = read;
  }
  const YAML::Node advanced = spec["advanced"];
  if (advanced && advanced["horizontalPodAutoscalerConfig"]) {
    if (const YAML::Node behavior = advanced["horizontalPodAutoscalerConfig"]["behavior"]) {
      object.behavior.emplace();
      ReadRules(behavior["scaleUp"], "scaleUp", object.behavior->up, object.behavior_gaps);
      ReadRules(behavior["scaleDown"], "scaleDown", object.behavior->down, object.behavior_gaps);
    }
  }
  for (const YAML::Node& trigger : spec["triggers"]) {
    if (Text(trigger["type"]) != "metrics-api") continue;
    ReadTrigger(trigger, object);
    return object;
  }
  return std::nullopt;
}

}  // namespace

Result<ScaledObject> ParseScaledObject(std::string_view yaml) {
  if (yaml.size() > kBytesMax) return Fail(ErrorCode::kInvalidRequest, "the file is too long");
  try {
    while (!yaml.empty()) {
      const YAML::Node document = YAML::Load(TakeDocument(yaml));
      if (auto object = Read(document)) return std::move(*object);
    }
  } catch (const YAML::Exception& error) {
    const int line = error.mark.line;
    return Fail(
        ErrorCode::kInvalidRequest,
        (line >= 0 ? "line " + std::to_string(line + 1) + ": " : std::string()) + error.msg);
  }
  return Fail(ErrorCode::kInvalidRequest,
              "there is no ScaledObject with a trigger of type metrics-api");
}

}  // namespace coolkit::scaler
