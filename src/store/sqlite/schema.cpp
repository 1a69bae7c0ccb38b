#include "store/sqlite/schema.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/hash.h"
#include "base/text.h"
#include "store/sqlite/database_file.h"
#include "store/sqlite/failure.h"
#include "store/sqlite/life.h"

namespace coolkit::store {
namespace {

std::unexpected<Error> Refuse(const SchemaContext& context, const std::string& why) {
  return Fail(ErrorCode::kStorageError, "database " + context.path + ": " + why);
}

std::unexpected<Error> RefuseCode(const SchemaContext& context, int code) {
  if ((code & 0xff) == SQLITE_NOTADB) return Refuse(context, "it is not a SQLite database");
  Error error = ExplainFailure(context.connection.get(), code, SqliteStage::kWork).error;
  error.detail = "database " + context.path + ": " + error.detail;
  return Fail(std::move(error));
}

std::string Checksum(std::string_view sql) {
  const std::uint64_t hash = Hash64(sql);
  std::string bytes(sizeof(hash), '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(hash >> (8 * (bytes.size() - 1 - i)));
  }
  return HexEncode(bytes);
}

// The number in the first line; 0 when it is malformed, which nothing is compatible with.
int CompatibleFrom(std::string_view sql) {
  constexpr std::string_view kPrefix = "-- compatible_from: ";
  if (!sql.starts_with(kPrefix)) return 0;
  sql.remove_prefix(kPrefix.size());
  return static_cast<int>(ParseDecimal(sql.substr(0, sql.find('\n'))).value_or(0));
}

// "schema 3 (expiry)".
std::string NameOf(const MigrationState& state) {
  return "schema " + std::to_string(state.number) + " (" + state.name + ")";
}

struct AppliedRow {
  MigrationState state;
  std::string checksum;
};

int ReadApplied(const Connection& connection, std::vector<AppliedRow>& rows) {
  std::int64_t tables = 0;
  int code = QueryInt(connection,
                      "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = "
                      "'migration'",
                      tables);
  if (code != SQLITE_OK || tables == 0) return code;
  Statement statement;
  code = statement.Prepare(connection,
                           "SELECT number, name, compatible_from, applied_at, checksum "
                           "FROM migration ORDER BY number");
  if (code != SQLITE_OK) return code;
  while ((code = statement.Step()) == SQLITE_ROW) {
    AppliedRow row;
    row.state.number = static_cast<int>(statement.Int(0));
    row.state.name = statement.Text(1);
    row.state.compatible_from = static_cast<int>(statement.Int(2));
    row.state.applied_at = statement.Time(3);
    row.state.kind = MigrationState::Kind::kUnknown;
    row.checksum = statement.Text(4);
    rows.push_back(std::move(row));
  }
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

// Whose database is it? An empty one is nobody's yet. Both answers are of one snapshot: beside
// somebody who makes the tables they would contradict each other.
Result<void> CheckOwner(const SchemaContext& context) {
  std::int64_t application = 0;
  std::int64_t objects = 0;
  const int code = RetryWhileBusy(context.clock, context.deadline, [&] {
    int step = context.connection.Execute("BEGIN");
    if (step != SQLITE_OK) return step;
    step = QueryInt(context.connection, "SELECT count(*) FROM sqlite_schema", objects);
    if (step == SQLITE_OK) {
      step = QueryInt(context.connection, "PRAGMA application_id", application);
    }
    context.connection.Rollback();
    return step;
  });
  if (code != SQLITE_OK) return RefuseCode(context, code);
  if (application == kSqliteApplicationId || (application == 0 && objects == 0)) return {};
  if (application == 0) {
    return Refuse(context,
                  "it is a SQLite database of another application: it has tables, but "
                  "not the application id of coolkit");
  }
  return Refuse(context, "it is a SQLite database of another application (application id " +
                             std::to_string(application) + ", that of coolkit is " +
                             std::to_string(kSqliteApplicationId) + ")");
}

// Joins what is applied with what is known.
Result<std::vector<MigrationState>> Compare(const SchemaContext& context,
                                            std::vector<AppliedRow> applied) {
  std::vector<MigrationState> states;
  const int known = static_cast<int>(context.migrations.size());
  for (AppliedRow& row : applied) {
    MigrationState& state = row.state;
    if (state.number >= 1 && state.number <= known) {
      const SqliteMigration& migration =
          context.migrations[static_cast<std::size_t>(state.number) - 1];
      if (row.checksum != Checksum(migration.sql)) {
        return Refuse(context, NameOf(state) +
                                   " in the database is not the one that this release knows: its "
                                   "checksum differs");
      }
      state.kind = MigrationState::Kind::kApplied;
    }
    if (state.compatible_from > known) {
      return Refuse(context, NameOf(state) + " needs a release that knows schema " +
                                 std::to_string(state.compatible_from) +
                                 "; this release knows up to schema " + std::to_string(known));
    }
    states.push_back(std::move(state));
  }
  for (MigrationState& pending : PendingStates(context.migrations)) {
    const bool applied_already =
        std::any_of(states.begin(), states.end(),
                    [&](const MigrationState& state) { return state.number == pending.number; });
    if (!applied_already) states.push_back(std::move(pending));
  }
  std::sort(states.begin(), states.end(),
            [](const MigrationState& a, const MigrationState& b) { return a.number < b.number; });
  return states;
}

// In a transaction: the migration and its row, unless somebody else was quicker.
int ApplyOne(const SchemaContext& context, const SqliteMigration& migration) {
  Connection& connection = context.connection;
  std::vector<AppliedRow> applied;
  int code = ReadApplied(connection, applied);
  if (code != SQLITE_OK) return code;
  for (const AppliedRow& row : applied) {
    if (row.state.number == migration.number) return SQLITE_OK;
  }
  if (migration.number == 1) {
    const std::string mark = "PRAGMA application_id = " + std::to_string(kSqliteApplicationId);
    if ((code = connection.Execute(mark.c_str())) != SQLITE_OK) return code;
  }
  const std::string sql(migration.sql);
  if ((code = connection.Execute(sql.c_str())) != SQLITE_OK) return code;
  Statement insert;
  code = insert.Prepare(connection,
                        "INSERT INTO migration (number, name, checksum, compatible_from, "
                        "applied_at) VALUES (?1, ?2, ?3, ?4, ?5)");
  if (code != SQLITE_OK) return code;
  const std::string checksum = Checksum(migration.sql);
  insert.BindInt(1, migration.number);
  insert.BindText(2, migration.name);
  insert.BindText(3, checksum);
  insert.BindInt(4, CompatibleFrom(migration.sql));
  insert.BindInt(5, DbNow(context.clock).time_since_epoch().count());
  return insert.Run();
}

// Runs `work` in a transaction of its own, waiting for the write lock.
Result<void> InTransaction(const SchemaContext& context, const std::function<int()>& work) {
  Connection& connection = context.connection;
  int code = RetryWhileBusy(context.clock, context.deadline,
                            [&] { return connection.Execute("BEGIN IMMEDIATE"); });
  if (code == SQLITE_OK) code = work();
  if (code == SQLITE_OK) code = connection.Execute("COMMIT");
  if (code == SQLITE_OK) return {};
  const Error error = RefuseCode(context, code).error();
  connection.Rollback();
  return Fail(error);
}

}  // namespace

int RetryWhileBusy(const Clock& clock, BootTime deadline, const std::function<int()>& step) {
  for (;;) {
    const int code = step();
    if (!IsBusy(code) || clock.Now() >= deadline) return code;
    std::this_thread::sleep_for(milliseconds(2));
  }
}

std::vector<MigrationState> PendingStates(std::span<const SqliteMigration> migrations) {
  std::vector<MigrationState> states;
  for (const SqliteMigration& migration : migrations) {
    MigrationState pending;
    pending.number = migration.number;
    pending.name = migration.name;
    pending.compatible_from = CompatibleFrom(migration.sql);
    states.push_back(std::move(pending));
  }
  return states;
}

Result<std::vector<MigrationState>> ReadSchema(const SchemaContext& context) {
  if (Result<void> owner = CheckOwner(context); !owner) return Fail(std::move(owner.error()));
  std::vector<AppliedRow> applied;
  const int code = RetryWhileBusy(context.clock, context.deadline, [&] {
    applied.clear();
    return ReadApplied(context.connection, applied);
  });
  if (code != SQLITE_OK) return RefuseCode(context, code);
  return Compare(context, std::move(applied));
}

Result<std::vector<MigrationState>> ApplySchema(const SchemaContext& context) {
  Result<std::vector<MigrationState>> states = ReadSchema(context);
  if (!states) return states;
  for (const MigrationState& state : *states) {
    if (state.kind != MigrationState::Kind::kPending) continue;
    const SqliteMigration& migration =
        context.migrations[static_cast<std::size_t>(state.number) - 1];
    Result<void> applied = InTransaction(context, [&] { return ApplyOne(context, migration); });
    if (!applied) return Fail(std::move(applied.error()));
  }
  return ReadSchema(context);
}

Result<void> EnsureLife(const SchemaContext& context) {
  const std::string file = FileIdentity(context.path);
  std::string belongs_to;
  const auto read = [&] {
    return QueryText(context.connection, "SELECT file FROM incarnation", belongs_to);
  };
  const int code = RetryWhileBusy(context.clock, context.deadline, read);
  if (code != SQLITE_OK) return RefuseCode(context, code);
  if (belongs_to == file) return {};
  return InTransaction(context, [&] {
    const int again = read();
    if (again != SQLITE_OK || belongs_to == file) return again;
    LifeBeginning beginning;
    beginning.why = belongs_to.empty() ? "created" : "copied";
    beginning.file = file;
    return BeginLife(context.connection, beginning, DbNow(context.clock));
  });
}

}  // namespace coolkit::store
