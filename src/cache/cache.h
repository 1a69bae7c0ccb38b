// Why: the pod's memory: entries by key, sharded by slot, evicted by their real bytes, with the one
// door of R5. Knows no HTTP, SQL or ring; applies changes that it is given.
//
// Thread safety: every call from any thread; Apply, ApplyGap, Reset and Settle come from one
// applier. Lock order: one shard lock at a time, nothing under it. Find takes the shard lock only
// as long as it takes to copy a pointer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "cache/admission.h"
#include "cache/eviction.h"
#include "model/change.h"
#include "model/entry.h"
#include "model/incarnation.h"
#include "model/proof.h"

namespace coolkit::cache {

struct CacheOptions {
  std::uint64_t bytes_max = 256u << 20;  // real bytes: entries, index, ghosts, proofs
  // At most, a power of two that divides kSlotCount; fewer as long as a shard would have less than
  // 16 MiB, so that a value of 1 MiB has room to live in one.
  std::size_t shards = 1024;
  double negative_share = 0.1;  // of bytes_max, for absent keys
  // Of all shards' last-change tables together (R5), 8 bytes each; a power of two, at least the
  // number of shards. Fewer refuse more loads that they need not.
  std::size_t last_change_positions = 65'536;
  Eviction eviction = Eviction::kS3Fifo;
};

struct CacheStats {
  std::uint64_t bytes = 0;  // all overhead counted
  std::uint64_t bytes_max = 0;
  std::uint64_t shards = 0;
  std::uint64_t entries = 0;        // absences too
  std::uint64_t young_entries = 0;  // with a proof of their own
  std::uint64_t negative_entries = 0;
  std::uint64_t negative_bytes = 0;
  std::uint64_t evictions = 0;      // for room, since the start
  std::uint64_t invalidations = 0;  // dropped by changes
  std::uint64_t admissions = 0;
  std::uint64_t refusals = 0;   // by R4, R5, R12
  std::uint64_t too_large = 0;  // kTooLarge
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
  // As Find, without counting (outage answers, peers' look-ups, tests).
  [[nodiscard]] std::optional<Found> Peek(const model::KeyRef& key,
                                          const model::Incarnation& incarnation) const;
  [[nodiscard]] std::optional<Found> Peek(const model::KeyRef& key) const;

  // R5, the only door: checked under the shard lock that Apply takes.
  Admitted Admit(const model::EntryPtr& entry, const model::Proof& proof,
                 const model::Incarnation& incarnation);
  // The same for what is nice to have: only while less than half of the shard is used.
  Admitted AdmitIfRoom(const model::EntryPtr& entry, const model::Proof& proof,
                       const model::Incarnation& incarnation);

  // The body of a frame (R3): per shard, under its lock, last_change rises to `cur` for each key
  // and older cached versions are dropped; for collections and `everything` the floor rises to
  // `cur`. When it returns, every shard has it: only then may the caller publish `cur`.
  void Apply(const model::ChangeSet& changes, model::Position cur);

  // R4, a gap: per shard, under its lock, the floor rises to `prev` and entries with
  // max(as_of, applied) < prev are dropped.
  void ApplyGap(model::Position prev, model::Position applied);

  // R12: drops everything, clears last_change, floor = position. Before the first one, only
  // entries of the default incarnation are admitted.
  void Reset(const model::Incarnation& incarnation, model::Position floor);

  // R12, told by an own statement: as Reset, for the shards that are of an older life. From any
  // thread; the applier still resets when it comes to this life.
  void LeaveOlderLife(const model::Incarnation& incarnation, model::Position floor);

  // The applied position and the horizon have come this far (every shard has applied it): proofs
  // at or below need no room.
  void Settle(model::Position applied, BootTime horizon);

  // Removes one key if its version is at most `version` (an expired entry that the database
  // confirmed gone, tests).
  void Erase(const model::KeyRef& key, model::Version version);

  // For a hand-off: the entries of the slots that `wanted` names, the most used first. Locks one
  // shard after the other; the entries may be gone or replaced by the time they are used.
  [[nodiscard]] std::vector<model::EntryPtr> Hottest(
      const std::function<bool(std::uint32_t slot)>& wanted) const;

  // Shrinks at once. The number of shards stays.
  void SetBytesMax(std::uint64_t bytes_max);
  [[nodiscard]] CacheStats Stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace coolkit::cache
