// Why: trace ids are made on every loop; a generator with one atomic word needs no lock for that.
// Not for secrets. Any thread.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/random.h"

namespace coolkit::api {

// SplitMix64 over an atomic counter: each call takes a step of its own.
class SharedRandom final : public Random {
 public:
  explicit SharedRandom(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] std::uint64_t Next() override {
    std::uint64_t z = state_.fetch_add(kStep, std::memory_order_relaxed) + kStep;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

 private:
  static constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15ULL;
  std::atomic<std::uint64_t> state_;
};

}  // namespace coolkit::api
