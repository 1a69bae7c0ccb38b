// Why: the choice of an eviction policy, and what tells the adaptive one from S3-FIFO: how much of
// the room the small queue gets. What comes back soon after the small queue gave it up says that
// the queue is too small, what comes back soon after the main queue gave it up says that it is too
// large. Each moves the share at once, so that it follows the majority of the last few dozen and
// needs no constant that depends on the cache's size. Not thread-safe: its owner locks.
#pragma once

#include <algorithm>
#include <cstdint>

namespace coolkit::cache {

enum class Eviction : std::uint8_t {
  kS3Fifo,    // a tenth of the room is the small queue's (SOSP '23)
  kAdaptive,  // the share follows what comes back
};

class SmallShare {
 public:
  // The policy's part of `weight`, rounded down.
  [[nodiscard]] std::uint64_t Of(std::uint64_t weight) const {
    return weight / 100 * percent_ + weight % 100 * percent_ / 100;
  }
  void Grow() { percent_ = std::min(percent_ + kStep, kMax); }
  void Shrink() { percent_ = percent_ > kMin + kStep ? percent_ - kStep : kMin; }

 private:
  static constexpr std::uint64_t kStep = 3;
  static constexpr std::uint64_t kMin = 1;
  static constexpr std::uint64_t kMax = 90;
  std::uint64_t percent_ = 10;
};

}  // namespace coolkit::cache
