// Why: a version orders the writes of one key, a position orders snapshots of one database life;
// both are 63-bit numbers and mixing them up would be silent, so they are types. Values.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace coolkit::model {

// Grows with every write of a key, also across delete and re-create (R13). Absence has one too:
// "absent as of".
struct Version {
  std::int64_t value = 0;
  friend auto operator<=>(const Version&, const Version&) = default;
};

// xmax - |xip| of a snapshot (PostgreSQL) or the change number (SQLite). Comparable only within
// one incarnation.
struct Position {
  std::int64_t value = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

inline constexpr Position kNoPosition{std::numeric_limits<std::int64_t>::min()};

}  // namespace coolkit::model
