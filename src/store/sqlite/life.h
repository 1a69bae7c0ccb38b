// Why: every answer names the incarnation, the position and the base of the snapshot it comes
// from (R10, R12, R13). One row of the database says it; here it is read, and a new life begun.
// Not thread-safe: as the connection.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/time.h"
#include "model/incarnation.h"
#include "model/version.h"
#include "store/sqlite/connection.h"

namespace coolkit::store {

struct Life {
  model::Incarnation incarnation;
  std::int64_t number = 0;     // of the last change: the snapshot's position
  std::int64_t pruned_to = 0;  // change rows up to this number may be gone

  [[nodiscard]] model::Position position() const { return {number}; }
};

// The statement that reads it.
inline constexpr std::string_view kLifeSql =
    "SELECT i.system_id, i.id, i.base, i.pruned_to, (SELECT max(number) FROM change) "
    "FROM incarnation AS i";

// Runs a statement prepared from kLifeSql; resets it. SQLITE_OK, or the failure; SQLITE_CORRUPT
// when the row is missing.
[[nodiscard]] int ReadLife(Statement& statement, Life& life);

// Microseconds since 1970 by this machine's clock, which is SQLite's.
[[nodiscard]] DbTime DbNow(const Clock& clock);

// The base that lifts the next version to the present time; never below `base`.
[[nodiscard]] std::int64_t RaisedBase(std::int64_t base, std::int64_t number, DbTime now);

// Which changes are surely not in the file although they were once seen (it was put back to an
// earlier state); 0: none known.
struct LifeBeginning {
  std::string_view why;          // for the log: "created", "copied", "went back", "after restore"
  std::string_view file;         // identity of the file
  std::int64_t number_seen = 0;  // the highest change number that was ever seen
  bool scan = false;  // look at the versions of all entries: they may come from elsewhere
};
// In a transaction that holds the write lock: a new incarnation with a base above all versions of
// those before it (R14); cursors of before are lost. SQLITE_OK, or the failure.
[[nodiscard]] int BeginLife(Connection& connection, const LifeBeginning& beginning, DbTime now);

}  // namespace coolkit::store
