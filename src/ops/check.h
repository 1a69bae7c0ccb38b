// Why: what can be wrong with a pod has names that probes, the alerts and people share. A check
// answers from memory at once: the probe path does no I/O and waits for nobody, or a slow database
// would get pods killed. Values; `read` is called on the operations loop.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace coolkit::ops {

// The names that the chart and the runbook rely on.
inline constexpr std::string_view kProcessCheck = "process";    // event loops answer: liveness
inline constexpr std::string_view kCacheCheck = "cache";        // the cache can be used
inline constexpr std::string_view kDatabaseCheck = "database";  // the database can be reached
// False while draining, and when this pod alone has lost the database.
inline constexpr std::string_view kServingCheck = "serving";

struct CheckResult {
  bool ok = true;
  std::string detail;  // why not, a short sentence without secrets
};

struct Check {
  std::string name;  // [a-z_]+
  std::function<CheckResult()> read;
};

}  // namespace coolkit::ops
