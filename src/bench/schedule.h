// Why: a service that slows down must not slow down its load: in an open loop calls are due by a
// schedule, whatever became of the ones before, and a latency counts from when its call was due.
// In a closed loop a call is due when a client is free. One thread's; time is passed in.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace coolkit::bench {

class Schedule {
 public:
  static constexpr std::int64_t kNoEnd = std::numeric_limits<std::int64_t>::max();

  // `rate`: calls per second, evenly spaced; 0: a closed loop. `calls_max`: 0: no such end.
  Schedule(double rate, std::int64_t start_ns, std::int64_t end_ns, std::uint64_t calls_max)
      : rate_(rate), start_ns_(start_ns), end_ns_(end_ns), calls_max_(calls_max) {}

  // When the call was due that may begin now; nothing if there is none.
  [[nodiscard]] std::optional<std::int64_t> Take(std::int64_t now_ns) {
    if (stopped_ || now_ns >= end_ns_ || (calls_max_ != 0 && taken_ == calls_max_)) {
      return std::nullopt;
    }
    const std::int64_t due_ns = NextDue();
    if (due_ns > now_ns || due_ns >= end_ns_) return std::nullopt;
    ++taken_;
    return rate_ == 0 ? now_ns : due_ns;
  }

  // When the next call may begin.
  [[nodiscard]] std::int64_t NextDue() const {
    if (rate_ == 0) return start_ns_;
    return start_ns_ + static_cast<std::int64_t>(static_cast<double>(taken_) * (1e9 / rate_));
  }
  [[nodiscard]] std::int64_t end_ns() const { return end_ns_; }
  // Will nothing be due any more?
  [[nodiscard]] bool Over(std::int64_t now_ns) const {
    return stopped_ || now_ns >= end_ns_ || (calls_max_ != 0 && taken_ == calls_max_) ||
           (rate_ != 0 && NextDue() >= end_ns_);
  }
  void Stop() { stopped_ = true; }

  // Calls that were due before `now_ns` and not taken.
  [[nodiscard]] std::uint64_t Unsent(std::int64_t now_ns) const {
    if (rate_ == 0) return 0;
    const std::int64_t until_ns = now_ns < end_ns_ ? now_ns : end_ns_;
    if (until_ns <= start_ns_) return 0;
    auto due = static_cast<std::uint64_t>(static_cast<double>(until_ns - start_ns_) * rate_ / 1e9);
    if (calls_max_ != 0 && due > calls_max_) due = calls_max_;
    return due > taken_ ? due - taken_ : 0;
  }

 private:
  double rate_;
  std::int64_t start_ns_;
  std::int64_t end_ns_;
  std::uint64_t calls_max_;
  std::uint64_t taken_ = 0;
  bool stopped_ = false;
};

}  // namespace coolkit::bench
