#include "store/sqlite/failure.h"

#include <sqlite3.h>

#include <string>

namespace coolkit::store {
namespace {

SqliteFailure Make(ErrorCode code, std::string_view detail, std::string_view reason, bool reopen) {
  return {Error{code, std::string(detail), {}}, reason, reopen};
}

// "unable to open database file (14)": SQLite's own words and the extended code for a search.
std::string Words(int code) {
  return std::string(sqlite3_errstr(code & 0xff)) + " (" + std::to_string(code) + ")";
}

}  // namespace

bool IsBusy(int code) {
  const int primary = code & 0xff;
  return primary == SQLITE_BUSY || primary == SQLITE_LOCKED || primary == SQLITE_PROTOCOL;
}

bool IsRowFault(int code) {
  const int primary = code & 0xff;
  return primary == SQLITE_CONSTRAINT || primary == SQLITE_TOOBIG || primary == SQLITE_MISMATCH;
}

SqliteFailure ExplainFailure(sqlite3* db, int code, SqliteStage stage) {
  if (IsBusy(code)) {
    return Make(ErrorCode::kDatabaseUnavailable, "the database is locked by another process",
                "locked", false);
  }
  if (IsRowFault(code)) {
    return Make(ErrorCode::kStorageError, "the database refused the row: " + Words(code), "schema",
                false);
  }
  switch (code & 0xff) {
    case SQLITE_FULL:
      // The write was cut short, so the log holds no whole commit record.
      return Make(ErrorCode::kStorageFull, "the disk of the database is full", "full", false);
    case SQLITE_IOERR:
      if (stage == SqliteStage::kCommit) {
        return Make(ErrorCode::kOutcomeUnknown,
                    "an I/O error met the commit; it may or may not have happened: " + Words(code),
                    "io", true);
      }
      return Make(ErrorCode::kStorageError, "the database met an I/O error: " + Words(code), "io",
                  true);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Make(ErrorCode::kStorageError, "the database file is damaged: " + Words(code),
                  "corrupt", true);
    case SQLITE_CANTOPEN:
      return Make(ErrorCode::kDatabaseUnavailable,
                  "the database file could not be opened: " + Words(code), "open", true);
    case SQLITE_READONLY:
      return Make(ErrorCode::kStorageError, "the database file is read-only: " + Words(code),
                  "open", true);
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Make(ErrorCode::kStorageError, "no permission for the database file: " + Words(code),
                  "open", true);
    case SQLITE_NOMEM:
      return Make(ErrorCode::kOverloaded, "the database ran out of memory", "other", true);
    case SQLITE_ERROR:
    case SQLITE_SCHEMA:
      // Our statements are fixed, so the message names at most a table or a trigger's sentence.
      return Make(ErrorCode::kStorageError,
                  "the database refused a statement: " +
                      (db != nullptr ? std::string(sqlite3_errmsg(db)) : Words(code)),
                  "schema", true);
    default:
      return Make(ErrorCode::kStorageError, "the database failed: " + Words(code), "other", true);
  }
}

}  // namespace coolkit::store
