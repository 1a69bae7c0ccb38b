#include "telemetry/metric_names.h"

#include <algorithm>
#include <array>

namespace coolkit::telemetry {
namespace {

constexpr std::string_view kTotal = "_total";
constexpr std::array<std::string_view, 7> kReservedSuffixes{"_total",  "_created", "_count", "_sum",
                                                            "_bucket", "_gcount",  "_gsum"};

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool IsMetricName(std::string_view name) {
  return !name.empty() && !IsDigit(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return IsLower(c) || IsDigit(c) || c == '_' || c == ':'; });
}

bool IsLabelName(std::string_view name) {
  return !name.empty() && IsLower(name.front()) && name != "le" && name != "quantile" &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return IsLower(c) || IsDigit(c) || c == '_'; });
}

bool IsNameForType(std::string_view name, MetricType type) {
  if (type == MetricType::kCounter) return name.ends_with(kTotal) && name.size() > kTotal.size();
  return std::none_of(kReservedSuffixes.begin(), kReservedSuffixes.end(),
                      [&](std::string_view suffix) { return name.ends_with(suffix); });
}

std::vector<std::string> ClaimedNames(std::string_view name, MetricType type) {
  std::vector<std::string> names{std::string(name)};
  if (type == MetricType::kCounter) {
    names.emplace_back(name.substr(0, name.size() - kTotal.size()));
  } else if (type == MetricType::kHistogram) {
    for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
      names.push_back(std::string(name).append(suffix));
    }
  }
  return names;
}

}  // namespace coolkit::telemetry
