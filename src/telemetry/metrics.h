// Why: counters on the hot path must cost a plain add on a cache line of the thread's own, and the
// exposition must be Prometheus text and OpenMetrics (docs/adr/0003: prometheus-cpp 1.0 has
// neither). Updates: any thread. Registration: at start-up, any thread, names checked.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "telemetry/instruments.h"

namespace coolkit::telemetry {

using Labels = std::vector<std::pair<std::string, std::string>>;

enum class MetricType { kCounter, kGauge, kHistogram };
[[nodiscard]] std::string_view MetricTypeName(MetricType type);  // "counter"

// What is fixed about a metric. Counter names end in _total, the others do not.
struct MetricInfo {
  std::string name;
  MetricType type = MetricType::kCounter;
  std::string help;                      // one sentence
  std::vector<std::string> label_names;  // in the order of the first registration
};

class Registry {
 public:
  Registry();
  ~Registry();

  // A metric with given labels. The same name may be registered again with other label values
  // (type, help, label names and bounds must be equal); the same name and labels twice is a CHECK,
  // and so are names that Prometheus, OpenMetrics or promtool's linter refuse. Bytes of label
  // values that are not UTF-8 are shown as "?". References live as long as the registry.
  Counter& AddCounter(const std::string& name, const std::string& help, Labels labels = {});
  Gauge& AddGauge(const std::string& name, const std::string& help, Labels labels = {});
  Histogram& AddHistogram(const std::string& name, const std::string& help,
                          std::vector<double> upper_bounds, Labels labels = {});
  // Read when scraped, on the scraping thread, under the registry's lock: `read` is quick and does
  // not touch the registry. What it refers to outlives the registry's last scrape.
  void AddCallback(MetricType type, const std::string& name, const std::string& help, Labels labels,
                   std::function<double()> read);
  // Runs before the callbacks of each scrape, under the same rules: for metrics that are read
  // together.
  void BeforeScrape(std::function<void()> refresh);

  // Prometheus text format 0.0.4.
  [[nodiscard]] std::string PrometheusText() const;
  // OpenMetrics 1.0.0, with # EOF.
  [[nodiscard]] std::string OpenMetricsText() const;
  // Every family once, by name: for the generated reference and the golden test.
  [[nodiscard]] std::vector<MetricInfo> Families() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace coolkit::telemetry
