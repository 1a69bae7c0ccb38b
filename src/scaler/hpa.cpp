#include "scaler/hpa.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/saturate.h"

namespace coolkit::scaler {
namespace {

constexpr int kOldUpLimitFactor = 2;
constexpr int kOldUpLimitMin = 4;

int Ceil(double value) { return Saturate<int>(std::ceil(value)); }

}  // namespace

Behavior ChartBehavior() {
  Behavior behavior;
  behavior.up.policies = {{ScalingPolicy::Type::kPercent, 100, 15},
                          {ScalingPolicy::Type::kPods, 20, 15}};
  behavior.down.window_s = 60;
  behavior.down.select = SelectPolicy::kMin;
  behavior.down.policies = {{ScalingPolicy::Type::kPercent, 20, 60},
                            {ScalingPolicy::Type::kPods, 10, 60}};
  return behavior;
}

Hpa::Hpa(Options options) : options_(std::move(options)) {}

bool Hpa::WithinTolerance(double ratio) const {
  double up = options_.tolerance;
  double down = options_.tolerance;
  if (options_.behavior) {
    up = options_.behavior->up.tolerance.value_or(up);
    down = options_.behavior->down.tolerance.value_or(down);
  }
  return 1.0 - down <= ratio && ratio <= 1.0 + up;
}

int Hpa::FromExternal(const Replicas& replicas, MetricType type, long value_milli,
                      long target_milli) const {
  const double value = static_cast<double>(value_milli);
  const double target = static_cast<double>(target_milli);
  if (type == MetricType::kAverageValue) {
    const double ratio = value / (target * replicas.status);
    return WithinTolerance(ratio) ? replicas.status : Ceil(value / target);
  }
  const double ratio = value / target;
  if (replicas.spec == 0) return Ceil(ratio);
  return WithinTolerance(ratio) ? replicas.spec : Ceil(ratio * replicas.ready);
}

int Hpa::FromCpu(const Replicas& replicas, const CpuReading& reading, double target) const {
  if (reading.with_metric == 0) return replicas.spec;
  const double ratio = reading.usage / reading.with_metric / target;
  const bool up_with_unready = reading.unready > 0 && ratio > 1.0;
  if (!up_with_unready && reading.missing == 0) {
    if (WithinTolerance(ratio)) return replicas.spec;
    return Ceil(ratio * reading.with_metric);
  }
  double usage = reading.usage;
  int pods = reading.with_metric;
  if (reading.missing > 0) {
    // As if idle on the way up, fully used on the way down: the careful guess in either case.
    if (ratio < 1.0) usage += reading.missing * std::max(1.0, target);
    pods += reading.missing;
  }
  if (up_with_unready) pods += reading.unready;
  const double careful = usage / pods / target;
  const bool turned = (ratio < 1.0 && careful > 1.0) || (ratio > 1.0 && careful < 1.0);
  if (WithinTolerance(careful) || turned) return replicas.spec;
  const int recommended = Ceil(careful * pods);
  const bool against = (careful < 1.0 && recommended > replicas.spec) ||
                       (careful > 1.0 && recommended < replicas.spec);
  return against ? replicas.spec : recommended;
}

int Hpa::Reconcile(double now, const Replicas& replicas, std::optional<int> recommended) {
  const int current = replicas.spec;
  if (!seen_) {
    seen_ = true;
    recommendations_.push_back({now, current});
  }
  int desired = current;
  if (current == 0 && options_.min != 0) return 0;  // scaled to zero by hand: switched off
  if (current > options_.max) {
    desired = options_.max;
  } else if (current < options_.min) {
    desired = options_.min;
  } else {
    if (!recommended) return current;
    desired = Limited(now, current, Stabilised(now, current, *recommended));
  }
  if (desired != current) {
    std::erase_if(events_, [&](const Event& event) { return event.at <= now - 1800; });
    events_.push_back({now, desired - current});
  }
  return desired;
}

// The unstabilised recommendation is what is remembered.
int Hpa::Stabilised(double now, int current, int recommended) {
  const double up_window = options_.behavior ? options_.behavior->up.window_s : 0;
  const double down_window =
      options_.behavior ? options_.behavior->down.window_s : options_.downscale_window_s;
  int up = recommended;
  int down = recommended;
  for (const Recommendation& earlier : recommendations_) {
    if (earlier.at > now - up_window) up = std::min(up, earlier.replicas);
    if (earlier.at > now - down_window) down = std::max(down, earlier.replicas);
  }
  const double longest = std::max(up_window, down_window);
  std::erase_if(recommendations_,
                [&](const Recommendation& earlier) { return earlier.at <= now - longest; });
  recommendations_.push_back({now, recommended});
  if (!options_.behavior) return down;
  if (current < up) return up;
  return current > down ? down : current;
}

int Hpa::Limited(double now, int current, int recommended) const {
  if (!options_.behavior) {
    const int most = std::min(options_.max, std::max(kOldUpLimitFactor * current, kOldUpLimitMin));
    return std::clamp(recommended, options_.min, std::max(most, options_.min));
  }
  if (recommended > current) {
    const int most = std::min(options_.max, std::max(current, UpLimit(now, current)));
    return std::min(recommended, most);
  }
  if (recommended < current) {
    const int least = std::max(options_.min, std::min(current, DownLimit(now, current)));
    return std::max(recommended, least);
  }
  return recommended;
}

// The replicas before the changes of this period.
int Hpa::PeriodStart(double now, int current, double period_s) const {
  int start = current;
  for (const Event& event : events_) {
    if (event.at > now - period_s) start -= event.change;
  }
  return start;
}

int Hpa::UpLimit(double now, int current) const {
  const ScalingRules& rules = options_.behavior->up;
  if (rules.select == SelectPolicy::kDisabled) return current;
  const bool most = rules.select == SelectPolicy::kMax;
  int limit = most ? std::numeric_limits<int>::min() : std::numeric_limits<int>::max();
  for (const ScalingPolicy& policy : rules.policies) {
    const int start = PeriodStart(now, current, policy.period_s);
    const int proposed = policy.type == ScalingPolicy::Type::kPods
                             ? Saturate<int>(static_cast<double>(start) + policy.value)
                             : Ceil(start * (1 + policy.value / 100.0));
    limit = most ? std::max(limit, proposed) : std::min(limit, proposed);
  }
  return limit;
}

int Hpa::DownLimit(double now, int current) const {
  const ScalingRules& rules = options_.behavior->down;
  if (rules.select == SelectPolicy::kDisabled) return current;
  const bool most = rules.select == SelectPolicy::kMax;  // the largest change: fewest pods
  int limit = most ? std::numeric_limits<int>::max() : std::numeric_limits<int>::min();
  for (const ScalingPolicy& policy : rules.policies) {
    const int start = PeriodStart(now, current, policy.period_s);
    const int proposed = policy.type == ScalingPolicy::Type::kPods
                             ? Saturate<int>(static_cast<double>(start) - policy.value)
                             : Saturate<int>(start * (1 - policy.value / 100.0));
    limit = most ? std::min(limit, proposed) : std::max(limit, proposed);
  }
  return limit;
}

}  // namespace coolkit::scaler
