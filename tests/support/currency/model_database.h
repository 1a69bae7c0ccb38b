// Why: the database of the protocol's randomized test: a list of commits per key, in lives that
// follow each other, so that "the version of a key at a position" is a question with an answer.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/change.h"
#include "model/entry.h"
#include "model/incarnation.h"

namespace coolkit::support::currency {

class ModelDatabase {
 public:
  struct Write {
    model::Position position;
    model::Version version;
    bool present = true;
    BootTime acknowledged = kNever;
  };
  struct Life {
    model::Incarnation incarnation;
    std::int64_t position = 0;
    std::vector<std::vector<Write>> writes;  // by key
  };

  explicit ModelDatabase(std::size_t keys) {
    Life first;
    first.writes.resize(keys);
    for (std::size_t key = 0; key < keys; ++key) {
      names_.emplace_back(key % 2 == 0 ? "even" : "odd", "key-" + std::to_string(key));
    }
    first.incarnation.id[0] = 1;
    first.incarnation.base = 1;
    lives_.push_back(std::move(first));
  }

  [[nodiscard]] const Life& now() const { return lives_.back(); }
  [[nodiscard]] const Life& LifeOf(const model::Incarnation& incarnation) const {
    return lives_[incarnation.id[0] - 1u];
  }
  [[nodiscard]] std::size_t keys() const { return names_.size(); }
  [[nodiscard]] const model::Key& Name(std::size_t key) const { return names_[key]; }

  // Returns the write's place in the key's list.
  std::size_t Commit(std::size_t key, bool present) {
    Life& life = lives_.back();
    ++life.position;
    life.writes[key].push_back({{life.position}, VersionOf(life.position, false), present, kNever});
    return life.writes[key].size() - 1;
  }
  // The client has its acknowledgement; nothing if the write was lost with an older life.
  void Acknowledge(const model::Incarnation& life, std::size_t key, std::size_t place,
                   BootTime when) {
    if (life == now().incarnation) lives_.back().writes[key][place].acknowledged = when;
  }

  // A new life begins, from a copy that lacks the last `lost` commits; positions start there.
  void FailOver(std::int64_t lost) {
    Life next = lives_.back();
    next.incarnation.id[0] = static_cast<std::uint8_t>(next.incarnation.id[0] + 1);
    ++next.incarnation.base;
    next.position -= std::min(lost, next.position);
    for (auto& writes : next.writes) {
      std::erase_if(writes,
                    [&](const Write& write) { return write.position.value > next.position; });
    }
    lives_.push_back(std::move(next));
  }

  // The key as a snapshot of now sees it.
  [[nodiscard]] model::EntryPtr Read(std::size_t key) const {
    const std::vector<Write>& writes = now().writes[key];
    const bool row = !writes.empty();
    return MakeEntry(key, row ? writes.back().version : VersionOf(now().position, true),
                     row && writes.back().present);
  }
  [[nodiscard]] model::EntryPtr MakeEntry(std::size_t key, model::Version version,
                                          bool present) const {
    model::Entry::Fields fields;
    fields.collection = names_[key].collection;
    fields.key = names_[key].key;
    fields.version = version;
    fields.present = present;
    return model::Entry::Create(fields);
  }

  // What changed in (prev, now], as the change table tells it.
  [[nodiscard]] model::ChangeSet ChangesSince(model::Position prev) const {
    model::ChangeSet changes;
    for (std::size_t key = 0; key < names_.size(); ++key) {
      const std::vector<Write>& writes = now().writes[key];
      if (!writes.empty() && writes.back().position > prev) {
        changes.keys.push_back({names_[key], writes.back().version});
      }
    }
    return changes;
  }

  // The highest version of the key's writes up to a position of a life; 0: none.
  [[nodiscard]] model::Version VersionAt(const Life& life, std::size_t key,
                                         model::Position position) const {
    model::Version version;
    for (const Write& write : life.writes[key]) {
      if (write.position <= position) version = write.version;
    }
    return version;
  }
  // The highest version of the key's writes that were acknowledged before `when`; 0: none.
  [[nodiscard]] model::Version AcknowledgedBefore(std::size_t key, BootTime when) const {
    model::Version version;
    for (const Write& write : now().writes[key]) {
      if (write.acknowledged < when) version = std::max(version, write.version);
    }
    return version;
  }
  // What a reader of `version` has seen of the key: an absence as of some snapshot has seen the
  // last write up to there.
  [[nodiscard]] model::Version Effective(std::size_t key, model::Version version) const {
    if (version.value % 2 == 0) return version;
    model::Version effective;
    for (const Write& write : now().writes[key]) {
      if (write.version < version) effective = write.version;
    }
    return effective;
  }

 private:
  // Even: a write. Odd: absent as of a snapshot, above its writes and below all later ones.
  [[nodiscard]] model::Version VersionOf(std::int64_t position, bool absent) const {
    return {(now().incarnation.base << 32) + position * 2 + (absent ? 1 : 0)};
  }

  std::vector<model::Key> names_;
  std::vector<Life> lives_;
};

}  // namespace coolkit::support::currency
