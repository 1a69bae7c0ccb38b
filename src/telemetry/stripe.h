// Why: counters and histograms spread the threads' updates over cache lines. The first threads own
// a stripe each and update it with a plain load and store (1 ns); only the threads beyond that
// share stripes and pay for a locked instruction. Any thread.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace coolkit::telemetry {

inline constexpr std::size_t kStripes = 16;
// Stripes below this belong to one living thread each; the rest are shared.
inline constexpr std::size_t kOwnedStripes = 12;

namespace detail {
inline constexpr std::uint32_t kNoStripe = ~std::uint32_t{0};
inline constinit thread_local std::uint32_t this_stripe = kNoStripe;
// Gives the calling thread its stripe; an owned one is handed on when the thread ends.
std::size_t ClaimStripe();
}  // namespace detail

// The calling thread's stripe, below kStripes.
[[nodiscard]] inline std::size_t ThisStripe() {
  const std::uint32_t stripe = detail::this_stripe;
  return stripe != detail::kNoStripe ? stripe : detail::ClaimStripe();
}

// Adds to a cell of `stripe`, which is the calling thread's.
inline void AddToCell(std::atomic<std::uint64_t>& cell, std::size_t stripe, std::uint64_t n) {
  if (stripe < kOwnedStripes) {
    cell.store(cell.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  } else {
    cell.fetch_add(n, std::memory_order_relaxed);
  }
}

// The same for a cell that holds the bits of a double.
inline void AddToCell(std::atomic<std::uint64_t>& cell, std::size_t stripe, double delta) {
  std::uint64_t bits = cell.load(std::memory_order_relaxed);
  if (stripe < kOwnedStripes) {
    cell.store(std::bit_cast<std::uint64_t>(std::bit_cast<double>(bits) + delta),
               std::memory_order_relaxed);
    return;
  }
  while (!cell.compare_exchange_weak(
      bits, std::bit_cast<std::uint64_t>(std::bit_cast<double>(bits) + delta),
      std::memory_order_relaxed)) {
  }
}

}  // namespace coolkit::telemetry
