// Why: what KEDA asks is answered from memory; a loop of its own looks at the pods and publishes
// the next answer. When too few pods report the last one stands, marked, for a set time; then there
// is none, so that KEDA's fallback takes over: never 0, never a guess.
//
// Thread safety: Start and Stop from the main thread, Current from any; the rest runs on the loop.
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "net/loop.h"
#include "net/task_group.h"
#include "scaler/answer.h"
#include "scaler/estimator.h"
#include "scaler/fetcher.h"
#include "scaler/fleet.h"
#include "scaler/network.h"
#include "scaler/workload_options.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace coolkit::scaler {

// Immutable once published.
struct Answer {
  bool usable = false;
  std::string body;          // of a 200
  std::string explain_body;  // with ?explain=1
  std::string why_not;       // of a 503
  BootTime published{};
};

// Of one workload, which is a label of each.
struct WorkloadMetrics {
  WorkloadMetrics(telemetry::Registry& registry, const std::string& workload);

  telemetry::Gauge& desired;
  telemetry::Gauge& load;
  telemetry::Gauge& per_pod_target;
  telemetry::Gauge& stale;
  telemetry::Gauge& discovered;
  telemetry::Gauge& reporting;
  telemetry::Gauge& serving;
  telemetry::Gauge& forecast_error;
  telemetry::Gauge& round_seconds;
  telemetry::Counter& scrapes;
  telemetry::Counter& scrape_errors;
  telemetry::Counter& discovery_errors;
  telemetry::Counter& pods_limit_hits;
  std::array<telemetry::Counter*, kReasonCount> decisions;
};

class Workload {
 public:
  struct Parts {
    net::Loop& loop;
    Network& network;
    WorkloadMetrics& metrics;
    telemetry::Log& log;
  };
  Workload(Parts parts, WorkloadOptions options);
  ~Workload();  // Stop was called, or Start never

  void Start();
  // Ends after the round under way.
  void AskToStop() { stopping_ = true; }
  // The same, and waits for it: at most its deadline. Not from the loop.
  void Stop();

  [[nodiscard]] const std::string& name() const { return options_.name; }
  [[nodiscard]] std::shared_ptr<const Answer> Current() const;

 private:
  [[nodiscard]] net::Task<void> Run();
  [[nodiscard]] net::Task<void> Round();
  [[nodiscard]] net::Task<PodAnswer> Ask(std::string address, BootTime deadline);
  [[nodiscard]] net::Task<std::vector<std::string>> Discover(BootTime deadline);
  void Decide(const Sample& sample);
  void PublishStale();
  void Publish(Answer answer);
  void JudgeForecast(const Sample& sample, const Decision& decision);
  // Seconds of the loop's clock.
  [[nodiscard]] double Seconds() const;
  // The next multiple of the interval by the wall clock: two replicas look at the same moments.
  [[nodiscard]] BootTime NextRound() const;
  [[nodiscard]] AnswerContext Context(bool stale) const;

  Parts parts_;
  const WorkloadOptions options_;
  Fetcher fetcher_;
  Fleet fleet_;
  Estimator estimator_;
  net::TaskGroup tasks_;
  std::atomic<bool> stopping_{false};

  std::vector<std::string> addresses_;  // as found last
  std::optional<Decision> decision_;    // the last one
  BootTime decided_at_ = kMinusInfinity;
  struct Forecast {
    double due_s = 0;
    double load = 0;
  };
  std::deque<Forecast> forecasts_;

  mutable Mutex mutex_;
  std::shared_ptr<const Answer> answer_ GUARDED_BY(mutex_);
};

}  // namespace coolkit::scaler
