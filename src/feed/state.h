// Why: what every reader samples before it looks into the cache (R8): the incarnation, how far the
// feed has been applied (A) and the horizon (H). One applier writes, after all shards have applied;
// many readers sample without a lock and never see half of a change.
//
// Thread safety: Read from any thread; Publish from one thread at a time.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>

#include "model/incarnation.h"
#include "model/proof.h"

namespace coolkit::feed {

struct Sample {
  model::Incarnation incarnation;
  model::Position applied = model::kNoPosition;  // A
  model::Fresh horizon;                          // H: every write acknowledged before horizon.at is
                                                 // included in `applied` (R2)
};

// A sequence lock whose words are atomics. Each word is stored with release and loaded with
// acquire, so a reader that meets a word of a later Publish also meets its odd sequence number
// and tries again; no fences (ThreadSanitizer does not know them).
class State {
 public:
  [[nodiscard]] Sample Read() const {
    for (;;) {
      const std::uint64_t before = sequence_.load(std::memory_order_acquire);
      Words words;
      for (std::size_t i = 0; i < words.size(); ++i) {
        words[i] = words_[i].load(std::memory_order_acquire);
      }
      if ((before & 1) == 0 && sequence_.load(std::memory_order_relaxed) == before) {
        return Unpack(words);
      }
    }
  }

  // After every shard has applied `applied` (R2, R3), or was reset for `incarnation` (R12; then
  // `horizon` is none).
  void Publish(const model::Incarnation& incarnation, model::Position applied,
               model::Fresh horizon) {
    const Words words = Pack({incarnation, applied, horizon});
    const std::uint64_t sequence = sequence_.load(std::memory_order_relaxed);
    sequence_.store(sequence + 1, std::memory_order_relaxed);
    for (std::size_t i = 0; i < words.size(); ++i) {
      words_[i].store(words[i], std::memory_order_release);
    }
    sequence_.store(sequence + 2, std::memory_order_release);
  }

  State() { Publish({}, model::kNoPosition, {}); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

 private:
  using Words = std::array<std::uint64_t, 8>;

  static Words Pack(const Sample& sample) {
    const model::Incarnation& life = sample.incarnation;
    Words words{life.system_id,
                life.database_oid,
                0,
                0,
                std::bit_cast<std::uint64_t>(life.base),
                std::bit_cast<std::uint64_t>(sample.applied.value),
                std::bit_cast<std::uint64_t>(sample.horizon.at.time_since_epoch().count()),
                std::bit_cast<std::uint64_t>(sample.horizon.db_now.time_since_epoch().count())};
    std::memcpy(&words[2], life.id.data(), life.id.size());
    return words;
  }
  static Sample Unpack(const Words& words) {
    Sample sample;
    sample.incarnation.system_id = words[0];
    sample.incarnation.database_oid = static_cast<std::uint32_t>(words[1]);
    std::memcpy(sample.incarnation.id.data(), &words[2], sample.incarnation.id.size());
    sample.incarnation.base = std::bit_cast<std::int64_t>(words[4]);
    sample.applied.value = std::bit_cast<std::int64_t>(words[5]);
    sample.horizon.at = BootTime(nanoseconds(std::bit_cast<std::int64_t>(words[6])));
    sample.horizon.db_now = DbTime(microseconds(std::bit_cast<std::int64_t>(words[7])));
    return sample;
  }

  alignas(64) std::atomic<std::uint64_t> sequence_{0};
  std::array<std::atomic<std::uint64_t>, 8> words_{};
};

}  // namespace coolkit::feed
