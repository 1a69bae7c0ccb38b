#include "scaler/config_file.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "scaler/policy_settings.h"

namespace coolkit::scaler {
namespace {

constexpr std::size_t kFileBytesMax = 1u << 20;
constexpr std::size_t kWorkloadsMax = 256;

std::unexpected<Error> Wrong(const YAML::Node& node, const std::string& what) {
  const int line = node.Mark().line;
  return Fail(ErrorCode::kInvalidRequest,
              (line >= 0 ? "line " + std::to_string(line + 1) + ": " : std::string()) + what);
}

Result<std::map<std::string, std::string>> Scalars(const YAML::Node& node) {
  std::map<std::string, std::string> scalars;
  for (const auto& pair : node) {
    const std::string key = pair.first.Scalar();
    if (key == "workloads") continue;
    if (!pair.second.IsScalar()) return Wrong(pair.second, key + " is not a single value");
    if (!scalars.emplace(key, pair.second.Scalar()).second) {
      return Wrong(pair.first, key + " is given twice");
    }
  }
  return scalars;
}

Result<ConfigFile::Entry> ReadEntry(const YAML::Node& node) {
  if (!node.IsMap()) return Wrong(node, "a workload has name, pods and settings");
  auto scalars = Scalars(node);
  if (!scalars) return Fail(scalars.error());
  ConfigFile::Entry entry;
  for (auto& [key, value] : *scalars) {
    if (key == "name") {
      entry.name = value;
    } else if (key == "pods") {
      entry.pods = value;
    } else if (FindPolicySetting(key) == nullptr) {
      return Wrong(node, "a workload has no setting " + key);
    } else {
      entry.settings.emplace(key, value);
    }
  }
  if (!IsWorkloadName(entry.name)) {
    return Wrong(node, "the name of a workload is made of lower-case letters, digits, - _ and .");
  }
  if (entry.pods.empty()) return Wrong(node, "workload " + entry.name + " has no pods");
  return entry;
}

Result<ConfigFile> Read(const YAML::Node& root) {
  ConfigFile file;
  if (!root || root.IsNull()) return file;
  if (!root.IsMap()) return Wrong(root, "the file is not a map of settings");
  auto settings = Scalars(root);
  if (!settings) return Fail(settings.error());
  file.settings = std::move(*settings);
  const YAML::Node workloads = root["workloads"];
  if (!workloads) return file;
  if (!workloads.IsSequence()) return Wrong(workloads, "workloads is not a list");
  if (workloads.size() > kWorkloadsMax) return Wrong(workloads, "too many workloads");
  for (const YAML::Node& node : workloads) {
    auto entry = ReadEntry(node);
    if (!entry) return Fail(entry.error());
    const bool twice = std::any_of(file.workloads.begin(), file.workloads.end(),
                                   [&](const auto& other) { return other.name == entry->name; });
    if (twice) return Wrong(node, "workload " + entry->name + " is given twice");
    file.workloads.push_back(std::move(*entry));
  }
  return file;
}

}  // namespace

Result<ConfigFile> ParseConfigFile(std::string_view yaml) {
  if (yaml.size() > kFileBytesMax) return Fail(ErrorCode::kInvalidRequest, "the file is too long");
  try {
    return Read(YAML::Load(std::string(yaml)));
  } catch (const YAML::Exception& error) {
    const int line = error.mark.line;
    return Fail(
        ErrorCode::kInvalidRequest,
        (line >= 0 ? "line " + std::to_string(line + 1) + ": " : std::string()) + error.msg);
  }
}

Result<WorkloadOptions> ApplyEntry(const ConfigFile::Entry& entry, WorkloadOptions base) {
  base.name = entry.name;
  auto pods = ParsePodList(entry.pods);
  if (!pods) return Fail(pods.error());
  base.pods = std::move(*pods);
  for (const auto& [key, value] : entry.settings) {
    const PolicySetting* setting = FindPolicySetting(key);
    if (setting == nullptr || !setting->apply(value, base)) {
      std::string why = "workload " + entry.name;
      why.append(": ").append(key).append(" '").append(value).append(
          "' is not allowed; allowed is ");
      why.append(setting == nullptr ? "no such setting" : setting->allowed);
      return Fail(ErrorCode::kInvalidRequest, std::move(why));
    }
  }
  if (auto fine = CheckWorkload(base); !fine) return Fail(fine.error());
  return base;
}

}  // namespace coolkit::scaler
