// Why: every connection of a store is opened the same way: the checks that give clear start-up
// errors, the pragmas that durability hangs on (set and then checked), the schema, the life.
// Any thread; the connection that comes back belongs to its caller.
#pragma once

#include <span>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/migrate.h"

namespace coolkit::store {

struct OpenOptions {
  std::string path;
  std::string vfs;
  bool create = false;         // the file may be missing
  bool migrate = false;        // apply what is pending; else that is an error
  bool read_only = false;      // refuse writes on this connection once it is open
  int cache_kib = 2048;        // of SQLite's page cache
  milliseconds timeout{5000};  // for locks that others hold
  std::span<const SqliteMigration> migrations = KnownSqliteMigrations();
};

// Errors name the path: as SqliteMigrationStatus, and kStorageError when a pragma did not take.
[[nodiscard]] Result<Connection> OpenDatabase(const OpenOptions& options, const Clock& clock);

// The file at this connection's path is not the one that it has open: moved, removed or replaced.
[[nodiscard]] bool HasMoved(const Connection& connection);

}  // namespace coolkit::store
