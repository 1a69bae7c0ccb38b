#include "store/sqlite/inspect.h"

#include <algorithm>
#include <map>

#include "store/sqlite/connection.h"
#include "store/sqlite/failure.h"
#include "store/sqlite/schema.h"

namespace coolkit::store {
namespace {

using enum Finding::Severity;

// "trigger entry_updated" → its SQL.
using Objects = std::map<std::string, std::string>;

int ReadObjects(const Connection& connection, Objects& objects) {
  Statement statement;
  int code = statement.Prepare(connection,
                               "SELECT type || ' ' || name, sql FROM sqlite_schema "
                               "WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'");
  if (code != SQLITE_OK) return code;
  while ((code = statement.Step()) == SQLITE_ROW) {
    objects.emplace(statement.Text(0), statement.Text(1));
  }
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

// What this release's migrations make of an empty database.
int ReadWanted(std::span<const SqliteMigration> migrations, Objects& objects) {
  Connection memory;
  int code = memory.Open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, "");
  for (const SqliteMigration& migration : migrations) {
    if (code != SQLITE_OK) return code;
    code = memory.Execute(std::string(migration.sql).c_str());
  }
  return code == SQLITE_OK ? ReadObjects(memory, objects) : code;
}

class Inspector {
 public:
  Inspector(const Connection& connection, const SqliteMigrateOptions& options)
      : connection_(connection), options_(options) {}

  int Run() {
    int code = Integrity();
    if (code == SQLITE_OK) code = Log();
    return code == SQLITE_OK ? Schema() : code;
  }
  // Whether migrations are to be applied is known before.
  void Pending(const std::string& names) {
    Add("schema-pending", kWarning, "migrations are to be applied: " + names,
        "`serve` applies them at its start", "coolkit migrate");
  }
  void Refused(const std::string& why) {
    Add("schema-refused", kError, why, "this release does not start on it",
        "use the release that the database needs; see coolkit migrate status");
  }
  Inspection Take() { return std::move(found_); }

 private:
  void Add(std::string id, Finding::Severity severity, std::string what, std::string why,
           std::string remedy) {
    found_.findings.push_back(
        {std::move(id), severity, std::move(what), std::move(why), std::move(remedy)});
  }

  int Integrity() {
    Statement statement;
    int code = statement.Prepare(connection_, "PRAGMA integrity_check(5)");
    std::string seen;
    while (code == SQLITE_OK || code == SQLITE_ROW) {
      code = statement.Step();
      if (code != SQLITE_ROW || statement.Text(0) == "ok") continue;
      seen += (seen.empty() ? "" : "; ") + std::string(statement.Text(0));
    }
    if ((code & 0xff) == SQLITE_CORRUPT) seen += seen.empty() ? "a page is malformed" : "";
    if (!seen.empty()) {
      std::replace(seen.begin(), seen.end(), '\n', ' ');
      Add("integrity", kError, "the file is damaged: " + seen,
          "acknowledged writes may be gone or wrong",
          "restore a copy, then coolkit migrate after-restore; look at the disk");
      return SQLITE_OK;
    }
    return code == SQLITE_DONE ? SQLITE_OK : code;
  }

  int Log() {
    std::string mode;
    const int code = QueryText(connection_, "PRAGMA journal_mode", mode);
    if (code == SQLITE_OK && mode != "wal") {
      Add("journal-mode", kWarning, "the journal mode is " + mode + ", not wal",
          "readers and the writer block each other", "coolkit sets it at its next start");
    }
    return code;
  }

  int Schema() {
    Objects wanted;
    Objects there;
    int code = ReadWanted(options_.migrations, wanted);
    if (code == SQLITE_OK) code = ReadObjects(connection_, there);
    if (code != SQLITE_OK) return code;
    std::string missing;
    std::string changed;
    for (const auto& [name, sql] : wanted) {
      const auto found = there.find(name);
      if (found != there.end() && found->second == sql) continue;
      std::string& list = found == there.end() ? missing : changed;
      list += (list.empty() ? "" : ", ") + name;
    }
    constexpr const char* kWhy =
        "without its triggers writes by others get no new version, or are not in the feed: caches "
        "serve old values for ever";
    constexpr const char* kRemedy =
        "make it again as in coolkit migrate --dry-run of an empty database, then coolkit migrate "
        "after-restore";
    if (!missing.empty()) Add("schema-missing", kError, "missing: " + missing, kWhy, kRemedy);
    if (!changed.empty()) Add("schema-changed", kError, "changed: " + changed, kWhy, kRemedy);
    return SQLITE_OK;
  }

  const Connection& connection_;
  const SqliteMigrateOptions& options_;
  Inspection found_;
};

std::string PendingNames(const std::vector<MigrationState>& states) {
  std::string names;
  for (const MigrationState& state : states) {
    if (state.kind != MigrationState::Kind::kPending) continue;
    names += (names.empty() ? "" : ", ") + std::to_string(state.number) + " " + state.name;
  }
  return names;
}

}  // namespace

Result<Inspection> InspectSqlite(const SqliteMigrateOptions& options, const Clock& clock) {
  const Result<std::vector<MigrationState>> status = SqliteMigrationStatus(options, clock);
  Connection connection;
  Inspector inspector(connection, options);
  if (!status) {
    if (status.error().code != ErrorCode::kStorageError) return Fail(status.error());
    inspector.Refused(status.error().detail);
    return inspector.Take();
  }
  if (const std::string names = PendingNames(*status); !names.empty()) {
    inspector.Pending(names);
    return inspector.Take();
  }
  int code =
      connection.Open(options.path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, options.vfs);
  if (code == SQLITE_OK) {
    sqlite3_busy_timeout(connection.get(), static_cast<int>(options.timeout.count()));
    code = connection.Execute("PRAGMA query_only = 1");
  }
  if (code == SQLITE_OK) code = inspector.Run();
  if (code == SQLITE_OK) return inspector.Take();
  const Error error = ExplainFailure(connection.get(), code, SqliteStage::kWork).error;
  return Fail(error.code, "database " + options.path + ": " + error.detail);
}

}  // namespace coolkit::store
