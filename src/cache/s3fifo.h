// Why: the eviction policy (S3-FIFO, SOSP '23) as a component that knows no entries: it queues
// words of its owner, weighted in bytes or in items, so that its miss ratios can be tested on
// traces. New items go to a small queue of 10 %; those that were hit twice there move to the main
// queue, the others are forgotten but for a fingerprint, and go straight to main if they come back.
// A hit counts up to 3; main gives one more round per count.
//
// The adaptive policy (eviction.h) is S3-FIFO with a share of the small queue that is not fixed,
// promotion at the third hit, and a ghost of the main queue as well: what comes back from there
// starts with two hits.
//
// Not thread-safe: its owner locks. Owner, where an operation takes one, has
//   std::uint64_t Weight(std::uint64_t word);
//   void Moved(std::uint64_t word, Handle from, Handle to);      // the item is named `to` now
//   std::uint32_t Evicted(std::uint64_t word, Handle handle);    // drop it; its fingerprint
#pragma once

#include <cstdint>

#include "cache/eviction.h"
#include "cache/fifo_ring.h"
#include "cache/ghost.h"

namespace coolkit::cache {

class S3Fifo {
 public:
  // A position, and above it one bit for the queue.
  using Handle = std::uint32_t;
  static constexpr std::uint32_t kHandleBits = FifoRing::kPositionBits + 1;

  // The owner's part of a word: bits 0 to 47, not all zero, and a mark of its own.
  static constexpr std::uint64_t kPayload = (1ull << 48) - 1;
  static constexpr std::uint64_t kMark = 1ull << 63;

  explicit S3Fifo(Eviction eviction = Eviction::kS3Fifo)
      : adapts_(eviction == Eviction::kAdaptive) {}

  // The weight that all items may have together; the owner evicts before it inserts.
  void SetCapacity(std::uint64_t weight) { capacity_ = weight; }

  [[nodiscard]] std::uint64_t weight() const { return small_weight_ + main_weight_; }
  [[nodiscard]] std::size_t size() const { return small_.size() + main_.size(); }
  [[nodiscard]] std::size_t bytes() const {
    return small_.bytes() + main_.bytes() + ghost_.bytes() + main_ghost_.bytes();
  }
  // Heap bytes that one Insert may take in addition, closing holes first.
  [[nodiscard]] std::size_t insert_bytes_max() const {
    return small_.push_bytes_max() + main_.push_bytes_max() +
           (Short(ghost_, ghosts()) ? Ghost::BytesFor(Padded(ghosts())) : 0) +
           (Short(main_ghost_, main_ghosts()) ? Ghost::BytesFor(Padded(main_ghosts())) : 0);
  }
  // Heap bytes that EvictOne may take for a moment while it moves items.
  [[nodiscard]] std::size_t evict_bytes_max() const { return main_.push_bytes_max(); }
  // EvictOne first: a queue has no position left.
  [[nodiscard]] bool full() const { return small_.full() || main_.full(); }

  [[nodiscard]] std::uint64_t Word(Handle handle) const { return QueueOf(handle).At(Of(handle)); }
  void SetMark(Handle handle, bool mark) {
    std::uint64_t& word = QueueOf(handle).At(Of(handle));
    word = mark ? word | kMark : word & ~kMark;
  }

  // A hit: counts up to 3.
  void Touch(Handle handle) {
    std::uint64_t& word = QueueOf(handle).At(Of(handle));
    if ((word & kCount) != kCount) word += kCountOne;
  }

  // An item that is not there. Not full().
  Handle Insert(std::uint64_t word, std::uint32_t fingerprint, std::uint64_t weight) {
    if (Short(ghost_, ghosts())) ghost_.Resize(Padded(ghosts()));
    if (Short(main_ghost_, main_ghosts())) main_ghost_.Resize(Padded(main_ghosts()));
    const bool from_small = ghost_.Remove(fingerprint);
    const bool from_main = main_ghost_.Remove(fingerprint);
    if (adapts_ && from_small) share_.Grow();
    if (from_main) {
      share_.Shrink();
      word += kReturned;
    }
    // Until the first eviction there is room in main for what small can't take.
    const bool to_main = from_small || from_main || (!evicted_ && small_weight_ >= capacity_ / 10);
    (to_main ? main_weight_ : small_weight_) += weight;
    return to_main ? main_.Push(word) | kMain : small_.Push(word);
  }

  // The item stays where it is, with another payload; mark and count stay.
  void Replace(Handle handle, std::uint64_t payload, std::uint64_t old_weight,
               std::uint64_t new_weight) {
    std::uint64_t& word = QueueOf(handle).At(Of(handle));
    word = (word & ~kPayload) | payload;
    std::uint64_t& sum = IsMain(handle) ? main_weight_ : small_weight_;
    sum = sum - old_weight + new_weight;
  }

  void Remove(Handle handle, std::uint64_t weight) {
    QueueOf(handle).Remove(Of(handle));
    (IsMain(handle) ? main_weight_ : small_weight_) -= weight;
  }

