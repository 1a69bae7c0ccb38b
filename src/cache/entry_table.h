// Why: the memory of one shard: entries by key, two eviction queues (values; absences, which evict
// among themselves), the young proofs, and the budget that all of it together never passes. Knows
// nothing of floors, changes and incarnations: that is Shard's part.
// Not thread-safe: its owner locks.
#pragma once

#include <cstdint>
#include <optional>

#include "cache/key_index.h"
#include "cache/proof_table.h"
#include "cache/s3fifo.h"
#include "model/entry.h"
#include "model/key.h"
#include "model/proof.h"

namespace coolkit::cache {

class EntryTable {
 public:
  // Heap bytes for everything here, and the part of it that absences may take at most.
  struct Budget {
    std::uint64_t bytes_max = 0;
    std::uint64_t negative_bytes_max = 0;
  };
  // Where an entry is; good until the next call that is not const.
  struct Slot {
    KeyIndex::Handle handle = 0;
    const model::Entry* entry = nullptr;
  };
  struct Counts {
    std::uint64_t entries = 0;
    std::uint64_t negative_entries = 0;
    std::uint64_t negative_bytes = 0;
    std::uint64_t young = 0;      // entries with a proof of their own
    std::uint64_t evictions = 0;  // for room
  };

  explicit EntryTable(Budget budget, Eviction eviction = Eviction::kS3Fifo);
  ~EntryTable();
  EntryTable(const EntryTable&) = delete;
  EntryTable& operator=(const EntryTable&) = delete;

  [[nodiscard]] std::optional<Slot> Find(const model::KeyRef& key) const;
  // A hit, for eviction.
  void Touch(const Slot& slot) { QueueOf(slot.handle).Touch(Bare(slot.handle)); }

  // Stores an entry, in place of the key's present one if there is one. `young`: its proof needs
  // room of its own. False: it does not fit; the key has no entry then.
  [[nodiscard]] bool Put(const model::KeyRef& key, const model::EntryPtr& entry,
                         const model::Proof* young);
  void Drop(const Slot& slot);

  // The entry's own proof; null when time has overtaken it.
  [[nodiscard]] const model::Proof* ProofOf(const Slot& slot) const {
    return marked(slot) ? proofs_.Find(slot.entry) : nullptr;
  }
  // Gives the key's entry a proof of its own. It may be evicted for the room.
  void SetProof(const model::KeyRef& key, const model::Proof& proof);
  bool Settle(model::Position applied, BootTime horizon) {
    return proofs_.Settle(applied, horizon);
  }

  // Drops every entry for which `unwanted(slot)`; returns how many.
  template <class Unwanted>
  std::uint64_t DropIf(Unwanted unwanted) {
    std::uint64_t dropped = 0;
    for (const bool negative : {false, true}) {
      (negative ? negatives_ : values_).ForEach([&](std::uint64_t word, S3Fifo::Handle at) {
        const Slot slot{at | (negative ? kNegative : 0), EntryOf(word)};
        if (!unwanted(slot)) return;
        Drop(slot);
        ++dropped;
      });
    }
    return dropped;
  }
  // `visit(entry, heat)` for each entry; heat as S3Fifo::Heat.
  template <class Visit>
  void ForEachByHeat(Visit visit) {
    for (const bool negative : {false, true}) {
      (negative ? negatives_ : values_).ForEach([&](std::uint64_t word, S3Fifo::Handle at) {
        visit(EntryOf(word), S3Fifo::Heat(word, at));
      });
    }
  }
  void Clear();

  void SetBudget(Budget budget);
  // Less than half of the budget is used.
  [[nodiscard]] bool half_empty() const { return bytes() < budget_.bytes_max / 2; }
  // Heap bytes held.
  [[nodiscard]] std::uint64_t bytes() const {
    return entry_bytes_ + index_.bytes() + values_.bytes() + negatives_.bytes() + proofs_.bytes();
  }
  [[nodiscard]] Counts counts() const;

 private:
  struct Owner;

  static constexpr KeyIndex::Handle kNegative = 1u << S3Fifo::kHandleBits;
  // What an entry costs beside its own block, for the weights of eviction: queue and index.
  static constexpr std::uint64_t kSlotBytes = 16;
  static_assert(S3Fifo::kHandleBits + 1 == KeyIndex::kHandleBits);

  static bool IsNegative(KeyIndex::Handle handle) { return (handle & kNegative) != 0; }
  static S3Fifo::Handle Bare(KeyIndex::Handle handle) { return handle & ~kNegative; }
  S3Fifo& QueueOf(KeyIndex::Handle handle) { return IsNegative(handle) ? negatives_ : values_; }
  [[nodiscard]] const S3Fifo& QueueOf(KeyIndex::Handle handle) const {
    return IsNegative(handle) ? negatives_ : values_;
  }
  static const model::Entry* EntryOf(std::uint64_t word);
  static std::uint64_t WordOf(const model::Entry* entry);
  static std::uint64_t WeightOf(const model::Entry& entry) {
    return entry.allocated_bytes() + kSlotBytes;
  }
  [[nodiscard]] const model::Entry* EntryAt(KeyIndex::Handle handle) const {
    return EntryOf(QueueOf(handle).Word(Bare(handle)));
  }
  // A mark says that there may be a proof; Settle leaves marks behind.
  [[nodiscard]] bool marked(const Slot& slot) const {
    return (QueueOf(slot.handle).Word(Bare(slot.handle)) & S3Fifo::kMark) != 0;
  }
  // The hash of the key at a handle, which the index asks for when it grows. Entries are far apart
  // in memory, so a whole bucket of them is fetched at once.
  struct HashOf {
    const EntryTable& table;
    std::uint64_t operator()(KeyIndex::Handle handle) const {
      return table.EntryAt(handle)->key_ref().hash;
    }
    void Prefetch(KeyIndex::Handle handle) const {
      const auto* entry = reinterpret_cast<const char*>(table.EntryAt(handle));
      __builtin_prefetch(entry);
      __builtin_prefetch(entry + 48);  // the key's end
    }
  };

  // More than `bytes` on the heap would pass the budget, with what eviction itself may need.
  [[nodiscard]] bool Over(std::uint64_t bytes) const {
    return bytes + values_.evict_bytes_max() + negatives_.evict_bytes_max() > budget_.bytes_max;
  }
  // The queue that must give something up before `entry` can be put; null: none need.
  [[nodiscard]] S3Fifo* InTheWay(const model::EntryPtr& entry, const Slot* in_place, bool young);
  // The queue that gives up room in general.
  S3Fifo& Fuller();
  // Gives back what index and ghosts have to spare, if that is much.
  void ShrinkTables();
  // False: the queue is empty.
  bool Evict(S3Fifo& queue);
  void Insert(const model::KeyRef& key, const model::EntryPtr& entry);
  void Replace(const Slot& slot, const model::EntryPtr& entry);

  Budget budget_;
  KeyIndex index_;
  S3Fifo values_;
  S3Fifo negatives_;
  ProofTable proofs_;
  std::uint64_t entry_bytes_ = 0;
  std::uint64_t evictions_ = 0;
};

}  // namespace coolkit::cache
