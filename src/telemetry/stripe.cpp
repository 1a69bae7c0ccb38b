#include "telemetry/stripe.h"

namespace coolkit::telemetry::detail {
namespace {

// Which stripe belongs to which thread is a fact about the process's threads, like their ids, so
// this is the one place with state of the whole process.
std::atomic<std::uint32_t>& FreeStripes() {
  static constinit std::atomic<std::uint32_t> free{(1U << kOwnedStripes) - 1};
  return free;
}

std::uint32_t NextShared() {
  static constinit std::atomic<std::uint32_t> next{0};
  return kOwnedStripes + next.fetch_add(1, std::memory_order_relaxed) % (kStripes - kOwnedStripes);
}

// Takes the lowest free stripe. Acquire: what its previous owner stored is seen here.
std::uint32_t TakeOwned() {
  std::atomic<std::uint32_t>& free = FreeStripes();
  std::uint32_t mask = free.load(std::memory_order_relaxed);
  while (mask != 0) {
    if (free.compare_exchange_weak(mask, mask & (mask - 1), std::memory_order_acquire,
                                   std::memory_order_relaxed)) {
      return static_cast<std::uint32_t>(std::countr_zero(mask));
    }
  }
  return kNoStripe;
}

// Gives an owned stripe back when its thread ends. What the thread still counts after that (other
// thread-local destructors) goes to a shared stripe.
struct Owner {
  std::uint32_t stripe = kNoStripe;
  Owner() = default;
  Owner(const Owner&) = delete;
  Owner& operator=(const Owner&) = delete;
  ~Owner() {
    if (stripe == kNoStripe) return;
    this_stripe = NextShared();
    FreeStripes().fetch_or(1U << stripe, std::memory_order_release);
  }
};

}  // namespace

std::size_t ClaimStripe() {
  static thread_local Owner owner;
  const std::uint32_t stripe = TakeOwned();
  if (stripe != kNoStripe) {
    owner.stripe = stripe;
    this_stripe = stripe;
  } else {
    this_stripe = NextShared();
  }
  return this_stripe;
}

}  // namespace coolkit::telemetry::detail
