// Why: the protocol's side of the cache for the keys of some slots: the one door (R5), floor and
// last-change table (R4, R5), incarnation (R12), young proofs (R6, R7). Everything that R5 compares
// is the shard's own and under one lock, so a gap or a reset happens to an entry on its way in
// either before the door or behind it.
// Not thread-safe: Cache locks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cache/admission.h"
#include "cache/entry_table.h"
#include "model/change.h"
#include "model/incarnation.h"

namespace coolkit::cache {

class Shard {
 public:
  struct Counts {
    EntryTable::Counts table;
    std::uint64_t bytes = 0;
    std::uint64_t invalidations = 0;
    std::uint64_t admissions = 0;
    std::uint64_t refusals = 0;
    std::uint64_t too_large = 0;
  };

  struct Options {
    std::size_t shards = 1;  // a power of two: a shard's keys' hashes are equal modulo it
    std::uint64_t bytes_max = 0;
    double negative_share = 0;
    std::size_t last_change_positions = 0;  // of all shards (R5), a power of two
    Eviction eviction = Eviction::kS3Fifo;
  };
  explicit Shard(const Options& options);

  // Nothing if the shard is of another life than `life` (null: any). `touch`: counts as a hit.
  [[nodiscard]] std::optional<Found> Find(const model::KeyRef& key, const model::Incarnation* life,
                                          bool touch);

  Admitted Admit(const model::KeyRef& key, const model::EntryPtr& entry, const model::Proof& proof,
                 const model::Incarnation& incarnation);

  // R3: the key changed in a frame up to `cur`; `version` is what it changed to.
  void Change(const model::KeyRef& key, model::Version version, model::Position cur);
  // The frame says only that something of these collections changed up to `cur`.
  void ChangeCollections(const std::vector<std::string>& collections, model::Position cur);
  // R4: nobody knows what changed up to `position`; `applied` is how far the shard knew.
  void Flush(model::Position position, model::Position applied);
  void Reset(const model::Incarnation& incarnation, model::Position floor);
  [[nodiscard]] const model::Incarnation& incarnation() const { return incarnation_; }
  void Settle(model::Position applied, BootTime horizon);
  void Erase(const model::KeyRef& key, model::Version version);

  // `visit(entry, heat)` for each entry.
  template <class Visit>
  void ForEachByHeat(Visit visit) {
    table_.ForEachByHeat(visit);
  }

  void SetBytesMax(std::uint64_t bytes_max);
  [[nodiscard]] std::uint64_t bytes() const { return fixed_bytes() + table_.bytes(); }
  [[nodiscard]] bool half_empty() const { return table_.half_empty(); }
  [[nodiscard]] std::size_t young() const { return table_.counts().young; }
  [[nodiscard]] Counts counts() const;

 private:
  [[nodiscard]] std::uint64_t fixed_bytes() const;
  [[nodiscard]] EntryTable::Budget BudgetOf(std::uint64_t bytes_max) const;
  // The shard's keys share the low bits of the hash; the table goes by the next ones.
  [[nodiscard]] model::Position& LastChange(std::uint64_t hash) {
    return last_change_[(hash >> shard_bits_) & (last_change_.size() - 1)];
  }
  // Drops what is cached for `key` if it is older than `version`.
  void DropOlderThan(const model::KeyRef& key, model::Version version);
  Admitted PassDoor(const model::KeyRef& key, const model::EntryPtr& entry,
                    const model::Proof& proof, const model::Incarnation& incarnation);
  Admitted Store(const model::KeyRef& key, const model::EntryPtr& entry, const model::Proof& proof);
  // The entry's proof as far as it is known.
  [[nodiscard]] model::Proof ProofOf(const EntryTable::Slot& slot) const;
  // The feed has passed all of it: nothing of it needs to be kept.
  [[nodiscard]] bool Overtaken(const model::Proof& proof) const;

  double negative_share_;
  int shard_bits_;
  std::vector<model::Position> last_change_;
  EntryTable table_;
  model::Incarnation incarnation_;
  model::Position floor_ = model::kNoPosition;
  // How far the feed had come when proofs were last forgotten.
  model::Position settled_ = model::kNoPosition;
  BootTime settled_horizon_ = kMinusInfinity;
  Counts counts_;
};

}  // namespace coolkit::cache
