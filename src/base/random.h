// Why: randomness is passed in, so that a seed reproduces a run.
// Not thread-safe: one generator per thread or per owner.
#pragma once

#include <cstdint>

namespace coolkit {

class Random {
 public:
  virtual ~Random() = default;
  // 64 uniformly distributed bits.
  [[nodiscard]] virtual std::uint64_t Next() = 0;
  // Uniform in [0, bound); bound > 0. (Lemire's multiply-shift; its bias is below 2^-32 for the
  // bounds used here.)
  [[nodiscard]] std::uint64_t Below(std::uint64_t bound);
};

// SplitMix64 (Steele, Lea, Flood 2014): tiny, seedable, for jitter, sampling and tests; not for
// secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] std::uint64_t Next() override;

 private:
  std::uint64_t state_;
};

// Bits from the kernel (getrandom).
[[nodiscard]] std::uint64_t SystemSeed();

}  // namespace coolkit
