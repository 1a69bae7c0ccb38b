// Why: several workloads, each with its own settings, don't fit in flags; one YAML file holds them.
// Pure; any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scaler/workload_options.h"

namespace coolkit::scaler {

struct ConfigFile {
  // Scalars at the top, by their names: settings of all workloads, and `listen`, `ops_listen`, ….
  std::map<std::string, std::string> settings;
  struct Entry {
    std::string name;
    std::string pods;
    std::map<std::string, std::string> settings;
  };
  std::vector<Entry> workloads;
};

// listen: 0.0.0.0:8080
// max: 60
// workloads:
//   - name: coolkit
//     pods: dns:coolkit-headless:2345
//     per_pod_target: 500
//
// Errors: kInvalidRequest with line and reason; unknown keys of a workload too, and names given
// twice. Keys at the top are the caller's to judge.
[[nodiscard]] Result<ConfigFile> ParseConfigFile(std::string_view yaml);

// The settings of an entry in force over `base`. Errors: kInvalidRequest naming key and value.
[[nodiscard]] Result<WorkloadOptions> ApplyEntry(const ConfigFile::Entry& entry,
                                                 WorkloadOptions base);

}  // namespace coolkit::scaler
