#include "scaler/policy_settings.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "base/text.h"

namespace coolkit::scaler {
namespace {

constexpr int kPodsMax = 100'000;
constexpr double kRateMax = 1e9;
constexpr std::string_view kPods = "a whole number from 1 to 100000";
constexpr std::string_view kDurationText = "a duration from 1s to 1d";

std::optional<double> Decimal(std::string_view text, double min, double max) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!(value >= min && value <= max)) return std::nullopt;
  return value;
}

bool TakeCount(std::string_view text, int min, int max, int& field) {
  const auto value = ParseDecimal(text);
  if (!value || *value < static_cast<std::uint64_t>(min) ||
      *value > static_cast<std::uint64_t>(max)) {
    return false;
  }
  field = static_cast<int>(*value);
  return true;
}

bool TakeDecimal(std::string_view text, double min, double max, double& field) {
  const auto value = Decimal(text, min, max);
  if (value) field = *value;
  return value.has_value();
}

bool TakeDuration(std::string_view text, milliseconds min, double& field_s) {
  const auto value = ParseDuration(text, min == milliseconds(0));
  if (!value || *value < min || *value > std::chrono::hours(24)) return false;
  field_s = std::chrono::duration<double>(*value).count();
  return true;
}

bool TakeDuration(std::string_view text, milliseconds min, milliseconds max, milliseconds& field) {
  const auto value = ParseDuration(text);
  if (!value || *value < min || *value > max) return false;
  field = *value;
  return true;
}

bool SetTarget(std::string_view text, WorkloadOptions& options) {
  if (text == "auto") {
    options.policy.per_pod_target = 0;
    return true;
  }
  return TakeDecimal(text, 0.001, kRateMax, options.policy.per_pod_target);
}

bool SetWorkingSet(std::string_view text, WorkloadOptions& options) {
  Policy& policy = options.policy;
  if (text == "none") {
    policy.working_set = WorkingSet::kNone;
  } else if (text == "measured") {
    policy.working_set = WorkingSet::kMeasured;
  } else {
    const auto bytes = ParseByteSize(text);
    if (!bytes || *bytes == 0) return false;
    policy.working_set = WorkingSet::kGiven;
    policy.working_set_bytes = *bytes;
  }
  return true;
}

std::vector<PolicySetting> Amounts() {
  return {
      {"per-pod-target", "RATE", "500",
       "requests per second that one pod should get; auto learns it from CPU and latency",
       "auto or a number above 0", SetTarget},
      {"min", "N", "10", "fewest pods", kPods,
       [](std::string_view text, WorkloadOptions& options) {
         return TakeCount(text, 1, kPodsMax, options.policy.min);
       }},
      {"max", "N", "100", "most pods", kPods,
       [](std::string_view text, WorkloadOptions& options) {
         return TakeCount(text, 1, kPodsMax, options.policy.max);
       }},
      {"capacity-factor", "NUMBER", "1.43",
       "what a pod can do at most, in targets; the rest is room to react in",
       "a number from 1 to 10",
       [](std::string_view text, WorkloadOptions& options) {
         return TakeDecimal(text, 1, 10, options.policy.capacity_factor);
       }},
      {"cpu-per-pod", "CORES", "0", "a pod's CPU limit; 0: CPU does not count",
       "a number from 0 to 1024",
       [](std::string_view text, WorkloadOptions& options) {
         return TakeDecimal(text, 0, 1024, options.cpu_cores_per_pod);
       },
       false},
      {"cpu-target", "SHARE", "0.7", "share of a pod's CPU that should be used; 0: does not count",
       "a number from 0 to 1",
       [](std::string_view text, WorkloadOptions& options) {
         return TakeDecimal(text, 0, 1, options.policy.cpu_target);
       }},
      {"latency-max", "DURATION", "0", "mean latency above which pods count as full; 0: does not",
       "0 or a duration up to 1d",
       [](std::string_view text, WorkloadOptions& options) {
         return TakeDuration(text, milliseconds(0), options.policy.latency_max_s);
       },
       false},
      {"zones", "N", "1", "with more than one, the load must fit when one of them is lost",
       "a whole number from 1 to 100",
       [](std::string_view text, WorkloadOptions& options) {
         return TakeCount(text, 1, 100, options.policy.zones);
       }},
      {"working-set", "SIZE", "none",
       "what must fit in the caches; measured: what they hold now, without asking for more pods",
       "none, measured or a size", SetWorkingSet, false},
      {"database-connections", "N", "0", "budget of all pods; 0: no ceiling",
       "a whole number from 0 to 1000000",
       [](std::string_view text, WorkloadOptions& options) {
         return TakeCount(text, 0, 1'000'000, options.policy.database_connections);
       }},
      {"connections-per-pod", "N", "2", "connections that each pod must get from the budget",
       "a whole number from 1 to 1000",
       [](std::string_view text, WorkloadOptions& options) {
         return TakeCount(text, 1, 1000, options.policy.connections_per_pod);
       }},
      {"tolerance", "SHARE", "0.1", "the autoscaler's; 0 where the cluster sets it so",
       "a number from 0 to 0.5",
       [](std::string_view text, WorkloadOptions& options) {
         return TakeDecimal(text, 0, 0.5, options.policy.tolerance);
       }},
  };
}

