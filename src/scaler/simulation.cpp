#include "scaler/simulation.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "scaler/estimator.h"

namespace coolkit::scaler {
namespace {

constexpr double kCpuHpaSync = 15;
constexpr double kCpuReadyFor = 15;  // a pod's CPU counts once its whole window was ready

// Does something with this period and phase happen in the second [now, now + 1)?
bool Due(double now, double period, double phase) {
  return std::floor((now - phase) / period) != std::floor((now - phase - 1) / period);
}

// One contender in one world.
class World {
 public:
  World(Contender contender, const std::vector<float>& demand, const SimulationOptions& options)
      : contender_(contender),
        demand_(demand),
        options_(options),
        target_(options.policy.per_pod_target > 0 ? options.policy.per_pod_target : 500),
        pod_capacity_(target_ * options.policy.capacity_factor),
        deployment_(options.deployment, FirstReplicas()),
        estimator_(options.policy),
        hpa_(HpaOptions()),
        keda_(KedaOptions(), [this](double now) { return Answer(now); }) {
    outcome_.contender = contender;
    stride_ =
        std::max<std::size_t>(1, demand.size() / std::max<std::size_t>(1, options.points_max));
  }

  Outcome Run() {
    for (std::size_t second = 0; second < demand_.size(); ++second) Step(second);
    outcome_.seconds = static_cast<double>(demand_.size());
    outcome_.lost_share = offered_ > 0 ? outcome_.lost / offered_ : 0;
    return std::move(outcome_);
  }

 private:
  [[nodiscard]] int Clamped(double pods) const {
    return static_cast<int>(
        std::clamp<double>(std::ceil(pods - 1e-9), options_.policy.min, options_.policy.max));
  }
  [[nodiscard]] int FirstReplicas() const {
    return demand_.empty() ? options_.policy.min : Clamped(demand_.front() / target_);
  }

  [[nodiscard]] Hpa::Options HpaOptions() const {
    Hpa::Options hpa;
    hpa.min = options_.policy.min;
    hpa.max = options_.policy.max;
    hpa.tolerance = options_.hpa_tolerance;
    hpa.behavior = contender_ == Contender::kCpu ? Behavior{} : options_.behavior;
    return hpa;
  }

  [[nodiscard]] Keda::Options KedaOptions() const {
    Keda::Options keda;
    keda.polling_s = options_.polling_s;
    keda.cached = options_.cached;
    keda.target = contender_ == Contender::kLoad ? target_ : 1;
    keda.fallback = KedaFallback{};
    return keda;
  }

  void Step(std::size_t second) {
    const double now = static_cast<double>(second);
    for (const double at : options_.rollouts_s) {
      if (at == now) deployment_.StartRollout(now);
    }
    deployment_.Advance(now);
    Serve(demand_[second]);
    if (Due(now, options_.cpu_window_s, 0)) CloseCpuWindow();
    if (Due(now, options_.scrape_s, options_.scrape_phase_s)) Scrape(now);
    Decide(second, now);
    if (second % stride_ == 0) {
      outcome_.at_s.push_back(now);
      outcome_.demand.push_back(demand_[second]);
      outcome_.capacity.push_back(deployment_.WarmPods() * pod_capacity_);
      outcome_.replicas.push_back(deployment_.replicas().spec);
    }
  }

  void Serve(double demand) {
    const Replicas replicas = deployment_.replicas();
    const double capacity = deployment_.WarmPods() * pod_capacity_;
    const double offered = demand + queue_;
    const double served = std::min(offered, capacity);
    queue_ = std::min(offered - served, capacity * options_.patience_s);
    const double lost = offered - served - queue_;
    offered_ += demand;
    outcome_.lost += lost;
    if (demand > capacity) outcome_.overloaded_s += 1;
    if (capacity > 0) outcome_.worst_queue_s = std::max(outcome_.worst_queue_s, queue_ / capacity);
    outcome_.pod_hours += replicas.status / 3600.0;
    outcome_.most = std::max(outcome_.most, replicas.spec);
    const double utilisation = capacity > 0 ? served / capacity : 1;
    scrape_.served += served;
    scrape_.lost += lost * options_.refused_visible;
    scrape_.cpu += utilisation * replicas.ready;
    scrape_.seconds += 1;
    cpu_.sum += utilisation;
    cpu_.seconds += 1;
  }

  void CloseCpuWindow() {
    if (cpu_.seconds > 0) cpu_last_ = cpu_.sum / cpu_.seconds;
    cpu_ = {};
  }

