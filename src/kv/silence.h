// Why: a database that says nothing (a lost path, a stopped process) looks like a slow one. Without
// this each read that memory could answer, stale and marked, would first wait out its own deadline
// for as long as the silence lasts. A read has patience once; when that was in vain, the others
// don't wait until the database is heard again, but for one at a time, which asks.
//
// Thread safety: all calls from any thread.
#pragma once

#include <atomic>

#include "base/time.h"

namespace coolkit::kv {

class Silence {
 public:
  struct Options {
    milliseconds patience{1'000};   // limit "database_patience"
    milliseconds ask_every{5'000};  // so often a read has patience meanwhile; the feed asks anyway
    // A wait that ended later than it should says nothing: this pod stood still meanwhile.
    milliseconds late_max{100};
  };
  explicit Silence(Options options) : options_(options) {}

  // The database gave an answer, or proof of one, at `at`.
  void Heard(BootTime at) {
    BootTime before = heard_.load(std::memory_order_relaxed);
    while (at > before && !heard_.compare_exchange_weak(before, at, std::memory_order_relaxed)) {
    }
  }

  // How long a read may wait that memory could answer; 0: not at all.
  [[nodiscard]] nanoseconds Patience(BootTime now) {
    BootTime asked = asked_.load(std::memory_order_relaxed);
    if (asked == kMinusInfinity || heard_.load(std::memory_order_relaxed) >= asked) {
      return options_.patience;
    }
    const bool asks = Since(asked, now) >= options_.ask_every &&
                      asked_.compare_exchange_strong(asked, now, std::memory_order_relaxed);
    return asks ? options_.patience : nanoseconds(0);
  }

  // A read waited from `began` to `until` for nothing, and it is `now`. True: the database is
  // silent; false: it is only slow, or nobody knows.
  bool WaitedInVain(BootTime began, BootTime until, BootTime now) {
    const BootTime heard = heard_.load(std::memory_order_relaxed);
    if (heard >= began || Since(heard, now) < options_.patience) return false;
    if (Since(until, now) > options_.late_max) return false;
    BootTime asked = asked_.load(std::memory_order_relaxed);
    if (asked <= heard) asked_.compare_exchange_strong(asked, now, std::memory_order_relaxed);
    return true;
  }

 private:
  const Options options_;
  std::atomic<BootTime> heard_{kMinusInfinity};
  std::atomic<BootTime> asked_{kMinusInfinity};  // when, in silence, a read last had patience
};

}  // namespace coolkit::kv
