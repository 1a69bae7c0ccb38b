// Why: a key that is asked for again and again is worth a copy at the pod that asks (every pod
// applies the feed, so the copy proves itself as the owner's entry does); a key asked for once is
// not, or every pod would hold everything. Approximate and bounded: a table of counters by hash,
// each for a window of time.
//
// Thread safety: any thread; races cost a count.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

#include "base/time.h"

namespace coolkit::kv {

class HotKeys {
 public:
  struct Options {
    milliseconds window{1'000};
    std::uint32_t threshold = 8;  // requests within a window
    std::size_t counters = 8192;
  };
  explicit HotKeys(Options options) : options_(options), words_(options.counters) {}

  // Counts a request; true: the key is hot.
  bool Count(std::uint64_t key_hash, BootTime now) {
    // A word: 24 bits of the hash, 16 bits of the window's number, 24 bits of count.
    const std::uint64_t window =
        static_cast<std::uint64_t>(now.time_since_epoch() / options_.window) & 0xFFFF;
    const std::uint64_t mark = ((key_hash >> 40) << 40) | (window << 24);
    std::atomic<std::uint64_t>& word = words_[(key_hash >> 14) % words_.size()];
    const std::uint64_t before = word.load(std::memory_order_relaxed);
    const bool same = (before & ~kCountMask) == mark;
    const std::uint64_t count = same ? std::min((before & kCountMask) + 1, kCountMask) : 1;
    word.store(mark | count, std::memory_order_relaxed);
    return count >= options_.threshold;
  }

 private:
  static constexpr std::uint64_t kCountMask = 0xFFFFFF;
  Options options_;
  std::vector<std::atomic<std::uint64_t>> words_;
};

}  // namespace coolkit::kv
