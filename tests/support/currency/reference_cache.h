// Why: the protocol's cache in its plainest form: a map, the rules literally, each of which can be
// broken. The randomized test must be clean over it and over the real cache, and must find a
// violation with any rule broken.
// Not thread-safe.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "cache/admission.h"
#include "model/change.h"
#include "model/incarnation.h"
#include "support/currency/rules.h"

namespace coolkit::support::currency {

class ReferenceCache {
 public:
  explicit ReferenceCache(const Rules& rules) : rules_(rules) {}

  [[nodiscard]] std::optional<cache::Found> Find(const model::KeyRef& key,
                                                 const model::Incarnation& life) const {
    if (rules_.incarnation && !(life == life_)) return std::nullopt;
    return Peek(key);
  }
  [[nodiscard]] std::optional<cache::Found> Peek(const model::KeyRef& key) const {
    const auto found = entries_.find(Name(key));
    if (found == entries_.end()) return std::nullopt;
    return found->second;
  }

  void Admit(const model::EntryPtr& entry, const model::Proof& proof,
             const model::Incarnation& life) {
    const model::KeyRef key = entry->key_ref();
    if (rules_.incarnation && !(life == life_)) return;
    if (rules_.floor && proof.as_of < floor_) return;
    const auto changed = last_change_.find(Name(key));
    if (rules_.last_change && changed != last_change_.end() && changed->second > proof.as_of)
      return;
    const auto cached = entries_.find(Name(key));
    if (cached != entries_.end()) {
      if (cached->second.entry->version() > entry->version()) return;
      if (cached->second.entry->version() == entry->version()) {
        model::Proof& old = cached->second.proof;
        old.as_of = std::max(old.as_of, proof.as_of);
        old.seen = std::min(old.seen, proof.seen);
        if (proof.fresh.at > old.fresh.at) old.fresh = proof.fresh;
        return;
      }
    }
    entries_[Name(key)] = {entry, proof};
  }

  void Apply(const model::ChangeSet& changes, model::Position cur) {
    if (changes.everything || !changes.collections.empty()) {
      floor_ = std::max(floor_, cur);
      std::erase_if(entries_, [&](const auto& item) {
        const cache::Found& found = item.second;
        const bool named =
            changes.everything || std::find(changes.collections.begin(), changes.collections.end(),
                                            found.entry->collection()) != changes.collections.end();
        return rules_.change_drops && named && found.proof.as_of < cur;
      });
    }
    for (const model::Change& change : changes.keys) {
      model::Position& last = last_change_.try_emplace(Name(change.key.ref()), cur).first->second;
      last = std::max(last, cur);
      const auto cached = entries_.find(Name(change.key.ref()));
      if (cached == entries_.end() || cached->second.entry->version() >= change.version) continue;
      if (rules_.change_drops) entries_.erase(cached);
    }
  }
  void ApplyGap(model::Position prev, model::Position applied) {
    floor_ = std::max(floor_, prev);
    if (!rules_.gap_drops) return;
    std::erase_if(entries_, [&](const auto& item) {
      return std::max(item.second.proof.as_of, applied) < prev;
    });
  }
  void Reset(const model::Incarnation& life, model::Position floor) {
    if (rules_.reset_drops) entries_.clear();
    last_change_.clear();
    life_ = life;
    floor_ = floor;
  }
  void Settle(model::Position applied, BootTime horizon) {
    for (auto& [name, found] : entries_) {
      model::Proof& proof = found.proof;
      if (std::max(proof.as_of, proof.seen) > applied || proof.fresh.at > horizon) continue;
      proof = {model::kNoPosition, applied, {}};
    }
  }
  void Erase(const model::KeyRef& key, model::Version version) {
    const auto cached = entries_.find(Name(key));
    if (cached != entries_.end() && cached->second.entry->version() <= version) {
      entries_.erase(cached);
    }
  }

 private:
  static std::string Name(const model::KeyRef& key) {
    return std::string(key.collection) + "/" + std::string(key.key);
  }

  const Rules& rules_;
  std::map<std::string, cache::Found> entries_;
  std::map<std::string, model::Position> last_change_;
  model::Incarnation life_;
  model::Position floor_ = model::kNoPosition;
};

}  // namespace coolkit::support::currency
