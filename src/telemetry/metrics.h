// Why: counters on the hot path must cost one relaxed add on a cache line of the thread's own, and
// the exposition must be Prometheus text and OpenMetrics (docs/adr/0003: prometheus-cpp 1.0 has
// neither). Updates: any thread. Registration: at start-up, any thread, names checked.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/time.h"

namespace coolkit::telemetry {

using Labels = std::vector<std::pair<std::string, std::string>>;

// Stripes spread the threads' adds over cache lines.
inline constexpr std::size_t kStripes = 16;
[[nodiscard]] std::size_t ThisStripe();

class Counter {
 public:
  void Add(std::uint64_t n = 1) {
    cells_[ThisStripe()].value.fetch_add(n, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t Value() const;

 private:
  struct alignas(64) Cell {
    std::atomic<std::uint64_t> value{0};
  };
  std::array<Cell, kStripes> cells_;
};

class Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  void Add(double delta);
  [[nodiscard]] double Value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Cumulative buckets with fixed upper bounds in the metric's unit.
class Histogram {
 public:
  explicit Histogram(std::vector<double> upper_bounds);
  void Observe(double value);
  struct Snapshot {
    std::vector<double> upper_bounds;
    std::vector<std::uint64_t> cumulative;  // one more than bounds: the last is the count
    double sum = 0;
  };
  [[nodiscard]] Snapshot Read() const;

 private:
  struct Stripe;
  std::vector<double> upper_bounds_;
  std::vector<std::unique_ptr<Stripe>> stripes_;
};

// Bounds that make p50, p95 and p99 exact to about 12 % between 20 µs and 30 s.
[[nodiscard]] std::vector<double> LatencyBounds();

enum class MetricType { kCounter, kGauge, kHistogram };

// What is fixed about a metric. Counter names end in _total.
struct MetricInfo {
  std::string name;
  MetricType type = MetricType::kCounter;
  std::string help;  // one sentence
};

class Registry {
 public:
  Registry();
  ~Registry();

  // A metric with given labels. The same name may be registered again with other label values
  // (the help must be equal); the same name and labels twice is a CHECK. References live as long
  // as the registry.
  Counter& AddCounter(const std::string& name, const std::string& help, Labels labels = {});
  Gauge& AddGauge(const std::string& name, const std::string& help, Labels labels = {});
  Histogram& AddHistogram(const std::string& name, const std::string& help,
                          std::vector<double> upper_bounds, Labels labels = {});
  // Read when scraped, on the scraping thread.
  void AddCallback(MetricType type, const std::string& name, const std::string& help,
                   Labels labels, std::function<double()> read);

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
