// Why: the cache's budget is kept in bytes that malloc handed out; what malloc keeps for itself
// after entries of changing sizes came and went counts with the kernel all the same. From time to
// time resident memory is held against what is counted, and what lies idle is given back.
// Start and Stop: any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/time.h"
#include "net/loop.h"
#include "telemetry/metrics.h"

namespace coolkit::ops {

// Blocks from 128 KiB on always come from the kernel and go back to it. malloc would otherwise
// raise that limit to the largest block that was ever freed. Before other threads start.
void KeepHeapThresholds();

class HeapKeeper {
 public:
  // Called on the loop of Start.
  struct Parts {
    std::function<std::uint64_t()> resident_bytes;  // of the process
    std::function<std::uint64_t()> counted_bytes;   // of them, what the budget knows
    std::function<void()> give_back;                // malloc_trim
  };
  struct Limits {
    milliseconds interval{250};             // between two looks
    milliseconds pause_max{8'000};          // after giving back in vain
    std::uint64_t other_bytes = 32u << 20;  // for everything that is not counted
    std::uint64_t idle_part = 10;           // and this part of what is counted, in malloc's hands
    std::uint64_t vain_part = 32;  // less than this part of what is counted came back: in vain
  };

  // Registers coolkit_memory_trims_total.
  HeapKeeper(Parts parts, telemetry::Registry& registry, Limits limits);
  HeapKeeper(Parts parts, telemetry::Registry& registry)
      : HeapKeeper(std::move(parts), registry, Limits()) {}
  ~HeapKeeper();  // stops

  // On a loop that nobody waits for: giving back takes a few milliseconds per 100 MiB.
  void Start(net::Loop& on);
  // Nothing is called after this returns.
  void Stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace coolkit::ops
