// Why: one workload that is scaled: its name, where its pods are, and by which policy. Values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "scaler/policy.h"

namespace coolkit::scaler {

// `dns:HOST:PORT`, or `host:port,host:port,…`.
struct PodList {
  std::string name;  // to be resolved; empty: `addresses` are all
  std::uint16_t port = 0;
  std::vector<std::string> addresses;  // host:port
};
// Errors: kInvalidRequest with what is allowed.
[[nodiscard]] Result<PodList> ParsePodList(std::string_view text);

struct WorkloadOptions {
  std::string name;  // in the path: lower-case letters, digits, '-', '_' and '.'
  PodList pods;
  Policy policy;
  double cpu_cores_per_pod = 0;
  milliseconds scrape_interval{5'000};
  milliseconds scrape_timeout{2'000};
  std::size_t pods_max = 1'000;           // beyond: the rest is not asked
  std::size_t body_bytes_max = 4u << 20;  // of one pod's metrics
};

[[nodiscard]] bool IsWorkloadName(std::string_view name);

}  // namespace coolkit::scaler
