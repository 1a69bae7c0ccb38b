// coolkit scaler simulate: a policy on recorded or made traffic.
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/scaler_settings.h"
#include "scaler/demand.h"
#include "scaler/simulation.h"
#include "scaler/simulation_report.h"

namespace coolkit::cli {
namespace {

struct Asked {
  scaler::SimulationOptions simulation;
  std::string trace_path;
  double peak_pods = 75;
  scaler::Burst burst;
  scaler::Noise noise;
  double rollouts_every_s = 0;
};

std::unexpected<Error> Refusal(const std::string& flag, const std::string& value,
                               std::string_view allowed) {
  return Fail(ErrorCode::kInvalidRequest,
              "--" + flag + ": '" + value + "' is not allowed; allowed is " + std::string(allowed));
}

// Reads the flags one after the other; the first that is wrong stays.
class Reader {
 public:
  explicit Reader(const Invocation& invocation) : invocation_(invocation) {}

  void Number(const char* flag, double min, double max, double& field) {
    const auto text = invocation_.Flag(flag);
    if (!text) return;
    double value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error == std::errc() && end == text->data() + text->size() && value >= min &&
        value <= max) {
      field = value;
    } else if (!wrong_) {
      wrong_ = Refusal(flag, *text, "a number in its range").error();
    }
  }
  void Duration(const char* flag, double& field_s) {
    const auto text = invocation_.Flag(flag);
    if (!text) return;
    const auto value = ParseDuration(*text);
    if (value) {
      field_s = std::chrono::duration<double>(*value).count();
    } else if (!wrong_) {
      wrong_ = Refusal(flag, *text, "a duration").error();
    }
  }
  void Policies(scaler::WorkloadOptions& options) {
    for (const scaler::PolicySetting& setting : scaler::PolicySettings()) {
      const auto text = invocation_.Flag(std::string(setting.name));
      if (!text || setting.apply(*text, options) || wrong_) continue;
      wrong_ = Refusal(std::string(setting.name), *text, setting.allowed).error();
    }
    if (const auto fine = scaler::CheckWorkload(options); !fine && !wrong_) wrong_ = fine.error();
  }
  [[nodiscard]] const std::optional<Error>& wrong() const { return wrong_; }

 private:
  const Invocation& invocation_;
  std::optional<Error> wrong_;
};

Result<Asked> Read(const Invocation& invocation) {
  Asked asked;
  Reader reader(invocation);
  scaler::WorkloadOptions workload;
  workload.cpu_cores_per_pod = 1;  // one that has something to learn from
  reader.Policies(workload);
  scaler::SimulationOptions& simulation = asked.simulation;
  simulation.policy = workload.policy;
  simulation.hpa_tolerance = workload.policy.tolerance;
  simulation.scrape_s = std::chrono::duration<double>(workload.scrape_interval).count();
  asked.trace_path = invocation.Flag("trace").value_or("");
  double seed = 1;
  reader.Number("peak-pods", 0.1, 1e6, asked.peak_pods);
  reader.Number("burst", 1, 1000, asked.burst.factor);
  reader.Number("base", 0, 1e9, asked.burst.base);
  reader.Number("noise", 0, 1, asked.noise.share);
  reader.Number("seed", 0, 1e9, seed);
  reader.Duration("ramp", asked.burst.ramp_s);
  reader.Duration("pod-start", simulation.deployment.start_s);
  reader.Duration("poll", simulation.polling_s);
  reader.Duration("rollouts-every", asked.rollouts_every_s);
  asked.noise.seed = static_cast<std::uint64_t>(seed);
  simulation.cached = invocation.Flag("cached").value_or("on") == "on";
  if (reader.wrong()) return Fail(*reader.wrong());
  return asked;
}

Result<std::vector<float>> Demand(const Asked& asked, Console& console) {
  if (asked.trace_path.empty()) {
    return scaler::MakeDemand(scaler::MakeBurst(asked.burst), 1, asked.noise);
  }
  const auto csv = console.read_file(asked.trace_path);
  if (!csv) return Fail(csv.error());
  const auto trace = scaler::ParseTrace(asked.trace_path, *csv);
  if (!trace) return Fail(trace.error());
  const double target = asked.simulation.policy.per_pod_target;
  const double peak = asked.peak_pods * (target > 0 ? target : 500);
  return scaler::MakeDemand(*trace, scaler::ScaleToPeak(*trace, peak), asked.noise);
}

}  // namespace

ExitCode RunScalerSimulate(const Invocation& invocation, Console& console) {
  const auto failed = [&](const Error& error, ExitCode code) {
    console.errors << "coolkit scaler simulate: " << error.detail << '\n';
    return code;
  };
  auto asked = Read(invocation);
  if (!asked) return failed(asked.error(), ExitCode::kUsage);
  const auto demand = Demand(*asked, console);
  if (!demand) return failed(demand.error(), ExitCode::kFailure);
  const double seconds = static_cast<double>(demand->size());
  const double every = asked->rollouts_every_s;
  for (double at = every; every > 0 && at < seconds; at += every) {
    asked->simulation.rollouts_s.push_back(std::round(at));
  }
  std::vector<scaler::Outcome> outcomes;
  for (const scaler::Contender contender :
       {scaler::Contender::kEstimator, scaler::Contender::kCpu, scaler::Contender::kLoad,
        scaler::Contender::kPerfect}) {
    outcomes.push_back(scaler::Simulate(contender, *demand, asked->simulation));
  }
  console.output << scaler::SimulationTable(outcomes);
  if (const auto path = invocation.Flag("json")) {
    const auto done = console.write_file(*path, scaler::SimulationJson(outcomes));
    if (!done) return failed(done.error(), ExitCode::kFailure);
  }
  if (const auto path = invocation.Flag("svg")) {
    const std::string title = asked->trace_path.empty() ? "A burst" : asked->trace_path;
    const auto chart = scaler::SimulationChart(title, outcomes);
    const auto done = console.write_file(*path, plot::RenderSvg(chart));
    if (!done) return failed(done.error(), ExitCode::kFailure);
  }
  return ExitCode::kDone;
}

}  // namespace coolkit::cli
