// Why: percentiles of millions of latencies need a fixed, small memory and must add up over
// threads: a histogram of high dynamic range, as Gil Tene's, with 128 steps per power of two (an
// error below 0.8 %). Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace coolkit::bench {

class Histogram {
 public:
  static constexpr std::int64_t kMaxNs = (std::int64_t{1} << 40U) - 1;  // about 18 minutes

  // Negative values count as 0, those above kMaxNs as kMaxNs.
  void Record(std::int64_t ns);
  void Add(const Histogram& other);
  void Clear();

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::int64_t max_ns() const { return max_; }
  [[nodiscard]] double mean_ns() const;
  // The smallest recorded size that at least this part (0 to 1) of the values do not exceed,
  // rounded up to its step; 0 if nothing was recorded.
  [[nodiscard]] std::int64_t Quantile(double part) const;

 private:
  static constexpr unsigned kStepBits = 7;
  static constexpr std::size_t kBuckets = (40 - kStepBits + 1) << kStepBits;

  static std::size_t IndexOf(std::uint64_t ns);
  static std::int64_t UpperEnd(std::size_t index);

  std::vector<std::uint64_t> counts_;  // empty until something is recorded
  std::uint64_t count_ = 0;
  std::int64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace coolkit::bench
