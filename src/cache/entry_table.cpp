#include "cache/entry_table.h"

#include <bit>

#include "base/check.h"

namespace coolkit::cache {
namespace {

// Gives back the table's reference.
void Release(const model::Entry* entry) {
  const model::EntryPtr last = model::EntryPtr::Adopt(entry);
}

}  // namespace

// What the queues ask of the table while they evict and move.
struct EntryTable::Owner {
  EntryTable& table;
  KeyIndex::Handle bit;  // kNegative or 0

  std::uint64_t Weight(std::uint64_t word) const { return WeightOf(*EntryOf(word)); }
  void Moved(std::uint64_t word, S3Fifo::Handle from, S3Fifo::Handle to) const {
    table.index_.Rename(EntryOf(word)->key_ref().hash, from | bit, to | bit);
  }
  std::uint32_t Evicted(std::uint64_t word, S3Fifo::Handle handle) const {
    const model::Entry* entry = EntryOf(word);
    const std::uint64_t hash = entry->key_ref().hash;
    table.index_.Erase(hash, handle | bit);
    if ((word & S3Fifo::kMark) != 0) table.proofs_.Remove(entry);
    table.entry_bytes_ -= entry->allocated_bytes();
    ++table.evictions_;
    Release(entry);
    return static_cast<std::uint32_t>(hash >> 32);
  }
};

const model::Entry* EntryTable::EntryOf(std::uint64_t word) {
  return std::bit_cast<const model::Entry*>(static_cast<std::uintptr_t>(word & S3Fifo::kPayload));
}

std::uint64_t EntryTable::WordOf(const model::Entry* entry) {
  const std::uint64_t word = std::bit_cast<std::uintptr_t>(entry);
  // User space has 47 bits on x86-64 and 48 on AArch64, unless asked for more.
  CHECK((word & ~S3Fifo::kPayload) == 0);
  return word;
}

EntryTable::EntryTable(Budget budget, Eviction eviction) : values_(eviction), negatives_(eviction) {
  SetBudget(budget);
}

EntryTable::~EntryTable() { Clear(); }

std::optional<EntryTable::Slot> EntryTable::Find(const model::KeyRef& key) const {
  const model::Entry* entry = nullptr;
  const auto handle = index_.Find(key.hash, [&](KeyIndex::Handle candidate) {
    entry = EntryAt(candidate);
    return entry->key() == key.key && entry->collection() == key.collection;
  });
  if (!handle) return std::nullopt;
  return Slot{*handle, entry};
}

S3Fifo* EntryTable::InTheWay(const model::EntryPtr& entry, const Slot* in_place, bool young) {
  S3Fifo& queue = entry->present() ? values_ : negatives_;
  if (in_place == nullptr && queue.full()) return &queue;
  if (!entry->present()) {
    // Endless absent keys evict each other, not values, once they fill their share.
    const std::uint64_t freed = in_place == nullptr ? 0 : WeightOf(*in_place->entry);
    if (queue.weight() + WeightOf(*entry) > budget_.negative_bytes_max + freed) return &queue;
  }
  std::uint64_t needed = bytes() + entry->allocated_bytes();
  if (young) needed += proofs_.put_bytes_max();
  if (in_place == nullptr) {
    needed += queue.insert_bytes_max() + index_.insert_bytes_max();
  } else {
    needed -= in_place->entry->allocated_bytes();
  }
  return Over(needed) ? &Fuller() : nullptr;
}

S3Fifo& EntryTable::Fuller() {
  const bool values = values_.size() > 0 && negatives_.weight() <= budget_.negative_bytes_max;
  return values || negatives_.size() == 0 ? values_ : negatives_;
}

bool EntryTable::Evict(S3Fifo& queue) {
  Owner owner{*this, &queue == &negatives_ ? kNegative : 0};
  return queue.EvictOne(owner);
}

bool EntryTable::Put(const model::KeyRef& key, const model::EntryPtr& entry,
                     const model::Proof* young) {
  std::optional<Slot> old = Find(key);
  if (old && old->entry->present() != entry->present()) {
    Drop(*old);  // it changes queues
    old.reset();
  }
  bool fits =
      WeightOf(*entry) <= (entry->present() ? budget_.bytes_max / 2 : budget_.negative_bytes_max);
  while (fits) {
    S3Fifo* queue = InTheWay(entry, old ? &*old : nullptr, young != nullptr);
    if (queue == nullptr) break;
    fits = Evict(*queue);
    if (!Over(bytes() + index_.shrink_bytes())) ShrinkTables();  // made for smaller entries
    if (old) old = Find(key);                                    // perhaps moved, perhaps evicted
  }
  if (!fits) {
    if (old) Drop(*old);
    return false;
  }
  if (old) {
    Replace(*old, entry);
  } else {
    Insert(key, entry);
  }
  if (young != nullptr) {
    const Slot slot = *Find(key);
    proofs_.Put(slot.entry, *young);
    QueueOf(slot.handle).SetMark(Bare(slot.handle), true);
  }
  return true;
}

void EntryTable::Insert(const model::KeyRef& key, const model::EntryPtr& entry) {
  S3Fifo& queue = entry->present() ? values_ : negatives_;
  Owner owner{*this, entry->present() ? 0 : kNegative};
  queue.CloseHoles(owner);
  const model::Entry* shared = model::EntryPtr(entry).Detach();
  entry_bytes_ += shared->allocated_bytes();
  const S3Fifo::Handle handle =
      queue.Insert(WordOf(shared), static_cast<std::uint32_t>(key.hash >> 32), WeightOf(*shared));
  index_.Insert(key.hash, handle | owner.bit, HashOf{*this});
}

void EntryTable::Replace(const Slot& slot, const model::EntryPtr& entry) {
  if (marked(slot)) proofs_.Remove(slot.entry);
  const model::Entry* shared = model::EntryPtr(entry).Detach();
  entry_bytes_ += shared->allocated_bytes();
  entry_bytes_ -= slot.entry->allocated_bytes();
  S3Fifo& queue = QueueOf(slot.handle);
  queue.Replace(Bare(slot.handle), WordOf(shared), WeightOf(*slot.entry), WeightOf(*shared));
  queue.SetMark(Bare(slot.handle), false);
  Release(slot.entry);
}

void EntryTable::Drop(const Slot& slot) {
  if (marked(slot)) proofs_.Remove(slot.entry);
  index_.Erase(slot.entry->key_ref().hash, slot.handle);
  entry_bytes_ -= slot.entry->allocated_bytes();
  QueueOf(slot.handle).Remove(Bare(slot.handle), WeightOf(*slot.entry));
  Release(slot.entry);
}

void EntryTable::SetProof(const model::KeyRef& key, const model::Proof& proof) {
  std::optional<Slot> slot = Find(key);
  while (slot && Over(bytes() + proofs_.put_bytes_max())) {
    Evict(Fuller());
    slot = Find(key);
  }
  if (!slot) return;
  proofs_.Put(slot->entry, proof);
  QueueOf(slot->handle).SetMark(Bare(slot->handle), true);
}

void EntryTable::Clear() {
  DropIf([](const Slot&) { return true; });
  index_.Clear();
  proofs_.Clear();
}

void EntryTable::SetBudget(Budget budget) {
  budget_ = budget;
  values_.SetCapacity(budget.bytes_max);
  negatives_.SetCapacity(budget.negative_bytes_max);
  while (negatives_.weight() > budget_.negative_bytes_max && Evict(negatives_)) {
  }
  while (Over(bytes())) {
    ShrinkTables();
    if (Over(bytes()) && !Evict(Fuller())) return;
  }
  ShrinkTables();
}

void EntryTable::ShrinkTables() {
  values_.ShrinkGhost();
  negatives_.ShrinkGhost();
  if (index_.sparse()) index_.Shrink(HashOf{*this});
}

EntryTable::Counts EntryTable::counts() const {
  Counts counts;
  counts.negative_entries = negatives_.size();
  counts.entries = values_.size() + counts.negative_entries;
  counts.negative_bytes = negatives_.weight();
  counts.young = proofs_.size();
  counts.evictions = evictions_;
  return counts;
}

}  // namespace coolkit::cache
