// Why: a key that a peer asks for again and again is worth a copy at that peer (as fresh as the
// owner's, since every pod applies the feed); a key asked for once is not, or every pod would hold
// everything. Approximate and bounded: a table of counters by hash, each for a window of time.
//
// Thread safety: any thread; races cost a count.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

#include "base/time.h"

namespace coolkit::kv {

class HotKeys {
 public:
  struct Options {
    milliseconds window{1'000};
    std::uint32_t threshold = 8;  // requests of peers within a window
  };
  explicit HotKeys(Options options) : options_(options) {}

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
  std::array<std::atomic<std::uint64_t>, 8192> words_{};
};

}  // namespace coolkit::kv
