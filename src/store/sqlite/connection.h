// Why: SQLite's handles are C; these own them, so that no path leaks one and statements die before
// their connection. Results are SQLite's extended codes: failure.h says what they mean.
// Not thread-safe: a connection and its statements belong to one thread at a time.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace coolkit::store {

class Connection {
 public:
  Connection() = default;  // closed

  // `flags`: SQLITE_OPEN_…; `vfs` empty: the default one. SQLITE_OK, or the reason.
  [[nodiscard]] int Open(const std::string& path, int flags, const std::string& vfs);
  void Close() { db_.reset(); }

  [[nodiscard]] bool is_open() const { return db_ != nullptr; }
  [[nodiscard]] sqlite3* get() const { return db_.get(); }
  [[nodiscard]] bool InTransaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }

  // Runs statements without parameters; rows are dropped.
  [[nodiscard]] int Execute(const char* sql);
  // Ends a transaction whatever its state; what it fails with has no meaning for anybody.
  void Rollback();

 private:
  struct Closer {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  std::unique_ptr<sqlite3, Closer> db_;
};

class Statement {
 public:
  Statement() = default;  // none

  // Kept compiled for the life of the connection.
  [[nodiscard]] int Prepare(const Connection& connection, std::string_view sql);

  // Parameters count from 1. Texts and blobs outlive the step.
  void BindInt(int parameter, std::int64_t value) {
    sqlite3_bind_int64(statement_.get(), parameter, value);
  }
  void BindText(int parameter, std::string_view text);
  void BindBlob(int parameter, std::string_view bytes);
  void BindNull(int parameter) { sqlite3_bind_null(statement_.get(), parameter); }
  void BindTime(int parameter, const std::optional<DbTime>& time);

  // SQLITE_ROW, SQLITE_DONE or a failure.
  [[nodiscard]] int Step() { return sqlite3_step(statement_.get()); }
  // Ready for the next run; ends the statement's hold on the snapshot.
  void Reset() { sqlite3_reset(statement_.get()); }
  // For statements without rows: SQLITE_OK or a failure; ready for the next run.
  [[nodiscard]] int Run();

  // Columns count from 0; views are valid until the next step or reset.
  [[nodiscard]] std::int64_t Int(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
  }
  [[nodiscard]] bool IsNull(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
  }
  [[nodiscard]] std::string_view Text(int column) const;
  [[nodiscard]] std::string_view Blob(int column) const;
  [[nodiscard]] DbTime Time(int column) const { return DbTime(microseconds(Int(column))); }
  [[nodiscard]] std::optional<DbTime> OptionalTime(int column) const {
    return IsNull(column) ? std::nullopt : std::optional(Time(column));
  }

 private:
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

// Resets the statement at the end of a scope, so that no snapshot stays open by accident.
class StatementScope {
 public:
  explicit StatementScope(Statement& statement) : statement_(statement) {}
  ~StatementScope() { statement_.Reset(); }
  StatementScope(const StatementScope&) = delete;
  StatementScope& operator=(const StatementScope&) = delete;

 private:
  Statement& statement_;
};

// The first column of the first row of `sql`, for pragmas and counts. SQLITE_OK, or the failure;
// SQLITE_EMPTY without a row.
[[nodiscard]] int QueryInt(const Connection& connection, std::string_view sql, std::int64_t& value);
[[nodiscard]] int QueryText(const Connection& connection, std::string_view sql, std::string& value);

}  // namespace coolkit::store
