// Why: the two text formats that Prometheus reads differ in small things (family names of counters,
// escapes, units, the end mark); this is the one place that knows them. It writes what it is given
// and checks nothing. Values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "telemetry/metrics.h"

namespace coolkit::telemetry {

enum class ExpositionFormat {
  kPrometheus,   // text/plain; version=0.0.4
  kOpenMetrics,  // application/openmetrics-text; version=1.0.0
};

// `a="x",b="y"`, escaped; empty without labels. Bytes that are not UTF-8 become "?".
[[nodiscard]] std::string RenderLabels(const Labels& labels);

// The shortest text that reads back as the same number; NaN, +Inf, -Inf.
[[nodiscard]] std::string FormatNumber(double value);
// The same in OpenMetrics' canonical form for `le`: always a float ("1.0"). Both formats use it,
// so that the series keep their names when a scraper changes format.
[[nodiscard]] std::string FormatBound(double value);

// The base unit that a name ends in ("seconds", "bytes", "ratio"), or empty. `name` without
// _total.
[[nodiscard]] std::string_view UnitOf(std::string_view name);

// Writes families one after the other: Begin, then its samples.
class ExpositionWriter {
 public:
  ExpositionWriter(ExpositionFormat format, std::size_t expected_bytes);

  void Begin(const MetricInfo& info);
  // `labels` as from RenderLabels.
  void Sample(std::string_view labels, std::uint64_t value);
  void Sample(std::string_view labels, double value);
  void Sample(std::string_view labels, const Histogram::Snapshot& snapshot);
  // The whole text. The writer is used up.
  [[nodiscard]] std::string Finish();

 private:
  void Line(std::string_view suffix, std::string_view labels, std::string_view value);

  ExpositionFormat format_;
  std::string out_;
  std::string name_;  // of the current family's samples
};

}  // namespace coolkit::telemetry
