// Why: what the hot path updates must cost a nanosecond or two and never a lock: counters, gauges
// and histograms without their names (metrics.h has those). Updates and reads: any thread; a read
// while others update sees each update whole or not at all.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/time.h"
#include "telemetry/stripe.h"

namespace coolkit::telemetry {

class Counter {
 public:
  void Add(std::uint64_t n = 1) {
    const std::size_t stripe = ThisStripe();
    AddToCell(cells_[stripe].value, stripe, n);
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

// Counts of values below fixed upper bounds, in the metric's unit. A value equal to a bound
// belongs to it (Prometheus' `le`).
class Histogram {
 public:
  // `upper_bounds`: finite, not negative, rising, at least one; +Inf is implied.
  explicit Histogram(std::vector<double> upper_bounds);

  // NaN is not counted; a negative value counts as 0 (OpenMetrics' sum may not fall).
  void Observe(double value);
  // For bounds in seconds.
  void ObserveSeconds(nanoseconds duration) {
    Observe(static_cast<double>(duration.count()) * 1e-9);
  }

  struct Snapshot {
    std::vector<double> upper_bounds;
    std::vector<std::uint64_t> cumulative;  // one more than bounds: the last is the count
    double sum = 0;

    [[nodiscard]] std::uint64_t count() const { return cumulative.back(); }
    // As histogram_quantile of Prometheus: linear between the bounds; the last finite bound when
    // the quantile lies beyond it; NaN when nothing was observed. `q` in [0, 1].
    [[nodiscard]] double Quantile(double q) const;
  };
  [[nodiscard]] Snapshot Read() const;
  [[nodiscard]] const std::vector<double>& upper_bounds() const { return upper_bounds_; }

 private:
  static constexpr std::size_t kCellsPerLine = 8;
  struct alignas(64) Line {
    std::array<std::atomic<std::uint64_t>, kCellsPerLine> cells{};
  };

  [[nodiscard]] std::size_t BucketOf(double value) const;
  [[nodiscard]] std::atomic<std::uint64_t>& CellAt(std::size_t stripe, std::size_t cell) const {
    return lines_[stripe * lines_per_stripe_ + cell / kCellsPerLine].cells[cell % kCellsPerLine];
  }

  std::vector<double> upper_bounds_;
  // Where to start looking: the first bound that can hold a value with these exponent and leading
  // mantissa bits (a quarter of an octave).
  std::uint64_t first_key_ = 0;
  std::vector<std::uint16_t> start_;
  // Per stripe: a cell per bucket (+Inf is the last), then the sum as the bits of a double.
  std::size_t lines_per_stripe_ = 0;
  std::unique_ptr<Line[]> lines_;
};

// Bounds in seconds from 20 µs to 30 s, seven per decade with 1, 2, 2.5 and 5 exact, so that usual
// service level thresholds are bounds. p50, p95 and p99 of a smooth distribution (log-normal with
// sigma 0.4 or wider) are then exact to 12 %.
[[nodiscard]] std::vector<double> LatencyBounds();

}  // namespace coolkit::telemetry
