// Why: proofs matter only until the applied position and the horizon have passed them, so they are
// kept beside the entries: what is old pays nothing. A small hash table by entry address.
// Not thread-safe: its owner locks.
#pragma once

#include <cstdint>
#include <vector>

#include "cache/heap_bytes.h"
#include "model/entry.h"
#include "model/proof.h"

namespace coolkit::cache {

class ProofTable {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t bytes() const { return HeapBytes(cells_.size() * sizeof(Cell)); }
  // Heap bytes that one Put may take in addition, while it copies.
  [[nodiscard]] std::size_t put_bytes_max() const {
    return size_ < Limit() ? 0 : HeapBytes(Wider() * sizeof(Cell));
  }

  [[nodiscard]] const model::Proof* Find(const model::Entry* entry) const;
  // Inserts or replaces.
  void Put(const model::Entry* entry, const model::Proof& proof);
  // Nothing happens if it is not there.
  void Remove(const model::Entry* entry);

  // Forgets the proofs that `applied` and `horizon` have overtaken; quick when there are none.
  // True: some were forgotten.
  bool Settle(model::Position applied, BootTime horizon);

  void Clear() { *this = ProofTable(); }

 private:
  struct Cell {
    const model::Entry* entry = nullptr;
    model::Proof proof;
  };

  [[nodiscard]] std::size_t Limit() const { return cells_.size() / 4 * 3; }
  [[nodiscard]] std::size_t Wider() const { return cells_.size() + cells_.size() / 2 + 8; }
  [[nodiscard]] std::size_t Home(const model::Entry* entry) const;
  [[nodiscard]] std::size_t Next(std::size_t at) const {
    return at + 1 == cells_.size() ? 0 : at + 1;
  }
  // Where the entry is, or the empty cell where it would be. cells_ is not empty.
  [[nodiscard]] std::size_t Search(const model::Entry* entry) const;
  void EraseAt(std::size_t at);
  void Rebuild(std::size_t count);
  void Bound(const model::Proof& proof);

  std::vector<Cell> cells_;
  std::size_t size_ = 0;
  // No proof can be forgotten before both have been reached.
  model::Position earliest_position_ = kLatestPosition;
  BootTime earliest_time_ = kNever;

  static constexpr model::Position kLatestPosition{INT64_MAX};
};

// R4, R5, R8: what is known of one version from two sources: the larger as_of, the larger fresh,
// the smaller seen.
[[nodiscard]] model::Proof BestOf(const model::Proof& a, const model::Proof& b);

}  // namespace coolkit::cache
