// Why: a first-in-first-out queue at 8 bytes per item: words in chunks, named by positions that
// stay valid while the item is in the queue, so that an index needs no pointer and the queue no
// links. Removing from the middle leaves a hole (0) until the head passes it or Rotate closes it.
// Not thread-safe: its owner locks.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/check.h"
#include "cache/heap_bytes.h"

namespace coolkit::cache {

class FifoRing {
 public:
  static constexpr std::uint32_t kPositionBits = 22;
  static constexpr std::uint64_t kItemsMax = (1ull << kPositionBits) - 512;

  // No room for another position: take something out first.
  [[nodiscard]] bool full() const { return tail_ - head_ >= kItemsMax; }
  [[nodiscard]] std::size_t size() const { return live_; }
  [[nodiscard]] std::uint64_t holes() const { return tail_ - head_ - live_; }
  // Heap bytes held.
  [[nodiscard]] std::size_t bytes() const {
    return chunk_count_ * HeapBytes(kChunkWords * sizeof(std::uint64_t)) +
           HeapBytes(chunks_.size() * sizeof(Chunk));
  }
  // Heap bytes that one Push may take in addition, while it copies the directory.
  [[nodiscard]] std::size_t push_bytes_max() const {
    return HeapBytes(kChunkWords * sizeof(std::uint64_t)) +
           HeapBytes(2 * (chunks_.size() + 2) * sizeof(Chunk));
  }

  // `word` is not 0. Returns its position.
  std::uint32_t Push(std::uint64_t word) {
    CHECK(word != 0 && !full());
    if (tail_ % kChunkWords == 0) AddChunk();
    const auto position = static_cast<std::uint32_t>(tail_ & kPositionMask);
    At(position) = word;
    ++tail_;
    ++live_;
    return position;
  }

  [[nodiscard]] std::uint64_t& At(std::uint32_t position) {
    return chunks_[(position / kChunkWords) & (chunks_.size() - 1)][position % kChunkWords];
  }
  [[nodiscard]] std::uint64_t At(std::uint32_t position) const {
    return chunks_[(position / kChunkWords) & (chunks_.size() - 1)][position % kChunkWords];
  }

  // The oldest item's position. Not empty.
  [[nodiscard]] std::uint32_t head() const {
    return static_cast<std::uint32_t>(head_ & kPositionMask);
  }

  void Remove(std::uint32_t position) {
    std::uint64_t& word = At(position);
    CHECK(word != 0);
    word = 0;
    --live_;
    if (position == head()) SkipHoles();
  }

  // Closes all holes: every item moves to the tail, in order. `moved(word, from, to)`.
  template <class Moved>
  void Rotate(Moved moved) {
    for (const std::uint64_t end = tail_; head_ < end && live_ > 0;) {
      const std::uint32_t from = head();
      const std::uint64_t word = At(from);
      Remove(from);
      moved(word, from, Push(word));
    }
  }

  // `visit(word, position)` for each item, oldest first; it may remove the item it is given.
  template <class Visit>
  void ForEach(Visit visit) {
    for (std::uint64_t at = head_, end = tail_; at < end; ++at) {
      if (at < head_) continue;  // behind a head that a removal moved
      const auto position = static_cast<std::uint32_t>(at & kPositionMask);
      if (const std::uint64_t word = At(position); word != 0) visit(word, position);
    }
  }

 private:
  static constexpr std::uint64_t kChunkWords = 256;
  static constexpr std::uint64_t kPositionMask = (1ull << kPositionBits) - 1;
  using Chunk = std::unique_ptr<std::uint64_t[]>;

  [[nodiscard]] std::uint64_t ChunkOf(std::uint64_t sequence) const {
    return (sequence / kChunkWords) & (chunks_.size() - 1);
  }

  void AddChunk() {
    if (chunks_.empty() || chunks_[ChunkOf(tail_)] != nullptr) GrowDirectory();
    chunks_[ChunkOf(tail_)] = std::make_unique<std::uint64_t[]>(kChunkWords);
    ++chunk_count_;
  }

  void GrowDirectory() {
    std::vector<Chunk> wider(chunks_.empty() ? 2 : chunks_.size() * 2);
    // Called with the tail between two chunks.
    for (std::uint64_t i = head_ / kChunkWords; !chunks_.empty() && i < tail_ / kChunkWords; ++i) {
      wider[i & (wider.size() - 1)] = std::move(chunks_[i & (chunks_.size() - 1)]);
    }
    chunks_ = std::move(wider);
  }

  void SkipHoles() {
    while (head_ < tail_ && At(head()) == 0) {
      const std::uint64_t chunk = ChunkOf(head_);
      ++head_;
      if (head_ % kChunkWords == 0) DropChunk(chunk);
    }
    if (head_ == tail_ && head_ % kChunkWords != 0) {
      // Empty: the next item starts a chunk.
      DropChunk(ChunkOf(head_));
      head_ = tail_ = (head_ / kChunkWords + 1) * kChunkWords;
    }
  }

  void DropChunk(std::uint64_t chunk) {
    chunks_[chunk].reset();
    --chunk_count_;
  }

  std::vector<Chunk> chunks_;  // a power of two of them, or none; in a circle
  std::size_t chunk_count_ = 0;
  std::uint64_t head_ = 0;  // sequence numbers; the position is their low bits
  std::uint64_t tail_ = 0;
  std::uint64_t live_ = 0;
};

}  // namespace coolkit::cache
