#include "ops/watchdog.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <string>
#include <utility>

#include "base/mutex.h"

namespace coolkit::ops {
namespace {

constexpr std::int64_t kNotAsked = 0;

std::int64_t Count(BootTime time) { return time.time_since_epoch().count(); }

}  // namespace

// Shared with the questions on their way, which may outlive the watchdog.
struct Watchdog::State {
  struct Beat {
    explicit Beat(net::Loop* asked) : loop(asked) {}
    net::Loop* const loop;
    std::atomic<std::int64_t> asked_at{kNotAsked};  // of the question without an answer
    std::atomic<std::int64_t> last_delay{0};        // nanoseconds
  };

  WatchdogLimits limits;
  std::deque<Beat> beats;
  std::atomic<const Clock*> clock{nullptr};  // none: not running
  Mutex mutex;  // held while loops are asked, so that Stop can wait for that
  bool stopped GUARDED_BY(mutex) = false;

  static void Ask(const std::shared_ptr<State>& state, net::Loop& on);
  // How long the loop takes to answer, or has been taking so far.
  [[nodiscard]] nanoseconds DelayOf(const Beat& beat, BootTime now) const;
  [[nodiscard]] double LongestDelaySeconds() const;
};

void Watchdog::State::Ask(const std::shared_ptr<State>& state, net::Loop& on) {
  const MutexLock lock(state->mutex);
  if (state->stopped) return;
  for (Beat& beat : state->beats) {
    if (beat.asked_at.load() != kNotAsked) continue;
    beat.asked_at.store(Count(on.Now()));
    beat.loop->Post([state, &beat, &on_clock = on.clock()] {
      beat.last_delay.store(Count(on_clock.Now()) - beat.asked_at.load());
      beat.asked_at.store(kNotAsked);
    });
  }
  static_cast<void>(on.At(on.Now() + state->limits.interval, [state, &on] { Ask(state, on); }));
}

nanoseconds Watchdog::State::DelayOf(const Beat& beat, BootTime now) const {
  const std::int64_t asked_at = beat.asked_at.load();
  const nanoseconds last(beat.last_delay.load());
  return asked_at == kNotAsked ? last : std::max(last, nanoseconds(Count(now) - asked_at));
}

double Watchdog::State::LongestDelaySeconds() const {
  const Clock* running = clock.load();
  if (running == nullptr) return 0;
  nanoseconds longest{0};
  for (const Beat& beat : beats) longest = std::max(longest, DelayOf(beat, running->Now()));
  return std::chrono::duration<double>(longest).count();
}

Watchdog::Watchdog(const std::vector<net::Loop*>& loops, telemetry::Registry& registry,
                   WatchdogLimits limits)
    : state_(std::make_shared<State>()) {
  state_->limits = limits;
  for (net::Loop* loop : loops) state_->beats.emplace_back(loop);
  registry.AddCallback(
      telemetry::MetricType::kGauge, "coolkit_event_loop_delay_seconds",
      "How long the slowest event loop took to run a piece of work, or has been taking so far.", {},
      [state = state_] { return state->LongestDelaySeconds(); });
}

Watchdog::~Watchdog() { Stop(); }

void Watchdog::Start(net::Loop& on) {
  state_->clock.store(&on.clock());
  on.Post([state = state_, &on] { State::Ask(state, on); });
}

void Watchdog::Stop() {
  const MutexLock lock(state_->mutex);
  state_->stopped = true;
  state_->clock.store(nullptr);
}

CheckResult Watchdog::Check() const {
  const Clock* running = state_->clock.load();
  if (running == nullptr) return {};
  const BootTime now = running->Now();
  for (std::size_t i = 0; i < state_->beats.size(); ++i) {
    const std::int64_t asked_at = state_->beats[i].asked_at.load();
    if (asked_at == kNotAsked) continue;
    const nanoseconds silent(Count(now) - asked_at);
    if (silent <= state_->limits.stuck) continue;
    const auto whole = std::chrono::duration_cast<seconds>(silent).count();
    return {false, "event loop " + std::to_string(i + 1) + " of " +
                       std::to_string(state_->beats.size()) + " has not answered for " +
                       std::to_string(whole) + " s"};
  }
  return {};
}

}  // namespace coolkit::ops
