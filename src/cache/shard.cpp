#include "cache/shard.h"

#include <algorithm>
#include <bit>

#include "base/rules.h"

namespace coolkit::cache {

Shard::Shard(const Options& options)
    : negative_share_(options.negative_share),
      shard_bits_(std::countr_zero(options.shards)),
      last_change_(std::max<std::size_t>(options.last_change_positions / options.shards, 1),
                   model::kNoPosition),
      table_(BudgetOf(options.bytes_max), options.eviction) {}

std::uint64_t Shard::fixed_bytes() const {
  return HeapBytes(sizeof(Shard)) + HeapBytes(last_change_.size() * sizeof(last_change_[0]));
}

EntryTable::Budget Shard::BudgetOf(std::uint64_t bytes_max) const {
  EntryTable::Budget budget;
  budget.bytes_max = bytes_max - std::min(bytes_max, fixed_bytes());
  budget.negative_bytes_max =
      static_cast<std::uint64_t>(static_cast<double>(budget.bytes_max) * negative_share_);
  return budget;
}

void Shard::SetBytesMax(std::uint64_t bytes_max) { table_.SetBudget(BudgetOf(bytes_max)); }

model::Proof Shard::ProofOf(const EntryTable::Slot& slot) const {
  const model::Proof* young = table_.ProofOf(slot);
  if (young != nullptr) return *young;
  // The entry is here, so it is current as of what is applied (R1); that overstates `seen`.
  return {model::kNoPosition, settled_, {}};
}

bool Shard::Overtaken(const model::Proof& proof) const {
  return std::max(proof.as_of, proof.seen) <= settled_ && proof.fresh.at <= settled_horizon_;
}

std::optional<Found> Shard::Find(const model::KeyRef& key, const model::Incarnation* life,
                                 bool touch) {
  if (Kept(Rule::kR8SameLife) && life != nullptr && !(*life == incarnation_)) return std::nullopt;
  const auto slot = table_.Find(key);
  if (!slot) return std::nullopt;
  if (touch) table_.Touch(*slot);
  return Found{model::EntryPtr::Share(slot->entry), ProofOf(*slot)};
}

Admitted Shard::Admit(const model::KeyRef& key, const model::EntryPtr& entry,
                      const model::Proof& proof, const model::Incarnation& incarnation) {
  const Admitted admitted = PassDoor(key, entry, proof, incarnation);
  switch (admitted) {
    case Admitted::kStored:
    case Admitted::kMerged:
      ++counts_.admissions;
      break;
    case Admitted::kTooLarge:
      ++counts_.too_large;
      break;
    default:
      ++counts_.refusals;
  }
  const bool refused = admitted == Admitted::kBelowFloor || admitted == Admitted::kChangedSince;
  if (refused) DropOlderThan(key, entry->version());
  return admitted;
}

// What is refused may still be newer than what is here, such as an acknowledged write during which
// the change before it was applied: then a read had better ask the database.
void Shard::DropOlderThan(const model::KeyRef& key, model::Version version) {
  const auto cached = table_.Find(key);
  if (!cached || cached->entry->version() >= version) return;
  table_.Drop(*cached);
  ++counts_.invalidations;
}

// R5, the only door.
Admitted Shard::PassDoor(const model::KeyRef& key, const model::EntryPtr& entry,
                         const model::Proof& proof, const model::Incarnation& incarnation) {
  if (Kept(Rule::kR12AdmitLife) && !(incarnation == incarnation_)) {
    return Admitted::kOldIncarnation;
  }
  if (Kept(Rule::kR4Floor) && proof.as_of < floor_) return Admitted::kBelowFloor;
  if (Kept(Rule::kR5LastChange) && LastChange(key.hash) > proof.as_of) {
    return Admitted::kChangedSince;
  }
  const auto cached = table_.Find(key);
  if (cached && cached->entry->version() > entry->version()) return Admitted::kNewerPresent;
  if (cached && cached->entry->version() == entry->version()) {
    const model::Proof best = BestOf(ProofOf(*cached), proof);
    // A version that the database found expired since is the one exception to "the same": it
    // has become an absence.
    if (cached->entry->present() && !entry->present()) return Store(key, entry, best);
    if (!Overtaken(best)) table_.SetProof(key, best);
    return Admitted::kMerged;
  }
  return Store(key, entry, proof);
}

Admitted Shard::Store(const model::KeyRef& key, const model::EntryPtr& entry,
                      const model::Proof& proof) {
  const bool fits = table_.Put(key, entry, Overtaken(proof) ? nullptr : &proof);
  return fits ? Admitted::kStored : Admitted::kTooLarge;
}

void Shard::Change(const model::KeyRef& key, model::Version version, model::Position cur) {
  // R5: also where nothing is cached, since a load of what was before may be on its way.
  model::Position& last_change = LastChange(key.hash);
  last_change = std::max(last_change, cur);
  if (Kept(Rule::kR3DropOlder)) DropOlderThan(key, version);
}

void Shard::ChangeCollections(const std::vector<std::string>& collections, model::Position cur) {
  floor_ = std::max(floor_, cur);  // R4: whatever is on its way, of other collections too
  counts_.invalidations += table_.DropIf([&](const EntryTable::Slot& slot) {
    return ProofOf(slot).as_of < cur && std::find(collections.begin(), collections.end(),
                                                  slot.entry->collection()) != collections.end();
  });
}

void Shard::Flush(model::Position position, model::Position applied) {
  floor_ = std::max(floor_, position);
  if (!Kept(Rule::kR4GapDrops)) return;
  counts_.invalidations += table_.DropIf([&](const EntryTable::Slot& slot) {
    return std::max(ProofOf(slot).as_of, applied) < position;
  });
}

void Shard::Reset(const model::Incarnation& incarnation, model::Position floor) {
  counts_.invalidations += table_.counts().entries;
  if (Kept(Rule::kR12ResetDrops)) table_.Clear();
  std::fill(last_change_.begin(), last_change_.end(), model::kNoPosition);
  incarnation_ = incarnation;
  floor_ = floor;
  settled_ = model::kNoPosition;
  settled_horizon_ = kMinusInfinity;
}

void Shard::Settle(model::Position applied, BootTime horizon) {
  // `settled_` stands for the `seen` of all that is forgotten, so it moves only with that.
  if (!table_.Settle(applied, horizon)) return;
  settled_ = std::max(settled_, applied);
  settled_horizon_ = std::max(settled_horizon_, horizon);
}

void Shard::Erase(const model::KeyRef& key, model::Version version) {
  const auto cached = table_.Find(key);
  if (cached && cached->entry->version() <= version) table_.Drop(*cached);
}

Shard::Counts Shard::counts() const {
  Counts counts = counts_;
  counts.table = table_.counts();
  counts.bytes = bytes();
  return counts;
}

}  // namespace coolkit::cache
