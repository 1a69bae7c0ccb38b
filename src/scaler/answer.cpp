#include "scaler/answer.h"

#include <chrono>
#include <cmath>

#include "json/writer.h"

namespace coolkit::scaler {
namespace {

double Rounded(double value) { return std::round(value * 1000) / 1000; }

void Observed(json::Writer& writer, const Decision& decision, const AnswerContext& context) {
  writer.Key("observed").BeginObject();
  writer.Field("discovered", context.discovered);
  writer.Field("reporting", context.reporting);
  writer.Field("serving", context.serving);
  writer.Field("rollout", decision.rollout);
  writer.Field("requests_per_second", Rounded(decision.load_panic));
  writer.EndObject();
}

void Limits(json::Writer& writer, const Decision& decision, const AnswerContext& context) {
  writer.Key("floors").BeginObject();
  writer.Field("min", context.policy.min);
  writer.Field("memory", decision.candidates.memory_floor);
  writer.EndObject();
  writer.Key("ceilings").BeginObject();
  writer.Field("max", context.policy.max);
  if (decision.candidates.database_ceiling > 0) {
    writer.Field("database", decision.candidates.database_ceiling);
  }
  writer.EndObject();
}

void Explanation(json::Writer& writer, const Decision& decision, const AnswerContext& context) {
  const Candidates& all = decision.candidates;
  writer.Key("explain").BeginObject();
  writer.Key("candidates").BeginObject();
  writer.Field("stable", Rounded(all.stable));
  writer.Field("panic", Rounded(all.panic));
  writer.Field("forecast", Rounded(all.forecast));
  writer.Field("cpu", Rounded(all.cpu));
  writer.Field("saturated", Rounded(all.saturated));
  writer.Field("zone", Rounded(all.zone));
  writer.Field("memory_floor", all.memory_floor);
  writer.Field("half", all.half);
  writer.Field("held", all.held);
  writer.EndObject();
  writer.Field("panicking", all.panicking);
  writer.Field("load_stable", Rounded(decision.load_stable));
  writer.Field("load_panic", Rounded(decision.load_panic));
  writer.Field("load_forecast", Rounded(decision.load_forecast));
  writer.Field("lead_s", Rounded(decision.lead_s));
  writer.Field("hold_s", context.policy.hold_s);
  writer.Field("tolerance", context.policy.tolerance);
  writer.Field("evades_tolerance", decision.evades);
  writer.EndObject();
}

}  // namespace

std::string AnswerJson(const Decision& decision, const AnswerContext& context, bool explain) {
  std::string body;
  json::Writer writer(body);
  const double value = Rounded(decision.value);
  writer.BeginObject();
  writer.Field("workload", context.workload);
  writer.Key("desired_replicas");
  if (value == std::floor(value)) {
    writer.Number(static_cast<int>(value));
  } else {
    writer.Number(value);
  }
  writer.Field("load", Rounded(value * decision.per_pod_target));
  writer.Field("unit", "requests_per_second");
  writer.Field("per_pod_target", decision.per_pod_target);
  writer.Field("replicas", decision.replicas);
  writer.Field("utilization", Rounded(decision.utilization));
  writer.Field("reason", ReasonName(context.stale ? Reason::kStale : decision.reason));
  Limits(writer, decision, context);
  Observed(writer, decision, context);
  writer.Key("window_s").BeginObject();
  writer.Field("stable", context.policy.stable_s);
  writer.Field("panic", context.policy.panic_s);
  writer.EndObject();
  writer.Field("generated_at", context.generated_at);
  writer.Field("stale", context.stale);
  if (explain) Explanation(writer, decision, context);
  writer.EndObject();
  body += '\n';
  return body;
}

std::string FormatTimestamp(std::int64_t unix_seconds) {
  const std::chrono::sys_seconds time{std::chrono::seconds(unix_seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<std::chrono::seconds> clock(time - day);
  const auto two = [](auto number) {
    return (number < 10 ? "0" : "") + std::to_string(static_cast<long>(number));
  };
  return std::to_string(static_cast<int>(date.year())) + "-" +
         two(static_cast<unsigned>(date.month())) + "-" + two(static_cast<unsigned>(date.day())) +
         "T" + two(clock.hours().count()) + ":" + two(clock.minutes().count()) + ":" +
         two(clock.seconds().count()) + "Z";
}

}  // namespace coolkit::scaler
