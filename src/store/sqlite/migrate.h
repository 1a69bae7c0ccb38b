// Why: the schema changes over the years under databases that hold people's data, while several
// processes start at once and old and new releases run side by side. Each migration is numbered,
// applied once and remembered with a checksum; `compatible_from` says which releases may still run
// on what it leaves. `coolkit migrate` is made of these functions.
//
// Thread safety: any thread, any process; appliers wait for each other.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/time.h"
#include "store/migration_state.h"

namespace coolkit::store {

struct SqliteMigration {
  int number = 0;
  std::string_view name;
  std::string_view sql;  // its first line is `-- compatible_from: N`
};

// All that this release knows, in order, numbered from 1.
[[nodiscard]] std::span<const SqliteMigration> KnownSqliteMigrations();

struct SqliteMigrateOptions {
  std::string path;
  std::string vfs;             // empty: SQLite's default; for tests
  milliseconds timeout{5000};  // for locks that others hold
  std::span<const SqliteMigration> migrations = KnownSqliteMigrations();  // in order, from 1
};

// What is applied and what is pending, by number. Changes nothing; without a file all is pending.
// It is also the dry run: what is pending is what MigrateSqlite would apply, in this order.
// Errors, naming the path: what CheckDatabaseFile says, kStorageError (not a SQLite database, of
// another application, a migration that was changed, a database whose compatible_from is above
// what this release knows), kDatabaseUnavailable (locked).
[[nodiscard]] Result<std::vector<MigrationState>> SqliteMigrationStatus(
    const SqliteMigrateOptions& options, const Clock& clock);

// Creates the file if need be and applies what is pending, each migration in a transaction of its
// own; the answer is the state after it. Safe while others do the same.
[[nodiscard]] Result<std::vector<MigrationState>> MigrateSqlite(const SqliteMigrateOptions& options,
                                                                const Clock& clock);

// After data were put back by hand (a file copied over the old one in place, rows loaded with
// their versions): begins a new incarnation above all versions in the table.
[[nodiscard]] Result<void> SqliteAfterRestore(const SqliteMigrateOptions& options,
                                              const Clock& clock);

}  // namespace coolkit::store
