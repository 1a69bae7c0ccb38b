// Why: the chart, the alerts and the scaler read the process's CPU, memory and throttling from the
// pod itself, so that they work without cAdvisor. Registered once by the composition root.
#pragma once

#include <string>

#include "telemetry/metrics.h"

namespace coolkit::telemetry {

struct BuildInfo {
  std::string version;   // "0.1.0"
  std::string revision;  // of the source
};

// Registers process_*, coolkit_process_cpu_*, coolkit_memory_* and coolkit_build_info. The figures
// are read once per scrape. `root`: see ReadCgroup.
void RegisterProcessMetrics(Registry& registry, const BuildInfo& build,
                            const std::string& root = "/");

}  // namespace coolkit::telemetry
