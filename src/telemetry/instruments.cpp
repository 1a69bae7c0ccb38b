#include "telemetry/instruments.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace coolkit::telemetry {
namespace {

// Exponent and the two leading mantissa bits of a positive double: rises with the value.
std::uint64_t KeyOf(double value) { return std::bit_cast<std::uint64_t>(value) >> 50; }
double LowestOf(std::uint64_t key) { return std::bit_cast<double>(key << 50); }

}  // namespace

std::uint64_t Counter::Value() const {
  std::uint64_t total = 0;
  for (const Cell& cell : cells_) total += cell.value.load(std::memory_order_relaxed);
  return total;
}

void Gauge::Add(double delta) { value_.fetch_add(delta, std::memory_order_relaxed); }

Histogram::Histogram(std::vector<double> upper_bounds) : upper_bounds_(std::move(upper_bounds)) {
  CHECK(!upper_bounds_.empty());
  CHECK(upper_bounds_.size() < std::numeric_limits<std::uint16_t>::max());
  CHECK(upper_bounds_.front() >= 0);
  for (std::size_t i = 0; i < upper_bounds_.size(); ++i) {
    CHECK(std::isfinite(upper_bounds_[i]));
    CHECK(i == 0 || upper_bounds_[i - 1] < upper_bounds_[i]);
  }
  const std::size_t cells = upper_bounds_.size() + 2;
  lines_per_stripe_ = (cells + kCellsPerLine - 1) / kCellsPerLine;
  lines_ = std::make_unique<Line[]>(kStripes * lines_per_stripe_);

  std::uint16_t bound = upper_bounds_.front() == 0 ? 1 : 0;
  if (bound == upper_bounds_.size()) return;  // the only bound is 0
  first_key_ = KeyOf(upper_bounds_[bound]);
  const std::uint64_t last_key = KeyOf(upper_bounds_.back());
  for (std::uint64_t key = first_key_; key <= last_key; ++key) {
    while (upper_bounds_[bound] < LowestOf(key)) ++bound;
    start_.push_back(bound);
  }
}

std::size_t Histogram::BucketOf(double value) const {
  if (value <= upper_bounds_.front()) return 0;
  if (value > upper_bounds_.back()) return upper_bounds_.size();
  const std::uint64_t key = KeyOf(value);
  std::size_t bucket = start_[key < first_key_ ? 0 : key - first_key_];
  while (value > upper_bounds_[bucket]) ++bucket;
  return bucket;
}

void Histogram::Observe(double value) {
  if (std::isnan(value)) return;
  if (value < 0) value = 0;
  const std::size_t stripe = ThisStripe();
  AddToCell(CellAt(stripe, BucketOf(value)), stripe, std::uint64_t{1});
  AddToCell(CellAt(stripe, upper_bounds_.size() + 1), stripe, value);
}

Histogram::Snapshot Histogram::Read() const {
  Snapshot snapshot{upper_bounds_, std::vector<std::uint64_t>(upper_bounds_.size() + 1), 0};
  for (std::size_t stripe = 0; stripe < kStripes; ++stripe) {
    for (std::size_t bucket = 0; bucket < snapshot.cumulative.size(); ++bucket) {
      snapshot.cumulative[bucket] += CellAt(stripe, bucket).load(std::memory_order_relaxed);
    }
    snapshot.sum += std::bit_cast<double>(
        CellAt(stripe, upper_bounds_.size() + 1).load(std::memory_order_relaxed));
  }
  for (std::size_t bucket = 1; bucket < snapshot.cumulative.size(); ++bucket) {
    snapshot.cumulative[bucket] += snapshot.cumulative[bucket - 1];
  }
  return snapshot;
}

double Histogram::Snapshot::Quantile(double q) const {
  if (count() == 0) return std::numeric_limits<double>::quiet_NaN();
  const double rank = q * static_cast<double>(count());
  for (std::size_t i = 0; i < upper_bounds.size(); ++i) {
    if (cumulative[i] == 0 || static_cast<double>(cumulative[i]) < rank) continue;
    const double below = i == 0 ? 0 : static_cast<double>(cumulative[i - 1]);
    const double inside = static_cast<double>(cumulative[i]) - below;
    const double lower = i == 0 ? 0 : upper_bounds[i - 1];
    if (inside == 0) return lower;
    return lower + (upper_bounds[i] - lower) * std::max(0.0, rank - below) / inside;
  }
  return upper_bounds.back();
}

std::vector<double> LatencyBounds() {
  return {20e-6,  25e-6,  35e-6,  50e-6,  70e-6,  //
          100e-6, 140e-6, 200e-6, 250e-6, 350e-6, 500e-6, 700e-6, 1e-3,   1.4e-3, 2e-3,
          2.5e-3, 3.5e-3, 5e-3,   7e-3,   10e-3,  14e-3,  20e-3,  25e-3,  35e-3,  50e-3,
          70e-3,  100e-3, 140e-3, 200e-3, 250e-3, 350e-3, 500e-3, 700e-3, 1,      1.4,
          2,      2.5,    3.5,    5,      7,      10,     14,     20,     30};
}

}  // namespace coolkit::telemetry
