#include "store/sqlite/connection.h"

namespace coolkit::store {
namespace {

// SQLite takes a null pointer for NULL, also with a length of 0.
const char* NotNull(std::string_view bytes) { return bytes.data() == nullptr ? "" : bytes.data(); }

}  // namespace

int Connection::Open(const std::string& path, int flags, const std::string& vfs) {
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &db, flags, vfs.empty() ? nullptr : vfs.c_str());
  db_.reset(db);
  if (code != SQLITE_OK) {
    const int extended = db == nullptr ? code : sqlite3_extended_errcode(db);
    db_.reset();
    return extended;
  }
  sqlite3_extended_result_codes(db, 1);
  return SQLITE_OK;
}

int Connection::Execute(const char* sql) {
  return sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
}

void Connection::Rollback() {
  if (db_ != nullptr && InTransaction()) static_cast<void>(Execute("ROLLBACK"));
}

int Statement::Prepare(const Connection& connection, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  statement_.reset(statement);
  return code;
}

void Statement::BindText(int parameter, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), parameter, NotNull(text), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
}

void Statement::BindBlob(int parameter, std::string_view bytes) {
  sqlite3_bind_blob64(statement_.get(), parameter, NotNull(bytes), bytes.size(), SQLITE_STATIC);
}

void Statement::BindTime(int parameter, const std::optional<DbTime>& time) {
  if (time) {
    BindInt(parameter, time->time_since_epoch().count());
  } else {
    BindNull(parameter);
  }
}

int Statement::Run() {
  int code = Step();
  while (code == SQLITE_ROW) code = Step();
  Reset();
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

std::string_view Statement::Text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_.get(), column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::string_view Statement::Blob(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

int QueryInt(const Connection& connection, std::string_view sql, std::int64_t& value) {
  Statement statement;
  int code = statement.Prepare(connection, sql);
  if (code != SQLITE_OK) return code;
  code = statement.Step();
  if (code == SQLITE_ROW) value = statement.Int(0);
  return code == SQLITE_ROW ? SQLITE_OK : code == SQLITE_DONE ? SQLITE_EMPTY : code;
}

int QueryText(const Connection& connection, std::string_view sql, std::string& value) {
  Statement statement;
  int code = statement.Prepare(connection, sql);
  if (code != SQLITE_OK) return code;
  code = statement.Step();
  if (code == SQLITE_ROW) value = statement.Text(0);
  return code == SQLITE_ROW ? SQLITE_OK : code == SQLITE_DONE ? SQLITE_EMPTY : code;
}

}  // namespace coolkit::store
