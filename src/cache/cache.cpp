#include "cache/cache.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <iterator>
#include <vector>

#include "base/check.h"
#include "base/mutex.h"
#include "cache/shard.h"

namespace coolkit::cache {
namespace {

constexpr std::uint64_t kShardBytesMin = 16u << 20;
constexpr std::size_t kHeats = 8;  // S3Fifo::Heat

struct alignas(64) LockedShard {
  explicit LockedShard(const Shard::Options& options) : shard(options) {}

  Mutex mutex;
  // A copy for Settle, which need not lock where it is 0.
  std::atomic<std::size_t> young{0};
  Shard shard GUARDED_BY(mutex);
};

std::size_t ShardCount(const CacheOptions& options) {
  CHECK(std::has_single_bit(options.shards) && options.shards <= model::kSlotCount);
  const std::uint64_t affordable = std::max<std::uint64_t>(options.bytes_max / kShardBytesMin, 1);
  return std::min<std::uint64_t>(options.shards, std::bit_floor(affordable));
}

}  // namespace

struct Cache::State {
  std::atomic<std::uint64_t> bytes_max;
  std::vector<std::unique_ptr<LockedShard>> shards;

  LockedShard& ShardOf(std::uint64_t hash) {
    return *shards[model::SlotOf(hash) & (shards.size() - 1)];
  }
  template <class Visit>
  void ForEachShard(Visit visit) {
    for (const auto& locked : shards) {
      MutexLock lock(locked->mutex);
      visit(locked->shard);
      locked->young.store(locked->shard.young(), std::memory_order_relaxed);
    }
  }
  std::optional<Found> Find(const model::KeyRef& key, const model::Incarnation* life, bool touch) {
    LockedShard& locked = ShardOf(key.hash);
    MutexLock lock(locked.mutex);
    return locked.shard.Find(key, life, touch);
  }
};

Cache::Cache(CacheOptions options) : state_(std::make_unique<State>()) {
  const std::size_t count = ShardCount(options);
  state_->bytes_max = options.bytes_max;
  const Shard::Options shard{count, options.bytes_max / count, options.negative_share,
                             options.last_change_positions, options.eviction};
  for (std::size_t i = 0; i < count; ++i) {
    state_->shards.push_back(std::make_unique<LockedShard>(shard));
  }
}

Cache::~Cache() = default;

std::optional<Found> Cache::Find(const model::KeyRef& key, const model::Incarnation& incarnation) {
  return state_->Find(key, &incarnation, true);
}

std::optional<Found> Cache::Find(const model::KeyRef& key) {
  return state_->Find(key, nullptr, true);
}

std::optional<Found> Cache::Peek(const model::KeyRef& key,
                                 const model::Incarnation& incarnation) const {
  return state_->Find(key, &incarnation, false);
}

std::optional<Found> Cache::Peek(const model::KeyRef& key) const {
  return state_->Find(key, nullptr, false);
}

Admitted Cache::Admit(const model::EntryPtr& entry, const model::Proof& proof,
                      const model::Incarnation& incarnation) {
  const model::KeyRef key = entry->key_ref();
  LockedShard& locked = state_->ShardOf(key.hash);
  MutexLock lock(locked.mutex);
  const Admitted admitted = locked.shard.Admit(key, entry, proof, incarnation);
  locked.young.store(locked.shard.young(), std::memory_order_relaxed);
  return admitted;
}

Admitted Cache::AdmitIfRoom(const model::EntryPtr& entry, const model::Proof& proof,
                            const model::Incarnation& incarnation) {
  const model::KeyRef key = entry->key_ref();
  LockedShard& locked = state_->ShardOf(key.hash);
  MutexLock lock(locked.mutex);
  if (!locked.shard.half_empty()) return Admitted::kNoRoom;
  const Admitted admitted = locked.shard.Admit(key, entry, proof, incarnation);
  locked.young.store(locked.shard.young(), std::memory_order_relaxed);
  return admitted;
}

void Cache::Apply(const model::ChangeSet& changes, model::Position cur) {
  if (changes.everything) {
    state_->ForEachShard([&](Shard& shard) { shard.Flush(cur, model::kNoPosition); });
  } else if (!changes.collections.empty()) {
    state_->ForEachShard([&](Shard& shard) { shard.ChangeCollections(changes.collections, cur); });
  }
  // Each shard is locked once: sort the changes by shard.
  std::vector<const model::Change*> sorted;
  sorted.reserve(changes.keys.size());
  for (const model::Change& change : changes.keys) sorted.push_back(&change);
  const auto shard_of = [&](const model::Change* change) {
    return &state_->ShardOf(change->key.hash);
  };
  std::sort(sorted.begin(), sorted.end(), [&](const model::Change* a, const model::Change* b) {
    return std::less<>()(shard_of(a), shard_of(b));
  });
  for (std::size_t i = 0; i < sorted.size();) {
    LockedShard* locked = shard_of(sorted[i]);
    MutexLock lock(locked->mutex);
    for (; i < sorted.size() && shard_of(sorted[i]) == locked; ++i) {
      locked->shard.Change(sorted[i]->key.ref(), sorted[i]->version, cur);
    }
    locked->young.store(locked->shard.young(), std::memory_order_relaxed);
  }
}

void Cache::ApplyGap(model::Position prev, model::Position applied) {
  state_->ForEachShard([&](Shard& shard) { shard.Flush(prev, applied); });
}

void Cache::Reset(const model::Incarnation& incarnation, model::Position floor) {
  state_->ForEachShard([&](Shard& shard) { shard.Reset(incarnation, floor); });
}

void Cache::LeaveOlderLife(const model::Incarnation& incarnation, model::Position floor) {
  state_->ForEachShard([&](Shard& shard) {
    // A TRUNCATE raises the base within one life.
    const bool same_life = shard.incarnation() == incarnation;
    if (!same_life && shard.incarnation().base < incarnation.base) {
      shard.Reset(incarnation, floor);
    }
  });
}

void Cache::Settle(model::Position applied, BootTime horizon) {
  for (const auto& locked : state_->shards) {
    if (locked->young.load(std::memory_order_relaxed) == 0) continue;
    MutexLock lock(locked->mutex);
    locked->shard.Settle(applied, horizon);
    locked->young.store(locked->shard.young(), std::memory_order_relaxed);
  }
}

void Cache::Erase(const model::KeyRef& key, model::Version version) {
  LockedShard& locked = state_->ShardOf(key.hash);
  MutexLock lock(locked.mutex);
  locked.shard.Erase(key, version);
}

std::vector<model::EntryPtr> Cache::Hottest(
    const std::function<bool(std::uint32_t slot)>& wanted) const {
  std::array<std::vector<model::EntryPtr>, kHeats> by_heat;
  state_->ForEachShard([&](Shard& shard) {
    shard.ForEachByHeat([&](const model::Entry* entry, int heat) {
      if (!wanted(model::SlotOf(entry->key_ref().hash))) return;
      by_heat[static_cast<std::size_t>(heat)].push_back(model::EntryPtr::Share(entry));
    });
  });
  std::vector<model::EntryPtr> entries = std::move(by_heat.back());
  for (std::size_t heat = kHeats - 1; heat-- > 0;) {
    std::move(by_heat[heat].begin(), by_heat[heat].end(), std::back_inserter(entries));
  }
  return entries;
}

void Cache::SetBytesMax(std::uint64_t bytes_max) {
  state_->bytes_max = bytes_max;
  const std::uint64_t share = bytes_max / state_->shards.size();
  state_->ForEachShard([&](Shard& shard) { shard.SetBytesMax(share); });
}

CacheStats Cache::Stats() const {
  CacheStats stats;
  stats.bytes_max = state_->bytes_max;
  stats.shards = state_->shards.size();
  state_->ForEachShard([&](const Shard& shard) {
    const Shard::Counts counts = shard.counts();
    stats.bytes += counts.bytes;
    stats.entries += counts.table.entries;
    stats.young_entries += counts.table.young;
    stats.negative_entries += counts.table.negative_entries;
    stats.negative_bytes += counts.table.negative_bytes;
    stats.evictions += counts.table.evictions;
    stats.invalidations += counts.invalidations;
    stats.admissions += counts.admissions;
    stats.refusals += counts.refusals;
    stats.too_large += counts.too_large;
  });
  return stats;
}

}  // namespace coolkit::cache
