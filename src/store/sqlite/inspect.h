// Why: the same look at a SQLite file as store/postgres/inspect.h takes at a server: is it whole,
// is its log of the right kind, does it still have the triggers that make every writer visible?
// Changes nothing. Any thread; blocking; reads the whole file.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "store/inspection.h"
#include "store/sqlite/migrate.h"

namespace coolkit::store {

// Errors, naming the path: what CheckDatabaseFile says, kDatabaseUnavailable (locked),
// kStorageError (not a SQLite database, of another application).
[[nodiscard]] Result<Inspection> InspectSqlite(const SqliteMigrateOptions& options,
                                               const Clock& clock);

}  // namespace coolkit::store
