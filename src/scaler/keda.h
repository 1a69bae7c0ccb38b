// Why: between the scaler's answer and the autoscaler stands KEDA, with a poll of its own, a cache,
// a retry and a fallback (pkg/scaling, pkg/fallback of KEDA 2.20). Pure; one per ScaledObject; not
// thread-safe. Times are seconds of any clock.
#pragma once

#include <functional>
#include <optional>

#include "base/result.h"
#include "scaler/hpa.h"

namespace coolkit::scaler {

enum class FallbackBehavior {
  kStatic,
  kCurrentReplicas,
  kCurrentReplicasIfHigher,
  kCurrentReplicasIfLower,
};

struct KedaFallback {
  int failure_threshold = 3;
  int replicas = 30;
  FallbackBehavior behavior = FallbackBehavior::kCurrentReplicasIfHigher;
};

class Keda {
 public:
  struct Options {
    double polling_s = 15;
    bool cached = true;  // useCachedMetrics
    double target = 1;   // targetValue
    MetricType type = MetricType::kAverageValue;
    std::optional<KedaFallback> fallback;
  };
  // One GET of the endpoint and what was read from its body.
  using Source = std::function<Result<double>(double now)>;

  Keda(Options options, Source source);

  // The operator's reading, every polling interval.
  void Poll(double now);
  // The autoscaler's reading at one of its syncs: the metric in milli-units, or nothing when it
  // failed and there is no fallback (yet). `current` replicas are for the fallback.
  [[nodiscard]] std::optional<long> Read(double now, int current);

  [[nodiscard]] long target_milli() const;
  [[nodiscard]] int failures() const { return failures_; }
  [[nodiscard]] int gets() const { return gets_; }

 private:
  [[nodiscard]] std::optional<double> Get(double now);
  void Count(bool good);

  Options options_;
  Source source_;
  bool polled_ = false;
  std::optional<double> cache_;
  int failures_ = 0;
  int gets_ = 0;
};

// Negative, NaN and infinite values become 0.
[[nodiscard]] double KedaValue(double value);

}  // namespace coolkit::scaler
