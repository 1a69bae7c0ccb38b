#include "bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace coolkit::bench {

std::size_t Histogram::IndexOf(std::uint64_t ns) {
  constexpr std::uint64_t kSteps = std::uint64_t{1} << kStepBits;
  if (ns < kSteps) return ns;
  const unsigned shift = static_cast<unsigned>(std::bit_width(ns)) - kStepBits - 1;
  return (std::size_t{shift} << kStepBits) + (ns >> shift);
}

std::int64_t Histogram::UpperEnd(std::size_t index) {
  constexpr std::size_t kSteps = std::size_t{1} << kStepBits;
  if (index < 2 * kSteps) return static_cast<std::int64_t>(index);
  const std::size_t shift = (index >> kStepBits) - 1;
  const std::size_t step = index - (shift << kStepBits);
  return static_cast<std::int64_t>(((step + 1) << shift) - 1);
}

void Histogram::Record(std::int64_t ns) {
  ns = std::clamp<std::int64_t>(ns, 0, kMaxNs);
  if (counts_.empty()) counts_.resize(kBuckets);
  ++counts_[IndexOf(static_cast<std::uint64_t>(ns))];
  ++count_;
  max_ = std::max(max_, ns);
  sum_ += static_cast<double>(ns);
}

void Histogram::Add(const Histogram& other) {
  if (other.count_ == 0) return;
  if (counts_.empty()) counts_.resize(kBuckets);
  for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

void Histogram::Clear() {
  std::fill(counts_.begin(), counts_.end(), 0);
  count_ = 0;
  max_ = 0;
  sum_ = 0;
}

double Histogram::mean_ns() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

std::int64_t Histogram::Quantile(double part) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(part * static_cast<double>(count_));
  const std::uint64_t rank =
      std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::max(1.0, wanted)), 1, count_);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::min(UpperEnd(i), max_);
  }
  return max_;
}

}  // namespace coolkit::bench
