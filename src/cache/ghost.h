// Why: S3-FIFO remembers what it evicted lately from the small queue, by fingerprint, so that what
// comes back goes to the main queue. 4 bytes per remembered item: buckets of one cache line, each a
// small first-in-first-out queue of its own, which together forget about as one queue would.
// Not thread-safe: its owner locks.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "cache/heap_bytes.h"

namespace coolkit::cache {

class Ghost {
 public:
  // Fingerprints are evenly distributed 32-bit numbers.
  [[nodiscard]] std::size_t capacity() const { return buckets_.size() * kPerBucket; }
  [[nodiscard]] std::size_t bytes() const { return HeapBytes(buckets_.size() * sizeof(Bucket)); }
  [[nodiscard]] static std::size_t BytesFor(std::size_t capacity) {
    return HeapBytes(BucketsFor(capacity) * sizeof(Bucket));
  }

  // Room for at least `capacity` fingerprints, at most one bucket more; the younger ones stay.
  void Resize(std::size_t capacity) {
    std::vector<Bucket> old(BucketsFor(capacity));
    old.swap(buckets_);
    if (buckets_.empty()) return;
    // By age across the buckets, oldest first: several of them may become one.
    for (std::size_t i = kPerBucket; i-- > 0;) {
      for (const Bucket& bucket : old) {
        if (bucket[i] != 0) Insert(bucket[i]);
      }
    }
  }

  void Insert(std::uint32_t fingerprint) {
    if (buckets_.empty()) return;
    Bucket& bucket = BucketOf(fingerprint);
    std::copy_backward(bucket.begin(), bucket.end() - 1, bucket.end());
    bucket[0] = Stored(fingerprint);
  }

  // True: it was remembered, and is no more.
  bool Remove(std::uint32_t fingerprint) {
    if (buckets_.empty()) return false;
    Bucket& bucket = BucketOf(fingerprint);
    const auto place = std::find(bucket.begin(), bucket.end(), Stored(fingerprint));
    if (place == bucket.end()) return false;
    std::copy(place + 1, bucket.end(), place);
    bucket.back() = 0;
    return true;
  }

 private:
  static constexpr std::size_t kPerBucket = 16;
  using Bucket = std::array<std::uint32_t, kPerBucket>;  // youngest first; 0: empty

  static std::size_t BucketsFor(std::size_t capacity) {
    return (capacity + kPerBucket - 1) / kPerBucket;
  }
  static std::uint32_t Stored(std::uint32_t fingerprint) {
    return fingerprint == 0 ? 1 : fingerprint;
  }
  Bucket& BucketOf(std::uint32_t fingerprint) {
    return buckets_[static_cast<std::size_t>(
        (std::uint64_t{Stored(fingerprint)} * buckets_.size()) >> 32)];
  }

  std::vector<Bucket> buckets_;
};

}  // namespace coolkit::cache
