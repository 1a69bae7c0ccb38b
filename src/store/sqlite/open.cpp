#include "store/sqlite/open.h"

#include <array>
#include <utility>

#include "store/sqlite/database_file.h"
#include "store/sqlite/failure.h"
#include "store/sqlite/schema.h"

namespace coolkit::store {
namespace {

// The log keeps at most this much room on the disk after it was reset.
constexpr int kLogBytesKept = 64 << 20;

std::unexpected<Error> Refuse(const OpenOptions& options, const Connection& connection, int code) {
  Error error = ExplainFailure(connection.get(), code, SqliteStage::kWork).error;
  error.detail = "database " + options.path + ": " + error.detail;
  return Fail(std::move(error));
}

// Sets a pragma and looks whether it took.
Result<void> SetPragma(const OpenOptions& options, Connection& connection, const std::string& name,
                       const std::string& value, std::int64_t expected) {
  const std::string pragma = "PRAGMA " + name;
  int code = connection.Execute((pragma + " = " + value).c_str());
  std::int64_t now = 0;
  if (code == SQLITE_OK) code = QueryInt(connection, pragma, now);
  if (code != SQLITE_OK) return Refuse(options, connection, code);
  if (now == expected) return {};
  return Fail(ErrorCode::kStorageError, "database " + options.path + ": SQLite did not take " +
                                            pragma + " = " + value + " but stays at " +
                                            std::to_string(now));
}

int SetLogMode(Connection& connection) {
  std::string mode;
  const int code = QueryText(connection, "PRAGMA journal_mode = WAL", mode);
  if (code != SQLITE_OK) return code;
  // SQLite answers with the old mode when it could not get the lock that the change needs.
  return mode == "wal" ? SQLITE_OK : SQLITE_BUSY;
}

Result<void> SetPragmas(const OpenOptions& options, Connection& connection) {
  struct Pragma {
    const char* name;
    std::string value;
    std::int64_t expected;
  };
  const std::string cache = std::to_string(-options.cache_kib);
  const std::array<Pragma, 9> pragmas{{
      {"synchronous", "FULL", 2},      // a COMMIT that returned is on the disk
      {"wal_autocheckpoint", "0", 0},  // checkpoints are the writer's: log_keeper.h
      {"cache_size", cache, -options.cache_kib},
      {"mmap_size", "0", 0},  // memory is counted, and a file that shrinks is no SIGBUS
      {"journal_size_limit", std::to_string(kLogBytesKept), kLogBytesKept},
      {"recursive_triggers", "OFF", 0},
      {"trusted_schema", "OFF", 0},
      {"temp_store", "MEMORY", 2},
      {"secure_delete", "FAST", 2},  // no more I/O than without
  }};
  for (const auto& [name, value, expected] : pragmas) {
    Result<void> set = SetPragma(options, connection, name, value, expected);
    if (!set) return set;
  }
  sqlite3_db_config(connection.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  return {};
}

Result<void> CheckNothingPending(const OpenOptions& options,
                                 const std::vector<MigrationState>& states) {
  for (const MigrationState& state : states) {
    if (state.kind != MigrationState::Kind::kPending) continue;
    return Fail(ErrorCode::kStorageError, "database " + options.path + ": schema " +
                                              std::to_string(state.number) + " (" + state.name +
                                              ") is not applied yet; run coolkit migrate");
  }
  return {};
}

}  // namespace

Result<Connection> OpenDatabase(const OpenOptions& options, const Clock& clock) {
  if (Result<void> file = CheckDatabaseFile(options.path, options.create); !file) {
    return Fail(std::move(file.error()));
  }
  Connection connection;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                    (options.create ? SQLITE_OPEN_CREATE : 0);
  int code = connection.Open(options.path, flags, options.vfs);
  if (code != SQLITE_OK) return Refuse(options, connection, code);

  const SchemaContext context{connection, options.path, options.migrations, clock,
                              clock.Now() + options.timeout};
  // Before anything is changed in a file that may be somebody else's.
  Result<std::vector<MigrationState>> states = ReadSchema(context);
  if (!states) return Fail(std::move(states.error()));
  code = RetryWhileBusy(clock, context.deadline, [&] { return SetLogMode(connection); });
  if (code != SQLITE_OK) return Refuse(options, connection, code);
  if (Result<void> set = SetPragmas(options, connection); !set) return Fail(std::move(set.error()));

  if (options.migrate) states = ApplySchema(context);
  if (!states) return Fail(std::move(states.error()));
  if (Result<void> complete = CheckNothingPending(options, *states); !complete) {
    return Fail(std::move(complete.error()));
  }
  if (Result<void> life = EnsureLife(context); !life) return Fail(std::move(life.error()));
  if (options.read_only) {
    Result<void> set = SetPragma(options, connection, "query_only", "ON", 1);
    if (!set) return Fail(std::move(set.error()));
  }
  return connection;
}

bool HasMoved(const Connection& connection) {
  int moved = 0;
  const int code = sqlite3_file_control(connection.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return code == SQLITE_OK && moved != 0;
}

}  // namespace coolkit::store
