// Why: what the checker holds every answer against: all that was ever committed, of each key in the
// order of commits, over all lives of the database. Written by the model database at the moment of
// a COMMIT; nothing that is tested has a part in it. Not thread-safe.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/incarnation.h"
#include "model/version.h"

namespace coolkit::sim {

struct Commit {
  model::Version version;
  bool present = false;  // false: a tombstone, or everything before is gone (TRUNCATE)
  bool row = true;       // false: TRUNCATE
  std::string value;
  std::optional<DbTime> expires_at;
  DbTime modified_at{};
  std::int64_t xid = 0;
  std::size_t life = 0;
  model::Position position;  // of the first snapshot that sees it
  BootTime at{};             // the world's time of the COMMIT
  std::size_t lost_in = std::numeric_limits<std::size_t>::max();  // the life that lacks it
};

class History {
 public:
  explicit History(std::size_t keys) : keys_(keys) {}

  // False: the version does not grow, or was there before (R13, R14).
  [[nodiscard]] bool Add(std::size_t key, Commit commit);
  // The life `life` begins without those commits of the one before that lie above `kept`.
  void Lose(std::size_t life, model::Position kept);

  [[nodiscard]] const Commit* Find(std::size_t key, model::Version version) const;
  // The last commit of the key that a snapshot of this life with this position sees.
  [[nodiscard]] const Commit* At(std::size_t key, std::size_t life, model::Position position) const;
  [[nodiscard]] model::Version VersionAt(std::size_t key, std::size_t life,
                                         model::Position position) const {
    const Commit* commit = At(key, life, position);
    return commit == nullptr ? model::Version{} : commit->version;
  }
  // The last one committed before `when` that is not lost.
  [[nodiscard]] const Commit* Before(std::size_t key, BootTime when) const;
  // The last one up to `version` that is not lost; an absence as of `version` speaks of it.
  [[nodiscard]] const Commit* UpTo(std::size_t key, model::Version version) const;
  [[nodiscard]] const std::vector<Commit>& of(std::size_t key) const { return keys_[key]; }
  [[nodiscard]] std::size_t keys() const { return keys_.size(); }

 private:
  std::vector<std::vector<Commit>> keys_;
};

}  // namespace coolkit::sim
