// Why: what all parts of one run share: a database with lives, two pods, a clock, and everything
// that is on its way, which arrives in any order.
// Not thread-safe.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "cache/admission.h"
#include "feed/applier.h"
#include "feed/state.h"
#include "support/currency/model_database.h"
#include "support/currency/rules.h"

namespace coolkit::support::currency {

constexpr std::size_t kKeys = 4;
constexpr std::size_t kPods = 2;

// The cache of a pod, whichever it is.
class PodCache {
 public:
  virtual ~PodCache() = default;
  [[nodiscard]] virtual std::optional<cache::Found> Find(const model::KeyRef& key,
                                                         const model::Incarnation& life) = 0;
  [[nodiscard]] virtual std::optional<cache::Found> Peek(const model::KeyRef& key) const = 0;
  virtual void Admit(const model::EntryPtr& entry, const model::Proof& proof,
                     const model::Incarnation& life) = 0;
  virtual void Apply(const model::ChangeSet& changes, model::Position cur) = 0;
  virtual void ApplyGap(model::Position prev, model::Position applied) = 0;
  virtual void Reset(const model::Incarnation& life, model::Position floor) = 0;
  virtual void Settle(model::Position applied, BootTime horizon) = 0;
  virtual void Erase(const model::KeyRef& key, model::Version version) = 0;
};

// A cache that has these members, behind the interface.
template <class Cache>
class PodCacheOver final : public PodCache {
 public:
  template <class... Arguments>
  explicit PodCacheOver(Arguments&&... arguments) : cache_(std::forward<Arguments>(arguments)...) {}

  std::optional<cache::Found> Find(const model::KeyRef& key,
                                   const model::Incarnation& life) override {
    return cache_.Find(key, life);
  }
  std::optional<cache::Found> Peek(const model::KeyRef& key) const override {
    return cache_.Peek(key);
  }
  void Admit(const model::EntryPtr& entry, const model::Proof& proof,
             const model::Incarnation& life) override {
    cache_.Admit(entry, proof, life);
  }
  void Apply(const model::ChangeSet& changes, model::Position cur) override {
    cache_.Apply(changes, cur);
  }
  void ApplyGap(model::Position prev, model::Position applied) override {
    cache_.ApplyGap(prev, applied);
  }
  void Reset(const model::Incarnation& life, model::Position floor) override {
    cache_.Reset(life, floor);
  }
  void Settle(model::Position applied, BootTime horizon) override {
    cache_.Settle(applied, horizon);
  }
  void Erase(const model::KeyRef& key, model::Version version) override {
    cache_.Erase(key, version);
  }

 private:
  Cache cache_;
};

struct Pod {
  explicit Pod(std::unique_ptr<PodCache> made) : cache(std::move(made)) {}
  std::unique_ptr<PodCache> cache;
  feed::State state;
  feed::Applier<PodCache> applier{*cache, state};
};

// What happened, so that a test can tell that its runs were no empty ones.
struct Tally {
  std::uint64_t hits = 0;
  std::uint64_t settled_hits = 0;  // of entries whose proof had been forgotten
  std::uint64_t refused = 0;       // found, but not provable
  std::uint64_t gaps = 0;
  std::uint64_t lives = 0;
};

class World {
 public:
  using MakeCache = std::function<std::unique_ptr<PodCache>()>;
  using Event = std::function<void()>;

  World(std::uint64_t seed, const Rules& broken, const MakeCache& make)
      : rules(broken),
        random(seed),
        bound(milliseconds(OneIn(2) ? 5 + random.Below(30) : 20 + random.Below(150))),
        keys(OneIn(2) ? 1 : 1 + random.Below(kKeys)),
        in_order_percent(random.Below(100)),
        frames_lost_percent{random.Below(80), random.Below(30)},
        tailers(1 + random.Below(2)),
        stall_percent(OneIn(2) ? 0 : random.Below(95)),
        database(kKeys) {
    for (auto& pod : pods) pod = std::make_unique<Pod>(make());
  }

  // Happens at some later step, or never.
  void Later(Event event) { pending_.push_back(std::move(event)); }
  [[nodiscard]] bool idle() const { return pending_.empty(); }
  void Deliver() {
    const bool oldest = random.Below(100) < in_order_percent;
    const auto at = static_cast<std::ptrdiff_t>(oldest ? 0 : random.Below(pending_.size()));
    const Event event = std::move(pending_[static_cast<std::size_t>(at)]);
    pending_.erase(pending_.begin() + at);
    event();
  }

  [[nodiscard]] std::size_t AnyKey() { return random.Below(keys); }
  [[nodiscard]] Pod& AnyPod() { return *pods[random.Below(kPods)]; }
  [[nodiscard]] bool OneIn(std::uint64_t n) { return random.Below(n) == 0; }
  void Violated(const std::string& what) {
    if (!violation) violation = what;
  }

  const Rules& rules;
  SeededRandom random;
  // The temper of this run.
  const nanoseconds bound;               // B
  const std::size_t keys;                // of kKeys, those that are used
  const std::uint64_t in_order_percent;  // of what is on its way: how much keeps its order
  const std::array<std::uint64_t, kPods> frames_lost_percent;
  const std::size_t tailers;          // that work
  const std::uint64_t stall_percent;  // how slow they are
  ModelDatabase database;
  std::array<std::unique_ptr<Pod>, kPods> pods;
  BootTime now{seconds(1)};
  std::optional<std::string> violation;  // the first
  Tally tally;

 private:
  std::vector<Event> pending_;
};

}  // namespace coolkit::support::currency
