// Why: what SQLite says when it fails must become an answer that a client can act on, the same one
// everywhere: which error, whether a write may have happened, and whether the connection is still
// good. Pure; any thread.
#pragma once

#include <string_view>

#include "base/error.h"

struct sqlite3;

namespace coolkit::store {

// How far an operation had come.
enum class SqliteStage {
  kWork,    // reads, and writes before COMMIT: after a failure nothing happened
  kCommit,  // COMMIT itself: after an I/O error nobody knows whether the log holds it
};

struct SqliteFailure {
  Error error;              // without file names, values or keys
  std::string_view reason;  // of coolkit_database_connection_errors_total
  bool reopen = false;      // the connection is not to be trusted any more
};

// `code`: an extended result code; `db` may be null.
[[nodiscard]] SqliteFailure ExplainFailure(sqlite3* db, int code, SqliteStage stage);

// Somebody else holds a lock: worth another try.
[[nodiscard]] bool IsBusy(int code);
// The fault of one row alone (a constraint, a size), not of the database.
[[nodiscard]] bool IsRowFault(int code);

}  // namespace coolkit::store
