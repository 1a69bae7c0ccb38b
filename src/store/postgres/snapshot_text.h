// Why: a cursor of the feed is a snapshot of PostgreSQL in its text form, `xmin:xmax:xip,…`, and
// positions are computed from it. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "model/version.h"

namespace coolkit::store {

struct PgSnapshot {
  std::uint64_t xmin = 0;
  std::uint64_t xmax = 0;
  std::vector<std::uint64_t> xip;  // rising, each in [xmin, xmax)

  [[nodiscard]] model::Position position() const {
    return {static_cast<std::int64_t>(xmax - xip.size())};
  }
};

// Nothing for what PostgreSQL does not write.
[[nodiscard]] std::optional<PgSnapshot> ParsePgSnapshot(std::string_view text);

}  // namespace coolkit::store
