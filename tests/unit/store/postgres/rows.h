// Why: what the rows of PostgreSQL mean is tested, and fuzzed, with rows that no server would send.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "store/postgres/pg_result.h"

namespace coolkit::store {

using PgCell = std::optional<std::string>;  // bytes in the binary format; nothing: NULL
using PgCells = std::vector<std::vector<PgCell>>;

// An int8.
[[nodiscard]] inline PgCell PgInt(std::int64_t number) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(static_cast<std::uint64_t>(number) >> shift);
  }
  return bytes;
}

// Each row has `columns` cells at most; what is missing is NULL.
[[nodiscard]] inline PgResult PgRows(std::size_t columns, const PgCells& rows) {
  PGresult* result = PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK);
  std::string name = "c";
  std::vector<PGresAttDesc> attributes(columns);
  for (PGresAttDesc& attribute : attributes) {
    attribute.name = name.data();
    attribute.format = 1;
  }
  CHECK(PQsetResultAttrs(result, static_cast<int>(columns), attributes.data()) != 0);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      PgCell cell = column < rows[row].size() ? rows[row][column] : std::nullopt;
      CHECK(PQsetvalue(result, static_cast<int>(row), static_cast<int>(column),
                       cell ? cell->data() : nullptr,
                       cell ? static_cast<int>(cell->size()) : -1) != 0);
    }
  }
  return PgResult(result);
}

}  // namespace coolkit::store
