// Why: a workload's settings are flags, variables, keys of a file and columns of the reference, for
// `serve` and for `simulate`; one table declares them. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scaler/workload_options.h"

namespace coolkit::scaler {

struct PolicySetting {
  std::string_view name;  // a flag without dashes; as a key of a file with '_' for '-'
  std::string_view value_name;
  std::string_view default_text;
  std::string_view meaning;  // no full stop
  std::string_view allowed;
  // Reads `text` into its field; false if it is not allowed.
  bool (*apply)(std::string_view text, WorkloadOptions& options);
  bool simulated = true;  // has a meaning for `simulate`
};

// In the order in which help shows them.
[[nodiscard]] const std::vector<PolicySetting>& PolicySettings();
[[nodiscard]] const PolicySetting* FindPolicySetting(std::string_view name);

// The checks across settings. Errors: kInvalidRequest with what contradicts what.
[[nodiscard]] Result<void> CheckWorkload(const WorkloadOptions& options);

}  // namespace coolkit::scaler
