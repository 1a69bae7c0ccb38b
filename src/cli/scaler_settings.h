// Why: `coolkit scaler serve` reads its settings from flags, variables and one file; what they mean
// and which one wins is decided here. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/command_line.h"
#include "cli/settings.h"
#include "scaler/policy_settings.h"
#include "scaler/workload_options.h"

namespace coolkit::cli {

struct ScalerOptions {
  net::Endpoint listen;
  net::Endpoint ops_listen;
  std::string port_file;   // empty: none
  std::string dns_server;  // empty: the machine's
  telemetry::LogFormat log_format = telemetry::LogFormat::kText;
  telemetry::LogLevel log_level = telemetry::LogLevel::kInfo;
  std::vector<scaler::WorkloadOptions> workloads;
};

// A setting of the process, not of a workload.
struct ScalerSetting {
  std::string_view name;
  std::string_view value_name;
  std::string_view default_text;
  std::string_view meaning;
  std::vector<std::string_view> choices;
};
[[nodiscard]] std::vector<ScalerSetting> ScalerSettings();

// COOLKIT_SCALER_PER_POD_TARGET of per-pod-target.
[[nodiscard]] std::string ScalerVariable(std::string_view name);

// Errors: kInvalidRequest with a sentence that names flag, variable or key, the value and what is
// allowed.
[[nodiscard]] Result<ScalerOptions> LoadScalerOptions(const Invocation& invocation,
                                                      const Surroundings& surroundings);

}  // namespace coolkit::cli
