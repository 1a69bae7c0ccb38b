#include "cache/proof_table.h"

#include <algorithm>
#include <bit>

namespace coolkit::cache {
namespace {

model::Position PositionNeeded(const model::Proof& proof) {
  return std::max(proof.as_of, proof.seen);
}

}  // namespace

std::size_t ProofTable::Home(const model::Entry* entry) const {
  // Fibonacci hashing of the address, then a multiply to the range.
  const std::uint64_t mixed = std::bit_cast<std::uintptr_t>(entry) * 0x9e3779b97f4a7c15u;
  return static_cast<std::size_t>(((mixed >> 32) * cells_.size()) >> 32);
}

std::size_t ProofTable::Search(const model::Entry* entry) const {
  std::size_t at = Home(entry);
  while (cells_[at].entry != nullptr && cells_[at].entry != entry) at = Next(at);
  return at;
}

const model::Proof* ProofTable::Find(const model::Entry* entry) const {
  if (size_ == 0) return nullptr;
  const Cell& cell = cells_[Search(entry)];
  return cell.entry == nullptr ? nullptr : &cell.proof;
}

void ProofTable::Bound(const model::Proof& proof) {
  earliest_position_ = std::min(earliest_position_, PositionNeeded(proof));
  earliest_time_ = std::min(earliest_time_, proof.fresh.at);
}

void ProofTable::Put(const model::Entry* entry, const model::Proof& proof) {
  if (size_ >= Limit()) Rebuild(Wider());
  Cell& cell = cells_[Search(entry)];
  if (cell.entry == nullptr) ++size_;
  cell = {entry, proof};
  Bound(proof);
}

void ProofTable::Remove(const model::Entry* entry) {
  if (size_ == 0) return;
  const std::size_t at = Search(entry);
  if (cells_[at].entry != nullptr) EraseAt(at);
}

void ProofTable::EraseAt(std::size_t at) {
  // Later cells of the run move back unless that is before their home.
  for (std::size_t next = Next(at); cells_[next].entry != nullptr; next = Next(next)) {
    const std::size_t home = Home(cells_[next].entry);
    const bool home_in_between = at < next ? (at < home && home <= next)  // (at, next], in a circle
                                           : (at < home || home <= next);
    if (home_in_between) continue;
    cells_[at] = cells_[next];
    at = next;
  }
  cells_[at] = {};
  --size_;
}

bool ProofTable::Settle(model::Position applied, BootTime horizon) {
  if (size_ == 0 || applied < earliest_position_ || horizon < earliest_time_) return false;
  const std::size_t before = size_;
  earliest_position_ = kLatestPosition;
  earliest_time_ = kNever;
  for (std::size_t at = 0; at < cells_.size();) {
    const Cell& cell = cells_[at];
    if (cell.entry == nullptr) {
      ++at;
    } else if (PositionNeeded(cell.proof) <= applied && cell.proof.fresh.at <= horizon) {
      EraseAt(at);  // another one may have moved here
    } else {
      Bound(cell.proof);
      ++at;
    }
  }
  if (cells_.size() > 64 && size_ < cells_.size() / 8) Rebuild(size_ * 2 + 8);
  return size_ < before;
}

void ProofTable::Rebuild(std::size_t count) {
  std::vector<Cell> old(count);
  old.swap(cells_);
  for (const Cell& cell : old) {
    if (cell.entry != nullptr) cells_[Search(cell.entry)] = cell;
  }
}

model::Proof BestOf(const model::Proof& a, const model::Proof& b) {
  model::Proof best;
  best.as_of = std::max(a.as_of, b.as_of);
  best.seen = std::min(a.seen, b.seen);
  best.fresh = a.fresh.at >= b.fresh.at ? a.fresh : b.fresh;
  return best;
}

}  // namespace coolkit::cache
