// Why: finds an entry's handle by its key's hash at about 5 bytes per entry. A bucket is one cache
// line: 15 cells of {8 bits of hash, 24 bits of handle} and the number of entries that passed it by
// because it was full, so that a search knows where to stop and an erasure moves nothing.
// Not thread-safe: its owner locks.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/check.h"
#include "cache/heap_bytes.h"

namespace coolkit::cache {

class KeyIndex {
 public:
  using Handle = std::uint32_t;
  static constexpr int kHandleBits = 24;

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t bytes() const { return HeapBytes(buckets_.size() * sizeof(Bucket)); }
  // Heap bytes that one Insert may take in addition, while it copies.
  [[nodiscard]] std::size_t insert_bytes_max() const {
    return size_ < Limit(buckets_.size()) ? 0 : HeapBytes(Wider() * sizeof(Bucket));
  }

  // The handle for which `same(handle)` says that it is the key's.
  template <class Same>
  [[nodiscard]] std::optional<Handle> Find(std::uint64_t hash, Same same) const {
    if (buckets_.empty()) return std::nullopt;
    const std::uint32_t tag = TagOf(hash);
    for (std::size_t at = Home(hash);; at = Next(at)) {
      const Bucket& bucket = buckets_[at];
      for (const std::uint32_t cell : bucket.cells) {
        if (cell >> kHandleBits == tag && same(cell & kHandleMask)) return cell & kHandleMask;
      }
      if (bucket.passed == 0) return std::nullopt;
    }
  }

  // A key that is not there. `hash_of(handle)` gives the hash of any key that is; if it has a
  // member Prefetch(handle), that is called some time before.
  template <class HashOf>
  void Insert(std::uint64_t hash, Handle handle, HashOf hash_of) {
    if (size_ >= Limit(buckets_.size())) Rebuild(Wider(), hash_of);
    Place(hash, handle);
  }

  void Erase(std::uint64_t hash, Handle handle) {
    const std::uint32_t cell = CellOf(hash, handle);
    for (std::size_t at = Home(hash);; at = Next(at)) {
      if (std::uint32_t* place = Search(buckets_[at], cell)) {
        *place = kEmpty;
        --size_;
        return;
      }
      CHECK(buckets_[at].passed-- > 0);
    }
  }

  // The key's entry goes by another handle now.
  void Rename(std::uint64_t hash, Handle from, Handle to) {
    const std::uint32_t cell = CellOf(hash, from);
    for (std::size_t at = Home(hash);; at = Next(at)) {
      if (std::uint32_t* place = Search(buckets_[at], cell)) {
        *place = CellOf(hash, to);
        return;
      }
      CHECK(buckets_[at].passed > 0);
    }
  }

  // Far more room than entries; Shrink gives it back (and takes up to shrink_bytes meanwhile).
  [[nodiscard]] bool sparse() const {
    return buckets_.size() > 4 && size_ < Limit(buckets_.size()) / 3;
  }
  [[nodiscard]] std::size_t shrink_bytes() const {
    return HeapBytes(BucketsFor(size_) * sizeof(Bucket));
  }
  template <class HashOf>
  void Shrink(HashOf hash_of) {
    Rebuild(BucketsFor(size_), hash_of);
  }

  void Clear() {
    buckets_ = {};
    size_ = 0;
  }

 private:
  static constexpr std::uint32_t kHandleMask = (1u << kHandleBits) - 1;
  static constexpr std::size_t kPerBucket = 15;
  static constexpr std::uint32_t kEmpty = 0xffffffff;  // its tag, 255, is no key's
  struct alignas(64) Bucket {
    Bucket() { cells.fill(kEmpty); }
    std::array<std::uint32_t, kPerBucket> cells;
    std::uint32_t passed = 0;
  };

  // The low bits chose the shard; the upper half chooses the bucket.
  static std::uint32_t TagOf(std::uint64_t hash) {
    return static_cast<std::uint32_t>((hash >> 16) & 0xffff) % 255;
  }
  static std::uint32_t CellOf(std::uint64_t hash, Handle handle) {
    return TagOf(hash) << kHandleBits | handle;
  }
  [[nodiscard]] std::size_t Home(std::uint64_t hash) const {
    return static_cast<std::size_t>(((hash >> 32) * buckets_.size()) >> 32);
  }
  [[nodiscard]] std::size_t Next(std::size_t at) const {
    return at + 1 == buckets_.size() ? 0 : at + 1;
  }

  // Seven eighths full at most.
  static std::size_t Limit(std::size_t buckets) { return buckets * kPerBucket / 8 * 7; }
  [[nodiscard]] std::size_t Wider() const { return buckets_.size() + buckets_.size() / 4 + 1; }
  // With room for a quarter more than `size`.
  static std::size_t BucketsFor(std::size_t size) { return size * 10 / (kPerBucket * 7) + 1; }

  static std::uint32_t* Search(Bucket& bucket, std::uint32_t cell) {
    for (std::uint32_t& candidate : bucket.cells) {
      if (candidate == cell) return &candidate;
    }
    return nullptr;
  }

  void Place(std::uint64_t hash, Handle handle) {
    for (std::size_t at = Home(hash);; at = Next(at)) {
      if (std::uint32_t* place = Search(buckets_[at], kEmpty)) {
        *place = CellOf(hash, handle);
        ++size_;
        return;
      }
      ++buckets_[at].passed;
    }
  }

  template <class HashOf>
  void Rebuild(std::size_t count, HashOf hash_of) {
    std::vector<Bucket> old(count);
    old.swap(buckets_);
    size_ = 0;
    for (std::size_t i = 0; i < old.size(); ++i) {
      if (i + 1 < old.size()) Prefetch(old[i + 1], hash_of);
      for (const std::uint32_t cell : old[i].cells) {
        if (cell != kEmpty) Place(hash_of(cell & kHandleMask), cell & kHandleMask);
      }
    }
  }
  template <class HashOf>
  static void Prefetch(const Bucket& bucket, HashOf& hash_of) {
    if constexpr (requires { hash_of.Prefetch(Handle{}); }) {
      for (const std::uint32_t cell : bucket.cells) {
        if (cell != kEmpty) hash_of.Prefetch(cell & kHandleMask);
      }
    }
  }

  std::vector<Bucket> buckets_;
  std::size_t size_ = 0;
};

}  // namespace coolkit::cache
