// Why: what a load measured, gathered per thread without sharing and added up at its end. One
// thread's at a time.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "bench/call.h"
#include "bench/histogram.h"

namespace coolkit::bench {

// Why a call has no answer.
enum class Failure : std::uint8_t { kConnect, kTimeout, kClosed, kMalformed };
inline constexpr std::size_t kFailureCount = 4;
[[nodiscard]] std::string_view FailureName(Failure failure);  // "connect"

struct Moment {
  Histogram latency;  // of calls that ended in it
  std::uint64_t failed = 0;
};

class LoadStats {
 public:
  // Measures what ought to begin from `from` on; a picture's points are `interval` apart.
  void Begin(std::int64_t from_ns, nanoseconds interval);

  // A call that was to begin at `intended_ns` and was answered at `end_ns`.
  void Answered(Call call, int status, std::int64_t intended_ns, std::int64_t end_ns);
  void Failed(Call call, Failure failure, std::int64_t intended_ns, std::int64_t end_ns);
  void ReadFrom(bool memory, bool stale, std::int64_t intended_ns);
  void Unsent(std::uint64_t count) { unsent_ += count; }
  void Add(const LoadStats& other);

  // An answer below 500 that is not 429: its latency counts.
  [[nodiscard]] static bool IsGood(int status) { return status < 500 && status != 429; }

  [[nodiscard]] const Histogram& latency(Call call) const {
    return latency_[static_cast<std::size_t>(call)];
  }
  [[nodiscard]] Histogram AllLatency() const;
  [[nodiscard]] std::uint64_t good() const;
  [[nodiscard]] std::uint64_t bad() const;  // answers that are not good, and failures
  [[nodiscard]] std::uint64_t status(int status) const {
    return statuses_[static_cast<std::size_t>(status)];
  }
  [[nodiscard]] std::uint64_t failures(Failure failure) const {
    return failures_[static_cast<std::size_t>(failure)];
  }
  [[nodiscard]] std::uint64_t unsent() const { return unsent_; }  // due, but no client was free
  [[nodiscard]] std::uint64_t reads() const { return reads_; }
  [[nodiscard]] std::uint64_t hits() const { return hits_; }
  [[nodiscard]] std::uint64_t stale() const { return stale_; }
  [[nodiscard]] const std::vector<Moment>& moments() const { return moments_; }
  [[nodiscard]] nanoseconds interval() const { return interval_; }

  static constexpr std::size_t kMomentsMax = 1200;

 private:
  Moment* At(std::int64_t end_ns);

  std::int64_t from_ns_ = 0;
  nanoseconds interval_{seconds(1)};
  std::array<Histogram, kCallCount> latency_;
  std::array<std::uint64_t, 600> statuses_{};
  std::array<std::uint64_t, kFailureCount> failures_{};
  std::uint64_t unsent_ = 0;
  std::uint64_t reads_ = 0;
  std::uint64_t hits_ = 0;
  std::uint64_t stale_ = 0;
  std::vector<Moment> moments_;
};

}  // namespace coolkit::bench