  void Scrape(double now) {
    if (scrape_.seconds == 0) return;
    const Replicas replicas = deployment_.replicas();
    Sample sample;
    sample.at_s = now;
    sample.discovered = replicas.status;
    sample.reporting = replicas.ready;
    sample.serving = replicas.ready;
    sample.revisions = deployment_.RollingOut() ? 2 : 1;
    sample.load = (scrape_.served + scrape_.lost) / scrape_.seconds;
    sample.refused = scrape_.lost / scrape_.seconds;
    sample.cpu_cores = scrape_.cpu / scrape_.seconds;
    sample.cpu_cores_per_pod = 1;
    scrape_ = {};
    if (contender_ == Contender::kEstimator) answer_ = estimator_.Next(sample).value;
    if (contender_ == Contender::kLoad) answer_ = sample.load;
  }

  [[nodiscard]] Result<double> Answer(double now) const {
    for (const auto& [from, to] : options_.outages_s) {
      if (now >= from && now < to) return Fail(ErrorCode::kTimeout, "out of reach");
    }
    if (!answer_) return Fail(ErrorCode::kTimeout, "no answer yet");
    return *answer_;
  }

  void Decide(std::size_t second, double now) {
    if (contender_ == Contender::kPerfect) {
      if (Due(now, kCpuHpaSync, 0)) Apply(now, Perfect(second));
      return;
    }
    if (contender_ == Contender::kCpu) {
      if (Due(now, kCpuHpaSync, options_.sync_phase_s)) Apply(now, CpuHpa(now));
      return;
    }
    if (options_.cached && Due(now, options_.polling_s, options_.polling_phase_s)) keda_.Poll(now);
    if (!Due(now, options_.sync_s, options_.sync_phase_s)) return;
    const Replicas replicas = deployment_.replicas();
    std::optional<int> recommended;
    if (const auto value = keda_.Read(now, replicas.spec)) {
      recommended =
          hpa_.FromExternal(replicas, MetricType::kAverageValue, *value, keda_.target_milli());
    }
    Apply(now, hpa_.Reconcile(now, replicas, recommended));
  }

  [[nodiscard]] int CpuHpa(double now) {
    const Replicas replicas = deployment_.replicas();
    CpuReading reading;
    reading.with_metric = deployment_.ReadySince(now, kCpuReadyFor);
    reading.unready = replicas.status - reading.with_metric;
    reading.usage = cpu_last_ * reading.with_metric;
    const int recommended = hpa_.FromCpu(replicas, reading, options_.policy.cpu_target);
    return hpa_.Reconcile(now, replicas, recommended);
  }

  // What the highest demand needs until the next look and a pod's start later.
  [[nodiscard]] int Perfect(std::size_t second) const {
    const auto ahead = static_cast<std::size_t>(kCpuHpaSync + options_.deployment.start_s +
                                                2 * options_.deployment.warming_s);
    const std::size_t end = std::min(demand_.size(), second + ahead);
    float highest = 0;
    for (std::size_t i = second; i < end; ++i) highest = std::max(highest, demand_[i]);
    return Clamped(highest / target_);
  }

  void Apply(double now, int replicas) {
    const int before = deployment_.replicas().spec;
    if (replicas == before) return;
    const int direction = replicas > before ? 1 : -1;
    ++outcome_.changes;
    if (direction_ != 0 && direction != direction_) ++outcome_.turns;
    direction_ = direction;
    deployment_.SetReplicas(now, replicas);
  }

  struct Window {
    double served = 0;
    double lost = 0;
    double cpu = 0;
    double seconds = 0;
  };
  struct CpuWindow {
    double sum = 0;
    double seconds = 0;
  };

  const Contender contender_;
  const std::vector<float>& demand_;
  const SimulationOptions& options_;
  const double target_;
  const double pod_capacity_;
  Deployment deployment_;
  Estimator estimator_;
  Hpa hpa_;
  Keda keda_;
  Outcome outcome_;
  std::size_t stride_ = 1;
  double queue_ = 0;
  double offered_ = 0;
  Window scrape_;
  CpuWindow cpu_;
  double cpu_last_ = 0;
  std::optional<double> answer_;
  int direction_ = 0;
};

}  // namespace

std::string_view ContenderName(Contender contender) {
  switch (contender) {
    case Contender::kEstimator:
      return "coolkit scaler";
    case Contender::kCpu:
      return "HPA on CPU";
    case Contender::kLoad:
      return "load / target";
    case Contender::kPerfect:
      return "perfect knowledge";
  }
  return "";
}

Outcome Simulate(Contender contender, const std::vector<float>& demand,
                 const SimulationOptions& options) {
  return World(contender, demand, options).Run();
}

}  // namespace coolkit::scaler
