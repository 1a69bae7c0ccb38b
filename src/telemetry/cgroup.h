// Why: the container's limits and use decide the cache's budget and the throttling and memory
// alerts. Reads files under a root that tests can fake; cgroup v2, v1 and both at once. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace coolkit::telemetry {

// A file that is missing or makes no sense leaves its figure empty.
struct CgroupFigures {
  std::optional<std::uint64_t> memory_limit_bytes;  // nothing: no limit
  std::optional<std::uint64_t> memory_usage_bytes;  // page cache included
  // Usage without the file pages that the kernel can drop at once, as the kubelet counts it: what
  // gets a container evicted or killed.
  std::optional<std::uint64_t> memory_working_set_bytes;
  std::optional<double> cpu_limit_cores;  // nothing: no limit
  // Of the level that sets the limit, or else of the process's own.
  std::optional<std::uint64_t> cpu_periods;
  std::optional<std::uint64_t> cpu_throttled_periods;
  std::optional<double> cpu_throttled_seconds;
};

// `root` is "/" in production; `<root>/proc/self/cgroup`, `<root>/proc/self/mountinfo` and
// `<root>/sys/fs/cgroup/…` are read. The smallest limit on the way up to the root of the hierarchy
// counts. Where the process's own group can't be seen (containers), the mount's root stands for it.
[[nodiscard]] CgroupFigures ReadCgroup(const std::string& root = "/");

struct ProcessFigures {
  double cpu_seconds = 0;  // user and system
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_fds = 0;
  std::uint64_t max_fds = 0;
  double start_time_unix_seconds = 0;
  std::uint64_t machine_memory_bytes = 0;
  unsigned processors = 1;  // that this process may run on
};
// Of this process. A figure that can't be read is 0.
[[nodiscard]] ProcessFigures ReadProcess();
// That figure alone.
[[nodiscard]] std::uint64_t ReadResidentBytes();

}  // namespace coolkit::telemetry
