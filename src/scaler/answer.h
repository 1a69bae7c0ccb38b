// Why: the body of /estimate is a contract with KEDA and with people, so it is written in one
// place. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "scaler/estimator.h"

namespace coolkit::scaler {

// What the body shows besides the decision.
struct AnswerContext {
  std::string workload;
  Policy policy;
  int discovered = 0;
  int reporting = 0;
  int serving = 0;
  bool stale = false;
  std::string generated_at;  // RFC 3339
};

// `desired_replicas` against target 1 and `load` against `per_pod_target` mean the same by
// construction. With `explain`, every candidate and window.
[[nodiscard]] std::string AnswerJson(const Decision& decision, const AnswerContext& context,
                                     bool explain);

// 2026-11-22T21:04:48Z
[[nodiscard]] std::string FormatTimestamp(std::int64_t unix_seconds);

}  // namespace coolkit::scaler
