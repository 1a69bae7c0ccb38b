#include "scaler/workload.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "net/await.h"
#include "net/when_all.h"

namespace coolkit::scaler {
namespace {

constexpr milliseconds kStopCheck{100};
constexpr std::size_t kForecastsMax = 256;
// Without proof one pod is believed at most so many times its capacity.
constexpr double kBelievedFactor = 4;
constexpr double kGoneMin = 2;  // seconds
constexpr double kGoneRounds = 3;
constexpr double kBelievedWithoutTarget = 100'000;

using Resolved = Result<std::vector<std::string>>;

Fleet::Options FleetOptions(const WorkloadOptions& options) {
  const Policy& policy = options.policy;
  Fleet::Options fleet;
  fleet.rate_unproven = policy.per_pod_target > 0
                            ? policy.per_pod_target * policy.capacity_factor * kBelievedFactor
                            : kBelievedWithoutTarget;
  fleet.reporting_min = policy.reporting_min;
  fleet.cpu_cores_per_pod = options.cpu_cores_per_pod;
  fleet.listed = options.pods.name.empty();
  fleet.gone_s = std::max(
      kGoneMin, kGoneRounds * std::chrono::duration<double>(options.scrape_interval).count());
  if (options.cpu_cores_per_pod > 0) fleet.cpu_rate_max = options.cpu_cores_per_pod * 2;
  return fleet;
}

std::string Join(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace

WorkloadMetrics::WorkloadMetrics(telemetry::Registry& r, const std::string& workload)
    : desired(r.AddGauge("coolkit_scaler_desired_replicas", "Replicas that the workload needs.",
                         {{"workload", workload}})),
      load(r.AddGauge("coolkit_scaler_load", "Measured requests per second of all pods.",
                      {{"workload", workload}})),
      per_pod_target(r.AddGauge("coolkit_scaler_per_pod_target",
                                "Requests per second that one pod should get.",
                                {{"workload", workload}})),
      stale(r.AddGauge("coolkit_scaler_stale", "1 while too few pods report.",
                       {{"workload", workload}})),
      discovered(r.AddGauge("coolkit_scaler_pods", "Pods, by what is known of them.",
                            {{"workload", workload}, {"state", "discovered"}})),
      reporting(r.AddGauge("coolkit_scaler_pods", "Pods, by what is known of them.",
                           {{"workload", workload}, {"state", "reporting"}})),
      serving(r.AddGauge("coolkit_scaler_pods", "Pods, by what is known of them.",
                         {{"workload", workload}, {"state", "serving"}})),
      forecast_error(r.AddGauge("coolkit_scaler_forecast_error_ratio",
                                "How far the load is from what was forecast for now; 0.1 is a "
                                "tenth more than forecast.",
                                {{"workload", workload}})),
      round_seconds(r.AddGauge("coolkit_scaler_round_duration_seconds",
                               "Time the last look at all pods took.", {{"workload", workload}})),
      scrapes(r.AddCounter("coolkit_scaler_scrapes_total", "Pods asked for their metrics.",
                           {{"workload", workload}})),
      scrape_errors(r.AddCounter("coolkit_scaler_scrape_errors_total",
                                 "Pods that did not answer, or nothing that can be believed.",
                                 {{"workload", workload}})),
      discovery_errors(r.AddCounter("coolkit_scaler_discovery_errors_total",
                                    "Look-ups of the pods' name that failed.",
                                    {{"workload", workload}})),
      pods_limit_hits(r.AddCounter("coolkit_scaler_pods_limit_hits_total",
                                   "Rounds in which more pods were found than are asked.",
                                   {{"workload", workload}})),
      decisions() {
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    decisions.at(i) = &r.AddCounter(
        "coolkit_scaler_decisions_total", "Decisions, by reason.",
        {{"workload", workload}, {"reason", std::string(ReasonName(static_cast<Reason>(i)))}});
  }
}

Workload::Workload(Parts parts, WorkloadOptions options)
    : parts_(parts),
      options_(std::move(options)),
      fetcher_(parts.loop, parts.network, options_.body_bytes_max),
      fleet_(FleetOptions(options_)),
      estimator_(options_.policy),
      addresses_(options_.pods.addresses) {
  Answer none;
  none.why_not = "the pods have not been seen long enough";
  none.published = parts_.loop.Now();
  Publish(std::move(none));
}

Workload::~Workload() = default;

void Workload::Start() {
  parts_.loop.Post([this] { static_cast<void>(tasks_.Spawn(Run())); });
}

void Workload::Stop() {
  AskToStop();
  tasks_.BlockUntilEmpty();
}

std::shared_ptr<const Answer> Workload::Current() const {
  const MutexLock lock(mutex_);
  return answer_;
}

void Workload::Publish(Answer answer) {
  auto shared = std::make_shared<const Answer>(std::move(answer));
  const MutexLock lock(mutex_);
  answer_ = std::move(shared);
}

double Workload::Seconds() const {
  return std::chrono::duration<double>(parts_.loop.Now().time_since_epoch()).count();
}

BootTime Workload::NextRound() const {
  const auto wall =
      std::chrono::duration_cast<milliseconds>(parts_.loop.clock().WallNow().time_since_epoch());
  const milliseconds interval = options_.scrape_interval;
  return parts_.loop.Now() + (interval - wall % interval);
}

net::Task<void> Workload::Run() {
  while (!stopping_) {
    co_await Round();
    const BootTime next = NextRound();
    while (!stopping_ && parts_.loop.Now() < next) {
      const BootTime until = std::min(next, parts_.loop.Now() + kStopCheck);
      co_await net::SleepUntil(parts_.loop, until);
    }
  }
  fetcher_.KeepOnly({});
}

net::Task<std::vector<std::string>> Workload::Discover(BootTime deadline) {
  if (options_.pods.name.empty()) co_return addresses_;
  Resolved found = co_await net::AwaitCompletion<Resolved>(
      parts_.loop, [this, deadline](Completion<Resolved> done) {
        parts_.network.Resolve(parts_.loop, options_.pods.name, deadline, std::move(done));
      });
  if (!found) {
    // The last list stands: the pods are asked all the same, and who is gone does not answer.
    parts_.metrics.discovery_errors.Add();
    parts_.log.Warn("pods not found", {{"workload", options_.name},
                                       {"detail", std::string_view(found.error().detail)}});
    co_return addresses_;
  }
  std::vector<std::string> addresses;
  for (const std::string& host : *found) addresses.push_back(Join(host, options_.pods.port));
  co_return addresses;
}

net::Task<PodAnswer> Workload::Ask(std::string address, BootTime deadline) {
  PodAnswer answer;
  answer.address = address;
  std::string target = "/metrics";
  Result<std::string> body = co_await fetcher_.Get(std::move(address), std::move(target), deadline);
  answer.at_s = Seconds();
  parts_.metrics.scrapes.Add();
  Result<PodReading> reading = body ? ReadPod(*body) : Result<PodReading>(Fail(body.error()));
  if (reading) {
    answer.reading = std::move(*reading);
  } else {
    parts_.metrics.scrape_errors.Add();
    parts_.log.Debug("pod not read", {{"workload", options_.name},
                                      {"pod", answer.address},
                                      {"detail", std::string_view(reading.error().detail)}});
  }
  co_return answer;
}

net::Task<void> Workload::Round() {
  const double began = Seconds();
  const BootTime deadline = parts_.loop.Now() + options_.scrape_timeout;
  std::vector<std::string> found = co_await Discover(deadline);
  addresses_ = std::move(found);
  if (addresses_.size() > options_.pods_max) {
    parts_.metrics.pods_limit_hits.Add();
    addresses_.resize(options_.pods_max);
  }
  fetcher_.KeepOnly(addresses_);
  std::vector<net::Task<PodAnswer>> asked;
  for (const std::string& address : addresses_) asked.push_back(Ask(address, deadline));
  net::WhenAll<PodAnswer> all(std::move(asked));
  const std::vector<PodAnswer> answers = co_await all;
  const std::optional<Sample> sample = fleet_.Next(began, answers);
  parts_.metrics.discovered.Set(fleet_.discovered());
  parts_.metrics.reporting.Set(fleet_.reporting());
  parts_.metrics.serving.Set(fleet_.serving());
  parts_.metrics.round_seconds.Set(Seconds() - began);
  if (sample) {
    Decide(*sample);
  } else {
    PublishStale();
  }
}

AnswerContext Workload::Context(bool stale) const {
  AnswerContext context;
  context.workload = options_.name;
  context.policy = options_.policy;
  context.discovered = fleet_.discovered();
  context.reporting = fleet_.reporting();
  context.serving = fleet_.serving();
  context.stale = stale;
  context.generated_at = FormatTimestamp(
      std::chrono::duration_cast<seconds>(parts_.loop.clock().WallNow().time_since_epoch())
          .count());
  return context;
}

void Workload::Decide(const Sample& sample) {
  const Decision decision = estimator_.Next(sample);
  JudgeForecast(sample, decision);
  decision_ = decision;
  decided_at_ = parts_.loop.Now();
  parts_.metrics.desired.Set(decision.replicas);
  parts_.metrics.load.Set(sample.load);
  parts_.metrics.per_pod_target.Set(decision.per_pod_target);
  parts_.metrics.stale.Set(0);
  parts_.metrics.decisions.at(static_cast<std::size_t>(decision.reason))->Add();
  Answer answer;
  answer.usable = true;
  answer.published = decided_at_;
  const AnswerContext context = Context(false);
  answer.body = AnswerJson(decision, context, false);
  answer.explain_body = AnswerJson(decision, context, true);
  Publish(std::move(answer));
}

void Workload::PublishStale() {
  parts_.metrics.stale.Set(1);
  parts_.metrics.decisions.at(static_cast<std::size_t>(Reason::kStale))->Add();
  const auto kept = std::chrono::duration_cast<nanoseconds>(
      std::chrono::duration<double>(options_.policy.stale_s));
  Answer answer;
  answer.published = parts_.loop.Now();
  answer.usable = decision_ && Since(decided_at_, answer.published) <= kept;
  if (answer.usable) {
    const AnswerContext context = Context(true);
    answer.body = AnswerJson(*decision_, context, false);
    answer.explain_body = AnswerJson(*decision_, context, true);
  } else {
    answer.why_not = "only " + std::to_string(fleet_.reporting()) + " of " +
                     std::to_string(fleet_.discovered()) + " pods report";
    parts_.log.Warn("no estimate", {{"workload", options_.name}, {"detail", answer.why_not}});
  }
  Publish(std::move(answer));
}

void Workload::JudgeForecast(const Sample& sample, const Decision& decision) {
  while (!forecasts_.empty() && forecasts_.front().due_s <= sample.at_s) {
    const double forecast = forecasts_.front().load;
    if (forecast > 0) parts_.metrics.forecast_error.Set(sample.load / forecast - 1);
    forecasts_.pop_front();
  }
  const double forecast = std::max(decision.load_forecast, decision.load_stable);
  if (forecasts_.size() < kForecastsMax) {
    forecasts_.push_back({sample.at_s + decision.lead_s, forecast});
  }
}

}  // namespace coolkit::scaler
