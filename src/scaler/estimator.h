// Why: how many pods? A pure function of a window of samples: the same samples give the same
// answer, in any replica of the scaler and in the simulator, and what is older than the longest
// window has no influence. It reads no clock and does no I/O. Not thread-safe; one per workload.
//
// Stable and panic windows are those of Knative's KPA; beside them stand a forecast over the time
// that a new pod needs, CPU, floors (memory, zones) and ceilings (database). docs/scaling.md has
// the whole decision in order.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <string_view>

#include "scaler/policy.h"
#include "scaler/sample.h"

namespace coolkit::scaler {

// Why the answer is what it is. The names are a fixed list: metrics and dashboards use them.
#define COOLKIT_SCALER_REASONS(X)                                        \
  X(kSteady, "steady")       /* the stable window's load */              \
  X(kPanic, "panic")         /* the short window's load */               \
  X(kForecast, "forecast")   /* the load when new pods are ready */      \
  X(kSaturated, "saturated") /* pods are full: twice as many */          \
  X(kCpu, "cpu")             /* CPU asks for more than requests */       \
  X(kZone, "zone")           /* a lost zone must be survived */          \
  X(kMemory, "memory_floor") /* the working set must fit */              \
  X(kMinimum, "minimum")                                                 \
  X(kMaximum, "maximum")                                                 \
  X(kDatabase, "database_ceiling") /* connections */                     \
  X(kOutage, "database_down")      /* more pods would not help */        \
  X(kHold, "hold")                 /* fewer would do, but wait */        \
  X(kStarting, "starting")         /* too little seen to go down */      \
  X(kHalf, "half")                 /* never below half of what serves */ \
  X(kStale, "stale")               /* too few pods reported */

enum class Reason {
#define COOLKIT_SCALER_REASON_ENUM(code, name) code,
  COOLKIT_SCALER_REASONS(COOLKIT_SCALER_REASON_ENUM)
#undef COOLKIT_SCALER_REASON_ENUM
};
inline constexpr std::size_t kReasonCount = 15;
[[nodiscard]] std::string_view ReasonName(Reason reason);

// What the decision looked at, in pods where not said otherwise; 0: no opinion.
struct Candidates {
  double stable = 0;
  double panic = 0;
  double forecast = 0;
  double cpu = 0;
  double saturated = 0;
  double zone = 0;
  int memory_floor = 0;
  int database_ceiling = 0;
  int held = 0;
  int half = 0;
  bool panicking = false;
};

struct Decision {
  // What KEDA is told. Its ceiling is `replicas`; it has a fraction only where the whole number
  // would fall into the autoscaler's tolerance and be taken for "leave it" (see `evades`).
  double value = 0;
  int replicas = 0;
  bool evades = false;
  Reason reason = Reason::kSteady;

  double per_pod_target = 0;
  double load_stable = 0;
  double load_panic = 0;
  double load_forecast = 0;
  double utilization = 0;  // load against the target of the serving pods
  double lead_s = 0;
  bool rollout = false;
  Candidates candidates;
};

class Estimator {
 public:
  explicit Estimator(Policy policy);

  // The decision after one more scrape. Samples come in the order of their times.
  [[nodiscard]] Decision Next(const Sample& sample);

  [[nodiscard]] const Policy& policy() const { return policy_; }

 private:
  // A sample and what was wanted then, before it was held.
  struct Moment {
    Sample sample;
    int wanted = 0;    // by its load
    int asked = 0;     // in a panic
    double slope = 0;  // of the trend seen then, per second
    bool panicking = false;
    bool saturated = false;
    bool outage = false;  // of the database
  };

  [[nodiscard]] double Mean(double Sample::* figure, double window_s) const;
  [[nodiscard]] double Target() const;
  [[nodiscard]] double Forecast(double lead_s);
  [[nodiscard]] bool Urgent(double load, double stable, double target) const;
  [[nodiscard]] double MoreThanFull() const;
  [[nodiscard]] double TrendBeforeFull(double lead_s) const;
  [[nodiscard]] bool Saturated(double target) const;
  [[nodiscard]] bool Panicking() const;
  [[nodiscard]] int Held(const Candidates& candidates, int asked) const;
  [[nodiscard]] double LeadTime() const;
  [[nodiscard]] bool Starting() const;
  [[nodiscard]] int PodsAtTheStart() const;
  void Weigh(Decision& decision);
  void Bound(Decision& decision) const;
  void Evade(Decision& decision) const;
  [[nodiscard]] bool RolloutLately() const;
  void MeasureLead(const Decision& decision);

  Policy policy_;
  std::deque<Moment> moments_;
  // When more pods than served were asked for, and how many; until they serve.
  std::optional<double> asked_at_;
  int asked_ = 0;
  std::deque<std::pair<double, double>> leads_;  // when measured, seconds
};

}  // namespace coolkit::scaler
