#include "bench/load_report.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "json/writer.h"
#include "plot/chart.h"

namespace coolkit::bench {
namespace {

struct Part {
  std::string_view name;
  double part;
};
constexpr std::array<Part, 6> kParts{
    {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999}, {"max", 1}}};

std::string Fixed(double value, int decimals) {
  std::array<char, 400> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 std::chars_format::fixed, decimals);
  return {text.data(), end.ptr};
}

std::string Right(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

std::string Left(std::string text, std::size_t width) {
  text.append(width - std::min(width, text.size()), ' ');
  return text;
}

double PerSecond(std::uint64_t count, double seconds) {
  return seconds <= 0 ? 0 : static_cast<double>(count) / seconds;
}

std::int64_t QuantileOf(const Histogram& histogram, double part) {
  return part == 1 ? histogram.max_ns() : histogram.Quantile(part);
}

std::string Row(const std::string& name, const Histogram& latency, double seconds) {
  std::string row = "  " + Left(name, 10) + Right(std::to_string(latency.count()), 11) +
                    Right(Fixed(PerSecond(latency.count(), seconds), 0), 10);
  for (const Part& part : kParts) row += Right(LatencyText(QuantileOf(latency, part.part)), 9);
  return row + "\n";
}

std::string Failures(const LoadStats& stats) {
  std::string text;
  const auto add = [&text](std::uint64_t count, const std::string& what) {
    if (count > 0) text += "  " + Right(std::to_string(count), 10) + "  " + what + "\n";
  };
  for (int status = 200; status < 600; ++status) {
    if (!LoadStats::IsGood(status)) add(stats.status(status), "answers " + std::to_string(status));
  }
  constexpr std::array<std::string_view, kFailureCount> kMeanings{
      "could not connect", "no answer in time", "connection closed without an answer",
      "answers that make no sense"};
  for (std::size_t i = 0; i < kFailureCount; ++i) {
    add(stats.failures(static_cast<Failure>(i)), std::string(kMeanings[i]));
  }
  add(stats.unsent(), "calls were due and not sent: no client was free");
  return text;
}

void WriteLatency(json::Writer& writer, const Histogram& latency, double seconds) {
  writer.BeginObject();
  writer.Field("count", latency.count());
  writer.Field("per_second", PerSecond(latency.count(), seconds));
  writer.Key("latency_ms").BeginObject();
  writer.Field("mean", latency.mean_ns() / 1e6);
  for (const Part& part : kParts) {
    writer.Field(part.name, static_cast<double>(QuantileOf(latency, part.part)) / 1e6);
  }
  writer.EndObject();
  writer.EndObject();
}

void WriteOptions(json::Writer& writer, const LoadReport& report) {
  const LoadOptions& options = report.options;
  writer.Key("targets").BeginArray();
  for (const LoadTarget& target : options.targets) writer.String("http://" + target.authority);
  writer.EndArray();
  writer.Field("connections", options.connections);
  writer.Field("threads", options.threads);
  writer.Field("pipeline", options.pipeline);
  if (options.rate > 0) {
    writer.Field("rate", options.rate);
  } else {
    writer.Field("rate", "max");
  }
  writer.Field("keys", options.keys);
  writer.Field("key_law", report.keys_text);
  writer.Key("mix").BeginObject();
  for (std::size_t i = 0; i < kCallCount; ++i) {
    if (options.mix[i] > 0) writer.Field(CallName(static_cast<Call>(i)), options.mix[i]);
  }
  writer.EndObject();
  writer.Field("value_bytes_min", options.value_bytes_min);
  writer.Field("value_bytes_max", options.value_bytes_max);
}

void WriteFailures(json::Writer& writer, const LoadStats& stats) {
  writer.Key("statuses").BeginObject();
  for (int status = 200; status < 600; ++status) {
    if (stats.status(status) > 0) writer.Field(std::to_string(status), stats.status(status));
  }
  writer.EndObject();
  writer.Key("failures").BeginObject();
  for (std::size_t i = 0; i < kFailureCount; ++i) {
    const auto failure = static_cast<Failure>(i);
    if (stats.failures(failure) > 0) writer.Field(FailureName(failure), stats.failures(failure));
  }
  writer.EndObject();
  writer.Field("unsent", stats.unsent());
}

void WriteMoments(json::Writer& writer, const LoadStats& stats) {
  const double step = static_cast<double>(stats.interval().count()) / 1e9;
  writer.Field("interval_seconds", step);
  writer.Key("moments").BeginArray();
  for (const Moment& moment : stats.moments()) {
    writer.BeginObject();
    writer.Field("per_second", PerSecond(moment.latency.count(), step));
    writer.Field("failed", moment.failed);
    writer.Field("p50_ms", static_cast<double>(moment.latency.Quantile(0.5)) / 1e6);
    writer.Field("p99_ms", static_cast<double>(moment.latency.Quantile(0.99)) / 1e6);
    writer.Field("max_ms", static_cast<double>(moment.latency.max_ns()) / 1e6);
    writer.EndObject();
  }
  writer.EndArray();
}

std::string Loop(const LoadOptions& options) {
  const std::string clients = std::to_string(options.connections) + " connections";
  if (options.rate == 0) return "closed loop, " + clients;
  return "open loop, " + Fixed(options.rate, 0) + " calls/s, " + clients;
}

}  // namespace