  // Evicts one item; false: there is none. Moves others on the way.
  template <class Owner>
  bool EvictOne(Owner& owner) {
    evicted_ = true;
    if (small_.size() == 0 || small_weight_ < share_.Of(weight())) {
      if (EvictMain(owner)) return true;
    }
    return EvictSmall(owner) || EvictMain(owner);
  }

  // Closes the holes that removals left, once they cost more than half of what is live.
  template <class Owner>
  void CloseHoles(Owner& owner) {
    for (const bool main : {false, true}) {
      FifoRing& queue = main ? main_ : small_;
      if (queue.holes() <= queue.size() / 2 + kHolesMin) continue;
      const Handle bit = main ? kMain : 0;
      queue.Rotate([&](std::uint64_t word, std::uint32_t from, std::uint32_t to) {
        owner.Moved(word, from | bit, to | bit);
      });
    }
  }

  // `visit(word, handle)` for each item; it may Remove the one it is given.
  template <class Visit>
  void ForEach(Visit visit) {
    small_.ForEach([&](std::uint64_t word, std::uint32_t at) { visit(word, at); });
    main_.ForEach([&](std::uint64_t word, std::uint32_t at) { visit(word, at | kMain); });
  }

  // How worth keeping an item is, 0 to 7: main before small, then by hits.
  [[nodiscard]] static int Heat(std::uint64_t word, Handle handle) {
    return static_cast<int>((word & kCount) / kCountOne) + (IsMain(handle) ? 4 : 0);
  }

  // Gives memory back after the capacity has shrunk.
  void ShrinkGhost() {
    if (ghost_.capacity() > 2 * Padded(ghosts())) ghost_.Resize(Padded(ghosts()));
    if (main_ghost_.capacity() > 2 * Padded(main_ghosts())) {
      main_ghost_.Resize(Padded(main_ghosts()));
    }
  }

 private:
  static constexpr Handle kMain = 1u << FifoRing::kPositionBits;
  static constexpr std::uint64_t kCountOne = 1ull << 48;
  static constexpr std::uint64_t kCount = 3ull << 48;
  static constexpr std::uint64_t kReturned = 2 * kCountOne;
  static constexpr std::uint64_t kHolesMin = 512;

  static bool IsMain(Handle handle) { return (handle & kMain) != 0; }
  static std::uint32_t Of(Handle handle) { return handle & ~kMain; }
  FifoRing& QueueOf(Handle handle) { return IsMain(handle) ? main_ : small_; }
  [[nodiscard]] const FifoRing& QueueOf(Handle handle) const {
    return IsMain(handle) ? main_ : small_;
  }

  [[nodiscard]] std::uint64_t promote_at() const { return (adapts_ ? 3 : 2) * kCountOne; }

  // How many fingerprints are remembered of what small and of what main gave up.
  [[nodiscard]] std::size_t ghosts() const { return adapts_ ? size() * 6 / 10 : main_.size(); }
  [[nodiscard]] std::size_t main_ghosts() const { return adapts_ ? size() : 0; }
  // Resized in steps of a fifth.
  [[nodiscard]] bool Short(const Ghost& ghost, std::size_t wanted) const {
    return evicted_ && wanted > ghost.capacity() + ghost.capacity() / 10;
  }
  static std::size_t Padded(std::size_t wanted) { return wanted + wanted / 10; }

  template <class Owner>
  bool EvictSmall(Owner& owner) {
    while (small_.size() > 0) {
      const Handle handle = small_.head();
      const std::uint64_t word = small_.At(handle);
      const std::uint64_t weight = owner.Weight(word);
      small_weight_ -= weight;
      if ((word & kCount) < promote_at() || main_.full()) {
        const std::uint32_t fingerprint = owner.Evicted(word, handle);
        small_.Remove(handle);
        ghost_.Insert(fingerprint);
        return true;
      }
      small_.Remove(handle);
      main_weight_ += weight;
      owner.Moved(word & ~kCount, handle, main_.Push(word & ~kCount) | kMain);
    }
    return false;
  }

  template <class Owner>
  bool EvictMain(Owner& owner) {
    while (main_.size() > 0) {
      const std::uint32_t at = main_.head();
      const std::uint64_t word = main_.At(at);
      if ((word & kCount) == 0) {
        main_weight_ -= owner.Weight(word);
        const std::uint32_t fingerprint = owner.Evicted(word, at | kMain);
        if (adapts_) main_ghost_.Insert(fingerprint);
        main_.Remove(at);
        return true;
      }
      main_.Remove(at);
      owner.Moved(word - kCountOne, at | kMain, main_.Push(word - kCountOne) | kMain);
    }
    return false;
  }

  FifoRing small_;
  FifoRing main_;
  Ghost ghost_;       // what small gave up
  Ghost main_ghost_;  // what main gave up; only the adaptive policy has one
  SmallShare share_;
  bool adapts_;
  std::uint64_t capacity_ = 0;
  std::uint64_t small_weight_ = 0;
  std::uint64_t main_weight_ = 0;
  bool evicted_ = false;  // the cache was full once
};

}  // namespace coolkit::cache
