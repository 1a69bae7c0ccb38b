#include "ops/heap_keeper.h"

#include <malloc.h>

#include <algorithm>
#include <utility>

#include "base/mutex.h"

namespace coolkit::ops {
namespace {

constexpr int kOwnMappingBytes = 128 << 10;  // as cache/heap_bytes.h counts
constexpr int kTopBytesMax = 1 << 20;        // idle at the end of the heap

}  // namespace

void KeepHeapThresholds() {
  static_cast<void>(::mallopt(M_MMAP_THRESHOLD, kOwnMappingBytes));
  static_cast<void>(::mallopt(M_TRIM_THRESHOLD, kTopBytesMax));
}

// Shared with the timer, which may outlive the keeper.
struct HeapKeeper::State {
  State(Parts the_parts, telemetry::Counter& counter, Limits the_limits)
      : parts(std::move(the_parts)), trims(counter), limits(the_limits), pause(limits.interval) {}

  static void Look(const std::shared_ptr<State>& state, net::Loop& on);
  // How long to wait before the next look.
  [[nodiscard]] milliseconds Keep() REQUIRES(mutex);

  const Parts parts;
  telemetry::Counter& trims;
  const Limits limits;
  Mutex mutex;  // held during a look, so that Stop can wait for it
  bool stopped GUARDED_BY(mutex) = false;
  milliseconds pause GUARDED_BY(mutex);
};

milliseconds HeapKeeper::State::Keep() {
  const std::uint64_t counted = parts.counted_bytes();
  const std::uint64_t before = parts.resident_bytes();
  if (before <= counted + counted / limits.idle_part + limits.other_bytes) {
    pause = limits.interval;
    return pause;
  }
  parts.give_back();
  trims.Add();
  const std::uint64_t after = parts.resident_bytes();
  const bool in_vain = before < after + counted / limits.vain_part;
  pause = in_vain ? std::min(pause * 2, limits.pause_max) : limits.interval;
  return pause;
}

void HeapKeeper::State::Look(const std::shared_ptr<State>& state, net::Loop& on) {
  const MutexLock lock(state->mutex);
  if (state->stopped) return;
  const milliseconds wait = state->Keep();
  static_cast<void>(on.At(on.Now() + wait, [state, &on] { Look(state, on); }));
}

HeapKeeper::HeapKeeper(Parts parts, telemetry::Registry& registry, Limits limits)
    : state_(std::make_shared<State>(
          std::move(parts),
          registry.AddCounter("coolkit_memory_trims_total",
                              "How often the allocator gave idle memory back to the kernel."),
          limits)) {}

HeapKeeper::~HeapKeeper() { Stop(); }

void HeapKeeper::Start(net::Loop& on) {
  on.Post([state = state_, &on] { State::Look(state, on); });
}

void HeapKeeper::Stop() {
  const MutexLock lock(state_->mutex);
  state_->stopped = true;
}

}  // namespace coolkit::ops