std::string LatencyText(std::int64_t ns) {
  if (ns < 1'000'000) return std::to_string(ns / 1000) + "us";
  const double ms = static_cast<double>(ns) / 1e6;
  if (ms < 10) return Fixed(ms, 2) + "ms";
  if (ms < 1000) return Fixed(ms, ms < 100 ? 1 : 0) + "ms";
  return Fixed(ms / 1000, 2) + "s";
}

std::string LoadText(const LoadReport& report) {
  const LoadStats& stats = report.stats;
  std::string text = Loop(report.options) + ", " + std::to_string(report.options.keys) + " keys (" +
                     report.keys_text + "), measured for " + Fixed(report.seconds, 1) + " s" +
                     (report.interrupted ? " (interrupted)" : "") + "\n\n";
  text += "  " + Left("call", 10) + Right("answers", 11) + Right("per s", 10);
  for (const Part& part : kParts) text += Right(std::string(part.name), 9);
  text += "\n";
  std::size_t rows = 0;
  for (std::size_t i = 0; i < kCallCount; ++i) {
    const auto call = static_cast<Call>(i);
    if (stats.latency(call).count() == 0) continue;
    text += Row(std::string(CallName(call)), stats.latency(call), report.seconds);
    ++rows;
  }
  if (rows != 1) text += Row("all", stats.AllLatency(), report.seconds);
  if (stats.reads() > 0) {
    text += "\n  " +
            Fixed(100 * static_cast<double>(stats.hits()) / static_cast<double>(stats.reads()), 2) +
            " % of the reads were hits";
    if (stats.stale() > 0) text += ", " + std::to_string(stats.stale()) + " of them stale";
    text += "\n";
  }
  const std::string failures = Failures(stats);
  text += failures.empty() ? "\n  no failures\n" : "\nFailures\n" + failures;
  if (report.recorded > 0) {
    text += "\n  " + std::to_string(report.recorded) + " operations recorded\n";
  }
  return text;
}

std::string LoadJson(const LoadReport& report) {
  const LoadStats& stats = report.stats;
  std::string text;
  json::Writer writer(text);
  writer.BeginObject();
  WriteOptions(writer, report);
  writer.Field("seconds", report.seconds);
  writer.Field("interrupted", report.interrupted);
  writer.Field("answers", stats.good());
  writer.Field("failed", stats.bad());
  writer.Key("all");
  WriteLatency(writer, stats.AllLatency(), report.seconds);
  writer.Key("calls").BeginObject();
  for (std::size_t i = 0; i < kCallCount; ++i) {
    const auto call = static_cast<Call>(i);
    if (stats.latency(call).count() == 0) continue;
    writer.Key(CallName(call));
    WriteLatency(writer, stats.latency(call), report.seconds);
  }
  writer.EndObject();
  writer.Field("reads", stats.reads());
  writer.Field("hits", stats.hits());
  writer.Field("stale", stats.stale());
  WriteFailures(writer, stats);
  writer.Field("recorded", report.recorded);
  WriteMoments(writer, stats);
  writer.EndObject();
  return text + "\n";
}

std::string LoadSvg(const LoadReport& report) {
  const LoadStats& stats = report.stats;
  const double step = static_cast<double>(stats.interval().count()) / 1e9;
  plot::Line rate{"answers", "#1a73e8", {}};
  plot::Line failed{"failures", "#d93025", {}};
  plot::Line p50{"p50", "#188038", {}};
  plot::Line p99{"p99", "#e37400", {}};
  plot::Line worst{"max", "#9334e6", {}};
  // The last interval is seldom a whole one.
  const auto whole = static_cast<std::size_t>(report.seconds / step + 0.001);
  const std::size_t shown = std::min(stats.moments().size(), std::max<std::size_t>(1, whole));
  for (std::size_t i = 0; i < shown; ++i) {
    const Moment& moment = stats.moments()[i];
    rate.values.push_back(PerSecond(moment.latency.count(), step));
    failed.values.push_back(PerSecond(moment.failed, step));
    const bool any = moment.latency.count() > 0;
    const auto ms = [&](double part) {
      return any ? static_cast<double>(QuantileOf(moment.latency, part)) / 1e6
                 : std::numeric_limits<double>::quiet_NaN();
    };
    p50.values.push_back(ms(0.5));
    p99.values.push_back(ms(0.99));
    worst.values.push_back(ms(1));
  }
  plot::Chart chart;
  chart.title = "coolkit bench: " + Fixed(PerSecond(stats.good(), report.seconds), 0) +
                " answers/s, p99 " + LatencyText(stats.AllLatency().Quantile(0.99));
  chart.subtitle = Loop(report.options) + ", " + std::to_string(report.options.keys) + " keys (" +
                   report.keys_text + ")";
  chart.step = step;
  chart.panels.push_back({"Answers per second", "", false, {std::move(rate), std::move(failed)}});
  chart.panels.push_back({"Latency, from when a call was due",
                          "ms",
                          true,
                          {std::move(p50), std::move(p99), std::move(worst)}});
  return plot::RenderSvg(chart);
}

}  // namespace coolkit::bench
