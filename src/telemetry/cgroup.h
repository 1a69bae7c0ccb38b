// Why: the container's limits and use decide the cache's budget and the throttling and memory
// alerts. Reads files under a root that tests can fake; cgroup v2 and v1. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace coolkit::telemetry {

struct CgroupFigures {
  std::optional<std::uint64_t> memory_limit_bytes;  // nothing: no limit
  std::optional<std::uint64_t> memory_usage_bytes;
  std::optional<double> cpu_limit_cores;
  std::optional<std::uint64_t> cpu_periods;
  std::optional<std::uint64_t> cpu_throttled_periods;
  std::optional<double> cpu_throttled_seconds;
};

// `root` is "/" in production; `<root>/proc/self/cgroup` and `<root>/sys/fs/cgroup/…` are read.
// The smallest limit on the way up to the root of the hierarchy counts.
[[nodiscard]] CgroupFigures ReadCgroup(const std::string& root = "/");

struct ProcessFigures {
  double cpu_seconds = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_fds = 0;
  std::uint64_t max_fds = 0;
  double start_time_unix_seconds = 0;
  std::uint64_t machine_memory_bytes = 0;
};
[[nodiscard]] ProcessFigures ReadProcess();

}  // namespace coolkit::telemetry
