// Why: the pod's memory: entries by key, sharded by slot, evicted by S3-FIFO by real bytes, with
// the one door of R5. Knows no HTTP, SQL or ring; applies changes that it is given.
//
// Thread safety: every call from any thread. Lock order: one shard lock at a time, nothing under
// it. Find takes the shard lock only as long as it takes to copy a pointer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "model/change.h"
#include "model/entry.h"
#include "model/incarnation.h"
#include "model/proof.h"

namespace coolkit::cache {

struct CacheOptions {
  std::uint64_t bytes_max = 256u << 20;  // real bytes: entries, index, ghosts, proofs
  std::size_t shards = 64;               // a power of two that divides kSlotCount
  double negative_share = 0.1;           // of bytes_max, for absent keys
};

// What a look-up finds. Parts of the proof that time has overtaken are not kept: as_of is
// kNoPosition once the applied position has passed it (the sample's A stands for it), fresh.at is
// minus infinity once the horizon has; `seen` is then overstated by the applied position that
// overtook it, so it is always there and never too low for a token (R10).
struct Found {
  model::EntryPtr entry;
  model::Proof proof;
};

enum class Admitted : std::uint8_t {
  kStored,
  kMerged,          // same version was there: the better of both proofs was kept
  kOldIncarnation,  // R12
  kBelowFloor,      // R4, R5
  kChangedSince,    // R5: last_change[h(key)] > as_of
  kNewerPresent,    // a higher version is cached
  kTooLarge,        // would not fit a shard
};

struct CacheStats {
  std::uint64_t bytes = 0;  // all overhead counted
  std::uint64_t bytes_max = 0;
  std::uint64_t entries = 0;
  std::uint64_t negative_entries = 0;
  std::uint64_t negative_bytes = 0;
  std::uint64_t evictions = 0;      // for room, since the start
  std::uint64_t invalidations = 0;  // dropped by changes
  std::uint64_t admissions = 0;
  std::uint64_t refusals = 0;  // by R4, R5, R12
};

class Cache {
 public:
  explicit Cache(CacheOptions options);
  ~Cache();

  // Counts as an access for eviction. Nothing if the shard is of another life than `incarnation`,
  // the one that the reader sampled (R8: e.I == I).
  [[nodiscard]] std::optional<Found> Find(const model::KeyRef& key,
                                          const model::Incarnation& incarnation);
  // As above, whatever the incarnation: for callers that compare no positions.
  [[nodiscard]] std::optional<Found> Find(const model::KeyRef& key);
  // As Find, without counting (peers' look-ups, tests).
  [[nodiscard]] std::optional<Found> Peek(const model::KeyRef& key) const;

  // R5, the only door: checked under the shard lock that Apply takes.
  Admitted Admit(const model::EntryPtr& entry, const model::Proof& proof,
                 const model::Incarnation& incarnation);

  // The body of a frame (R3): per shard, under its lock, last_change rises to `cur` for each key
  // and older cached versions are dropped; collections and `everything` likewise (floor = cur
  // first). When it returns, every shard has it: only then may the caller publish `cur`.
  void Apply(const model::ChangeSet& changes, model::Position cur);

  // R4, a gap: floor = prev first, then entries with max(as_of, applied) < prev are dropped.
  void ApplyGap(model::Position prev, model::Position applied);

  // R12: drops everything, clears last_change, floor = position.
  void Reset(const model::Incarnation& incarnation, model::Position floor);

  // The applied position and the horizon have come this far: proofs at or below need no room.
  void Settle(model::Position applied, BootTime horizon);

  // Removes one key if its version is at most `version` (an expired entry that the database
  // confirmed gone, tests).
  void Erase(const model::KeyRef& key, model::Version version);

  void SetBytesMax(std::uint64_t bytes_max);
  [[nodiscard]] CacheStats Stats() const;

 private:
  class Shard;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace coolkit::cache
