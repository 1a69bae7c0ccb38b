#include "store/sqlite/migrate.h"

#include <sys/stat.h>

#include <array>

#include "store/migrations/sqlite/0001_initial.sql.h"
#include "store/sqlite/database_file.h"
#include "store/sqlite/failure.h"
#include "store/sqlite/life.h"
#include "store/sqlite/open.h"
#include "store/sqlite/schema.h"

namespace coolkit::store {
namespace {

constexpr std::array<SqliteMigration, 1> kKnown{{{1, "initial", kEmbedded_0001_initial_sql}}};

OpenOptions OpenOptionsOf(const SqliteMigrateOptions& options) {
  OpenOptions open;
  open.path = options.path;
  open.vfs = options.vfs;
  open.timeout = options.timeout;
  open.migrations = options.migrations;
  return open;
}

bool Exists(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0;
}

}  // namespace

std::span<const SqliteMigration> KnownSqliteMigrations() { return kKnown; }

Result<std::vector<MigrationState>> SqliteMigrationStatus(const SqliteMigrateOptions& options,
                                                          const Clock& clock) {
  const bool exists = Exists(options.path);
  if (Result<void> file = CheckDatabaseFile(options.path, /*create=*/true); !file) {
    return Fail(std::move(file.error()));
  }
  if (!exists) return PendingStates(options.migrations);
  Connection connection;
  const int code =
      connection.Open(options.path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, options.vfs);
  if (code != SQLITE_OK) {
    return Fail(ExplainFailure(connection.get(), code, SqliteStage::kWork).error);
  }
  return ReadSchema(
      {connection, options.path, options.migrations, clock, clock.Now() + options.timeout});
}

Result<std::vector<MigrationState>> MigrateSqlite(const SqliteMigrateOptions& options,
                                                  const Clock& clock) {
  OpenOptions open = OpenOptionsOf(options);
  open.create = true;
  open.migrate = true;
  Result<Connection> connection = OpenDatabase(open, clock);
  if (!connection) return Fail(std::move(connection.error()));
  return ReadSchema(
      {*connection, options.path, options.migrations, clock, clock.Now() + options.timeout});
}

Result<void> SqliteAfterRestore(const SqliteMigrateOptions& options, const Clock& clock) {
  Result<Connection> connection = OpenDatabase(OpenOptionsOf(options), clock);
  if (!connection) return Fail(std::move(connection.error()));
  const BootTime deadline = clock.Now() + options.timeout;
  const std::string file = FileIdentity(options.path);
  int code =
      RetryWhileBusy(clock, deadline, [&] { return connection->Execute("BEGIN IMMEDIATE"); });
  if (code == SQLITE_OK) {
    LifeBeginning beginning;
    beginning.why = "after restore";
    beginning.file = file;
    beginning.scan = true;
    code = BeginLife(*connection, beginning, DbNow(clock));
    if (code == SQLITE_OK) code = connection->Execute("COMMIT");
  }
  if (code == SQLITE_OK) return {};
  const Error error = ExplainFailure(connection->get(), code, SqliteStage::kCommit).error;
  connection->Rollback();
  return Fail(error.code, "database " + options.path + ": " + error.detail);
}

}  // namespace coolkit::store
