// Why: what a value means is decided by Kubernetes' horizontal autoscaler, so the simulator and the
// validator need its algorithm as it is: order of steps, tolerance, rounding, stabilisation,
// policies (pkg/controller/podautoscaler of Kubernetes 1.34). Pure; one per workload; not
// thread-safe. Times are seconds of any clock.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace coolkit::scaler {

enum class SelectPolicy { kMax, kMin, kDisabled };

struct ScalingPolicy {
  enum class Type { kPods, kPercent };
  Type type = Type::kPods;
  int value = 0;
  double period_s = 15;
};

struct ScalingRules {
  double window_s = 0;  // stabilizationWindowSeconds
  SelectPolicy select = SelectPolicy::kMax;
  std::vector<ScalingPolicy> policies;
  std::optional<double> tolerance;  // none: the cluster's
};

// `behavior` of an HPA. The defaults are the API server's for a field that is left out.
struct Behavior {
  ScalingRules up{0,
                  SelectPolicy::kMax,
                  {{ScalingPolicy::Type::kPods, 4, 15}, {ScalingPolicy::Type::kPercent, 100, 15}},
                  {}};
  ScalingRules down{300, SelectPolicy::kMax, {{ScalingPolicy::Type::kPercent, 100, 15}}, {}};
};

// What the coolkit chart renders: out at once and fast, in slowly, so that memory moves along.
[[nodiscard]] Behavior ChartBehavior();

enum class MetricType { kAverageValue, kValue };

// The replicas of a Deployment as the API shows them.
struct Replicas {
  int spec = 0;
  int status = 0;  // pods that exist, surge included
  int ready = 0;
};

// Of the pods that a CPU metric is read for. `usage` is the sum of the utilisations (1 is all that
// was requested) of the pods with a metric.
struct CpuReading {
  int with_metric = 0;
  double usage = 0;
  int unready = 0;  // still starting: their figure does not count
  int missing = 0;  // no figure
};

class Hpa {
 public:
  struct Options {
    int min = 1;
    int max = 100;
    std::optional<Behavior> behavior;  // none: the limits from before `behavior` existed
    double tolerance = 0.1;            // --horizontal-pod-autoscaler-tolerance
    double downscale_window_s = 300;   // used without `behavior`
  };
  explicit Hpa(Options options);

  // Steps 1 to 6: one sync whose metric asks for `recommended` replicas (none: the metric failed).
  // The new spec.replicas.
  [[nodiscard]] int Reconcile(double now, const Replicas& replicas, std::optional<int> recommended);

  // Step 3: what one metric asks for. `value` and `target` in milli-units.
  [[nodiscard]] int FromExternal(const Replicas& replicas, MetricType type, long value_milli,
                                 long target_milli) const;
  // A Resource metric: readiness counts here (GetResourceReplicas).
  [[nodiscard]] int FromCpu(const Replicas& replicas, const CpuReading& reading,
                            double target) const;

  // Is this ratio of usage to target close enough to 1 to leave things as they are?
  [[nodiscard]] bool WithinTolerance(double ratio) const;
  [[nodiscard]] const Options& options() const { return options_; }

 private:
  struct Recommendation {
    double at = 0;
    int replicas = 0;
  };
  struct Event {
    double at = 0;
    int change = 0;
  };
  [[nodiscard]] int Stabilised(double now, int current, int recommended);
  [[nodiscard]] int Limited(double now, int current, int recommended) const;
  [[nodiscard]] int UpLimit(double now, int current) const;
  [[nodiscard]] int DownLimit(double now, int current) const;
  [[nodiscard]] int PeriodStart(double now, int current, double period_s) const;

  Options options_;
  bool seen_ = false;
  std::vector<Recommendation> recommendations_;
  std::vector<Event> events_;  // positive: replicas added
};

}  // namespace coolkit::scaler