std::vector<PolicySetting> Times() {
  return {
      {"stable-window", "DURATION", "60s", "the load counts as its mean over this time",
       kDurationText,
       [](std::string_view text, WorkloadOptions& options) {
         return TakeDuration(text, seconds(1), options.policy.stable_s);
       }},
      {"panic-window", "DURATION", "10s", "and in a panic over this", kDurationText,
       [](std::string_view text, WorkloadOptions& options) {
         return TakeDuration(text, seconds(1), options.policy.panic_s);
       }},
      {"hold", "DURATION", "5m", "a lower answer waits for so long", "0 or a duration up to 1d",
       [](std::string_view text, WorkloadOptions& options) {
         return TakeDuration(text, milliseconds(0), options.policy.hold_s);
       }},
      {"lead-time", "DURATION", "45s",
       "from a decision to pods that serve, until it has been measured", kDurationText,
       [](std::string_view text, WorkloadOptions& options) {
         return TakeDuration(text, seconds(1), options.policy.lead_s);
       }},
      {"stale-after", "DURATION", "2m",
       "without enough pods the last answer stands so long, marked; then 503", kDurationText,
       [](std::string_view text, WorkloadOptions& options) {
         return TakeDuration(text, seconds(1), options.policy.stale_s);
       },
       false},
      {"scrape-interval", "DURATION", "5s", "how often pods are asked",
       "a duration from 200ms to 1m",
       [](std::string_view text, WorkloadOptions& options) {
         return TakeDuration(text, milliseconds(200), seconds(60), options.scrape_interval);
       }},
      {"scrape-timeout", "DURATION", "2s", "how long one round of asking may take",
       "a duration from 50ms to 30s",
       [](std::string_view text, WorkloadOptions& options) {
         return TakeDuration(text, milliseconds(50), seconds(30), options.scrape_timeout);
       },
       false},
  };
}

}  // namespace

const std::vector<PolicySetting>& PolicySettings() {
  static const std::vector<PolicySetting> settings = [] {
    std::vector<PolicySetting> all = Amounts();
    for (const PolicySetting& time : Times()) all.push_back(time);
    return all;
  }();
  return settings;
}

const PolicySetting* FindPolicySetting(std::string_view name) {
  const auto& all = PolicySettings();
  const auto found = std::find_if(all.begin(), all.end(), [&](const PolicySetting& setting) {
    return std::equal(setting.name.begin(), setting.name.end(), name.begin(), name.end(),
                      [](char a, char b) { return a == b || (a == '-' && b == '_'); });
  });
  return found == all.end() ? nullptr : &*found;
}

Result<void> CheckWorkload(const WorkloadOptions& options) {
  const auto wrong = [&](const std::string& what) {
    const std::string where = options.name.empty() ? "" : "workload " + options.name + ": ";
    return Fail(ErrorCode::kInvalidRequest, where + what);
  };
  const Policy& policy = options.policy;
  if (policy.min > policy.max) return wrong("min is above max");
  if (policy.panic_s > policy.stable_s) return wrong("panic-window is above stable-window");
  if (options.scrape_timeout >= options.scrape_interval) {
    return wrong("scrape-timeout must be below scrape-interval");
  }
  if (policy.per_pod_target == 0 && options.cpu_cores_per_pod == 0 && policy.latency_max_s == 0) {
    return wrong("per-pod-target auto needs cpu-per-pod or latency-max to learn from");
  }
  return {};
}

}  // namespace coolkit::scaler
