// Why: `coolkit migrate status` says the same about every kind of database. Values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"

namespace coolkit::store {

struct MigrationState {
  enum class Kind : std::uint8_t {
    kApplied,
    kPending,
    kUnknown,  // applied by a newer release
  };
  int number = 0;
  std::string name;
  int compatible_from = 0;
  Kind kind = Kind::kPending;
  std::optional<DbTime> applied_at;
};

}  // namespace coolkit::store
