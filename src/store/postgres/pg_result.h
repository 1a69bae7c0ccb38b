// Why: a result of libpq with its columns read in the binary format. Move-only; any one thread.
#pragma once

#include <libpq-fe.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/time.h"

namespace coolkit::store {

class PgResult {
 public:
  explicit PgResult(PGresult* result) : result_(result) {}

  // Nothing: libpq says so at the end of a statement's results.
  [[nodiscard]] bool IsEnd() const { return result_ == nullptr; }
  [[nodiscard]] ExecStatusType status() const { return PQresultStatus(result_.get()); }
  [[nodiscard]] bool ok() const {
    const ExecStatusType s = status();
    return s == PGRES_TUPLES_OK || s == PGRES_COMMAND_OK || s == PGRES_PIPELINE_SYNC;
  }
  // Of an error that the server sent; empty: none, or one that libpq made.
  [[nodiscard]] std::string_view sqlstate() const {
    const char* state = PQresultErrorField(result_.get(), PG_DIAG_SQLSTATE);
    return state == nullptr ? std::string_view() : std::string_view(state);
  }
  [[nodiscard]] std::string_view message() const {
    const char* text = PQresultErrorField(result_.get(), PG_DIAG_MESSAGE_PRIMARY);
    return text == nullptr ? std::string_view(PQresultErrorMessage(result_.get()))
                           : std::string_view(text);
  }

  [[nodiscard]] int rows() const { return PQntuples(result_.get()); }
  [[nodiscard]] int columns() const { return PQnfields(result_.get()); }
  [[nodiscard]] bool IsNull(int row, int column) const {
    return PQgetisnull(result_.get(), row, column) != 0;
  }
  // The bytes of a text or bytea; empty for NULL.
  [[nodiscard]] std::string_view Bytes(int row, int column) const {
    return {PQgetvalue(result_.get(), row, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
  }
  // An int2, int4 or int8; 0 for NULL.
  [[nodiscard]] std::int64_t Int(int row, int column) const;
  [[nodiscard]] bool Bool(int row, int column) const { return Int(row, column) != 0; }
  // Microseconds since 1970; kept within 70,000 years, so that a little more is a time too.
  [[nodiscard]] DbTime Time(int row, int column) const {
    return DbTime(microseconds(std::clamp(Int(row, column), -kTimeMax, kTimeMax)));
  }
  [[nodiscard]] std::optional<DbTime> OptionalTime(int row, int column) const {
    if (IsNull(row, column)) return std::nullopt;
    return Time(row, column);
  }
  // A timestamptz: microseconds since 2000.
  [[nodiscard]] std::optional<DbTime> Timestamp(int row, int column) const {
    if (IsNull(row, column)) return std::nullopt;
    return Time(row, column) + seconds(946'684'800);
  }

 private:
  static constexpr std::int64_t kTimeMax = std::int64_t{1} << 61;
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clear> result_;
};

}  // namespace coolkit::store
