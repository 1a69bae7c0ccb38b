#include "scaler/estimator.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "scaler/capacity.h"
#include "scaler/trend.h"

namespace coolkit::scaler {
namespace {

constexpr double kLeadMin = 10;
constexpr double kLeadMax = 180;
// A trend: how far it must stand clear of the noise, how it is carried on.
constexpr double kLineSignificance = 9;
constexpr double kJumpSignificance = 8;
constexpr double kJumpGrowthMax = 2;
constexpr double kShortLineShare = 0.25;  // of forecast_s: the short one of two lines
constexpr double kUrgent = 0.85;          // of what the pods can do: the load comes near it
constexpr double kSteep = 1.5;            // of the stable load: a rise that is hard to foretell
constexpr double kSteepMargin = 1.25;
// Full pods.
constexpr double kFullLoad = 0.97;  // of what the serving pods can do
constexpr double kFullCpu = 0.95;
constexpr double kRefusedMin = 1;          // per second; a few of an idle night are no sign
constexpr double kFullGrowth = 1.5;        // so many times the pods that serve
constexpr double kFullTrendGrowthMax = 6;  // or what the trend before says
constexpr double kTrendSeconds = 15;       // so far back
constexpr double kReliefSeconds = 45;      // new pods get so long to work off what has waited
constexpr double kOutageShare = 0.5;       // of the pods are without the database
// Keeps a value on the right side of a bound after it was cut to thousandths twice.
constexpr double kClear = 0.004;

// Pods for a load, not one more for a rounding error of the division.
int PodsFor(double pods) { return static_cast<int>(std::ceil(std::min(pods, 1e6) - 1e-9)); }

bool IsOutage(const Sample& sample) {
  return sample.cut_off > 0 && sample.cut_off >= kOutageShare * sample.reporting;
}

}  // namespace

std::string_view ReasonName(Reason reason) {
  switch (reason) {
#define COOLKIT_SCALER_REASON_NAME(code, name) \
  case Reason::code:                           \
    return name;
    COOLKIT_SCALER_REASONS(COOLKIT_SCALER_REASON_NAME)
#undef COOLKIT_SCALER_REASON_NAME
  }
  return "steady";
}

Estimator::Estimator(Policy policy) : policy_(std::move(policy)) {}

double Estimator::Mean(double Sample::* figure, double window_s) const {
  const double now = moments_.back().sample.at_s;
  double sum = 0;
  int count = 0;
  for (auto moment = moments_.rbegin(); moment != moments_.rend(); ++moment) {
    if (count > 0 && moment->sample.at_s <= now - window_s) break;
    if (count > 0 && moment->outage) continue;
    sum += moment->sample.*figure;
    ++count;
  }
  return sum / count;
}

// The target as given, or learned.
double Estimator::Target() const {
  if (policy_.per_pod_target > 0) return policy_.per_pod_target;
  std::vector<Sample> samples;
  samples.reserve(moments_.size());
  for (const Moment& moment : moments_) samples.push_back(moment.sample);
  return LearnTarget(samples, policy_);
}

// Full pods hide the trend, and the relief when new ones come looks like one: only the samples
// since then count.
double Estimator::Forecast(double lead_s) {
  std::vector<LoadPoint> points;
  const double now = moments_.back().sample.at_s;
  for (const Moment& moment : moments_) {
    if ((moment.saturated || moment.outage) && &moment != &moments_.back()) points.clear();
    if (moment.sample.at_s <= now - 2 * policy_.forecast_s) continue;
    points.push_back({moment.sample.at_s, moment.sample.load});
  }
  double load = 0;
  for (const double share : {1.0, kShortLineShare}) {
    const double window = policy_.forecast_s * share;
    // A trend is carried on for no longer than it was seen.
    const double ahead = std::min(lead_s, window);
    load = std::max(load, LineAhead(points, window, ahead, kLineSignificance).value_or(0));
  }
  const double last = moments_.back().sample.load;
  load = std::min(load, last * policy_.forecast_growth_max);
  const double jump = JumpAhead(points, lead_s, kJumpSignificance).value_or(0);
  moments_.back().slope = std::max(0.0, (std::max(load, jump) - last) / lead_s);
  return std::max(load, std::min(jump, last * kJumpGrowthMax));
}

// Full pods show what they can do, not what is asked of them.
bool Estimator::Saturated(double target) const {
  const Sample& now = moments_.back().sample;
  if (now.serving == 0 || now.load <= 0) return false;
  if (now.refused > std::max(now.load * policy_.refused_share, kRefusedMin)) return true;
  if (now.load / now.serving >= target * policy_.capacity_factor * kFullLoad) return true;
  if (policy_.latency_max_s > 0 && now.latency_s > policy_.latency_max_s) return true;
  return policy_.cpu_target > 0 && now.cpu_cores_per_pod > 0 &&
         now.cpu_cores >= now.cpu_cores_per_pod * now.serving * kFullCpu;
}

// A trend starts pods only where the load would come near what the pods can do; up to there the
// stable window is early enough.
bool Estimator::Urgent(double load, double stable, double target) const {
  const int pods = std::max(moments_.back().sample.serving, moments_.back().sample.discovered);
  return load > pods * target * policy_.capacity_factor * kUrgent || load > stable * kSteep;
}

// More pods, unless some have just come or are about to: those need time to show what they do.
double Estimator::MoreThanFull() const {
  const Sample& now = moments_.back().sample;
  const bool relieved = std::any_of(moments_.begin(), moments_.end(), [&](const Moment& moment) {
    return moment.sample.at_s > now.at_s - kReliefSeconds && moment.sample.serving < now.serving;
  });
  return relieved ? now.serving : kFullGrowth * now.serving;
}

// Behind full pods the load goes on as it came: the steepest trend before they were full, carried
// on until new pods can be ready; for as long as those need to come.
double Estimator::TrendBeforeFull(double lead_s) const {
  const double now = moments_.back().sample.at_s;
  double load = 0;
  for (auto moment = moments_.rbegin() + 1; moment != moments_.rend(); ++moment) {
    if (now - moment->sample.at_s > lead_s + kTrendSeconds) break;
    const double before = moment->sample.load;
    const double ahead = before + moment->slope * (now - moment->sample.at_s + lead_s);
    if (moment->slope > 0) load = std::max(load, std::min(ahead, before * kFullTrendGrowthMax));
    if (!moment->saturated && now - moment->sample.at_s > kTrendSeconds) break;
  }
  return load;
}

// Knative: from the crossing of the threshold until a whole stable window without one. Full pods
// never cross it, so they count as well.
bool Estimator::Panicking() const {
  const double now = moments_.back().sample.at_s;
  return std::any_of(moments_.begin(), moments_.end(), [&](const Moment& moment) {
    return moment.panicking && moment.sample.at_s > now - policy_.stable_s;
  });
}

// What the load asked for counts for hold_s; what full pods or a panic asked for until that is
// over.
int Estimator::Held(const Candidates& candidates, int asked) const {
  const double now = moments_.back().sample.at_s;
  int held = asked;
  for (const Moment& moment : moments_) {
    if (moment.sample.at_s > now - policy_.hold_s) held = std::max(held, moment.wanted);
    if (candidates.panicking && moment.sample.at_s > now - policy_.stable_s) {
      held = std::max(held, moment.asked);
    }
  }
  return held;
}

double Estimator::LeadTime() const {
  if (leads_.empty()) return policy_.lead_s;
  double sum = 0;
  for (const auto& [at, lead] : leads_) sum += lead;
  return sum / static_cast<double>(leads_.size());
}

bool Estimator::Starting() const {
  return moments_.back().sample.at_s - moments_.front().sample.at_s < policy_.stable_s;
}

// Those of the first sample: what comes later came because it was asked for. None during a
// rollout, which restarts the scaler as well: surge and leaving pods would become the floor, and
// have a surge of their own.
int Estimator::PodsAtTheStart() const {
  const Sample& first = moments_.front().sample;
  return RolloutLately() ? 0 : std::min(first.serving, first.discovered);
}

Decision Estimator::Next(const Sample& sample) {
  moments_.push_back(Moment{.sample = sample, .outage = IsOutage(sample)});
  const double longest = std::max({policy_.stable_s, policy_.hold_s, 2 * policy_.forecast_s,
                                   policy_.per_pod_target > 0 ? 0.0 : policy_.learn_s});
  while (moments_.front().sample.at_s < sample.at_s - longest) moments_.pop_front();
  while (!leads_.empty() && leads_.front().first < sample.at_s - policy_.learn_s) {
    leads_.pop_front();
  }
  Decision decision;
  decision.rollout = sample.revisions > 1;
  decision.lead_s = LeadTime();
  Weigh(decision);
  Bound(decision);
  Evade(decision);
  MeasureLead(decision);
  return decision;
}

// The largest of what load, CPU and zones ask for.
void Estimator::Weigh(Decision& decision) {
  const Sample& now = moments_.back().sample;
  Candidates& all = decision.candidates;
  const double target = Target();
  decision.per_pod_target = target;
  decision.load_stable = Mean(&Sample::load, policy_.stable_s);
  decision.load_panic = Mean(&Sample::load, policy_.panic_s);
  decision.utilization = now.serving == 0 ? 0 : now.load / (target * now.serving);
  all.stable = decision.load_stable / target;
  all.panic = decision.load_panic / target;
  const bool outage = moments_.back().outage;
  moments_.back().saturated = !outage && Saturated(target);
  moments_.back().panicking =
      !outage && (moments_.back().saturated ||
                  std::ceil(all.panic) >= policy_.panic_threshold * std::max(1, now.serving));
  all.panicking = Panicking();
  decision.load_forecast = Forecast(decision.lead_s);
  all.forecast = decision.load_forecast / target;

  double wanted = all.stable;
  const auto take = [&](double pods, Reason reason) {
    if (pods <= wanted) return;
    wanted = pods;
    decision.reason = reason;
  };
  if (all.panicking) take(all.panic, Reason::kPanic);
  if (decision.load_forecast > decision.load_stable * kSteep) all.forecast *= kSteepMargin;
  if (Urgent(decision.load_forecast, decision.load_stable, target)) {
    take(all.forecast, Reason::kForecast);
  }
  if (policy_.cpu_target > 0 && now.cpu_cores_per_pod > 0) {
    all.cpu =
        Mean(&Sample::cpu_cores, policy_.stable_s) / (now.cpu_cores_per_pod * policy_.cpu_target);
    take(all.cpu, Reason::kCpu);
  }
  if (moments_.back().saturated) {
    all.saturated = std::max(MoreThanFull(), TrendBeforeFull(decision.lead_s) / target);
    take(all.saturated, Reason::kSaturated);
  }
  if (policy_.zones > 1) {
    const double load = std::max(decision.load_stable, all.panicking ? decision.load_panic : 0);
    all.zone = load / (target * policy_.capacity_factor) * policy_.zones / (policy_.zones - 1);
    take(all.zone, Reason::kZone);
  }
  decision.replicas = PodsFor(wanted);
  if (!outage) {
    moments_.back().wanted =
        PodsFor(std::max({all.stable, all.cpu, all.zone, all.panicking ? all.panic : 0.0}));
  }
  if (moments_.back().panicking) moments_.back().asked = decision.replicas;
}

// Holds, floors and ceilings, in this order.
void Estimator::Bound(Decision& decision) const {
  const Sample& now = moments_.back().sample;
  Candidates& all = decision.candidates;
  int& replicas = decision.replicas;
  const auto floor = [&](int least, Reason reason) {
    if (replicas >= least) return;
    replicas = least;
    decision.reason = reason;
  };
  const auto ceiling = [&](int most, Reason reason) {
    if (replicas <= most) return;
    replicas = most;
    decision.reason = reason;
  };
  all.held = Held(all, replicas);
  floor(all.held, Reason::kHold);
  if (Starting()) floor(PodsAtTheStart(), Reason::kStarting);
  all.half = now.serving / 2;
  floor(all.half, Reason::kHalf);
  if (policy_.working_set != WorkingSet::kNone && now.cache_bytes_per_pod > 0) {
    const bool given = policy_.working_set == WorkingSet::kGiven;
    const double bytes = given ? static_cast<double>(policy_.working_set_bytes) : now.cache_bytes;
    all.memory_floor = PodsFor(bytes / (now.cache_bytes_per_pod * policy_.cache_fill));
    if (!given) all.memory_floor = std::min(all.memory_floor, now.serving);
    floor(all.memory_floor, Reason::kMemory);
  }
  floor(policy_.min, Reason::kMinimum);
  // Without the database more pods only ask it more often, and have nothing in memory.
  if (moments_.back().outage) ceiling(std::max(policy_.min, now.discovered), Reason::kOutage);
  ceiling(policy_.max, Reason::kMaximum);
  if (policy_.database_connections > 0) {
    const double pods =
        policy_.database_connections / (policy_.connections_per_pod * (1 + policy_.surge));
    all.database_ceiling = std::max(1, static_cast<int>(pods));
    ceiling(all.database_ceiling, Reason::kDatabase);
  }
  decision.value = replicas;
}

// What the autoscaler takes for "close enough" it answers with the number of pods that exist. That
// is a welcome dead band as long as those are the ones that were asked for. It is not
//   - during a rollout, when the surge counts as well and would stay for ever (kubernetes#138505),
//     and after it, when the surge has stayed because KEDA's value was older than the rollout;
//   - when a floor or a ceiling is missed.
// The value then stands just outside of the band, as near as it can to what is meant.
void Estimator::Evade(Decision& decision) const {
  const Sample& now = moments_.back().sample;
  const int exist = now.discovered;
  const int meant = decision.replicas;
  if (policy_.tolerance <= 0 || exist == 0 || meant == exist) return;
  const double low = exist * (1 - policy_.tolerance);
  const double high = exist * (1 + policy_.tolerance);
  if (meant < low - kClear || meant > high + kClear) return;
  const bool binding = decision.reason == Reason::kMemory || decision.reason == Reason::kMinimum ||
                       decision.reason == Reason::kMaximum || decision.reason == Reason::kDatabase;
  if (meant < exist && (RolloutLately() || binding)) {
    const double value = std::min<double>(meant, low - kClear);
    const int result = PodsFor(value);
    // Too few weighs twice as much as too many.
    if (result >= policy_.min && 2 * (meant - result) < exist - meant) {
      decision.value = value;
      decision.replicas = result;
      decision.evades = true;
    }
  }
  if (meant > exist && binding && !decision.rollout) {
    const double value = high + kClear;
    const int result = PodsFor(value);
    if (result <= policy_.max && (decision.candidates.database_ceiling == 0 ||
                                  result <= decision.candidates.database_ceiling)) {
      decision.value = value;
      decision.replicas = result;
      decision.evades = true;
    }
  }
}

bool Estimator::RolloutLately() const {
  const double now = moments_.back().sample.at_s;
  return std::any_of(moments_.begin(), moments_.end(), [&](const Moment& moment) {
    return moment.sample.revisions > 1 && moment.sample.at_s > now - policy_.hold_s;
  });
}

void Estimator::MeasureLead(const Decision& decision) {
  const Sample& now = moments_.back().sample;
  if (asked_at_ && now.serving >= asked_) {
    leads_.emplace_back(now.at_s, std::clamp(now.at_s - *asked_at_, kLeadMin, kLeadMax));
    asked_at_.reset();
  }
  if (asked_at_ && now.at_s - *asked_at_ > kLeadMax) asked_at_.reset();
  const bool more = decision.value > now.serving * (1 + policy_.tolerance);
  if (!asked_at_ && more && !decision.rollout) {
    asked_at_ = now.at_s;
    asked_ = now.serving + 1;
  }
}

}  // namespace coolkit::scaler
