// Why: everything that counts in positions counts within one uninterrupted life of the database
// (R12). Values; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coolkit::model {

struct Incarnation {
  std::uint64_t system_id = 0;        // PostgreSQL's system identifier; a random number for others
  std::uint32_t database_oid = 0;     // 0 where there is no such thing
  std::array<std::uint8_t, 16> id{};  // made anew with every life
  std::int64_t base = 0;              // orders lives: higher is newer; may grow within one

  // The same life: `base` does not count.
  friend bool operator==(const Incarnation& a, const Incarnation& b) {
    return a.system_id == b.system_id && a.database_oid == b.database_oid && a.id == b.id;
  }
};

// `<system id>.<database oid>.<id as 32 hex digits>.<base>`, decimal numbers.
[[nodiscard]] std::string FormatIncarnation(const Incarnation& incarnation);
// Exactly what FormatIncarnation writes (an id with the dashes of a UUID is taken too).
[[nodiscard]] std::optional<Incarnation> ParseIncarnation(std::string_view text);

}  // namespace coolkit::model
