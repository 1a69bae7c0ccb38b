#include "store/postgres/migrate.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.h"
#include "crypto/digest.h"
#include "store/migrations/postgres/0001_initial.sql.h"
#include "store/migrations/postgres/grants.sql.h"
#include "store/migrations/postgres/roles.sql.h"
#include "store/postgres/session.h"

namespace coolkit::store {
namespace {

constexpr std::array<PostgresMigrationFile, 1> kKnown{{
    {1, "initial", kEmbedded_0001_initial_sql},
}};

using Rows = std::vector<PgSession::Row>;

std::string ChecksumOf(std::string_view sql) {
  const crypto::Sha256Digest digest = crypto::Sha256(sql);
  return HexEncode(crypto::AsBytes(digest));
}

// The number in the first line; 0 when it is malformed, which nothing is compatible with.
int CompatibleFrom(std::string_view sql) {
  constexpr std::string_view kPrefix = "-- compatible_from: ";
  if (!sql.starts_with(kPrefix)) return 0;
  sql.remove_prefix(kPrefix.size());
  return static_cast<int>(ParseDecimal(sql.substr(0, sql.find('\n'))).value_or(0));
}

int NumberOf(const std::optional<std::string>& text) {
  return text ? static_cast<int>(ParseDecimal(*text).value_or(0)) : 0;
}

bool IsTrue(const Rows& rows) { return !rows.empty() && rows[0][0] == "t"; }

std::string NameOf(const MigrationState& state) {
  return "schema " + std::to_string(state.number) + " (" + state.name + ")";
}

Result<Rows> ReadApplied(PgSession& session) {
  const Result<Rows> table = session.Query("SELECT to_regclass('coolkit.migration') IS NOT NULL");
  if (!table) return Fail(table.error());
  if (!IsTrue(*table)) return Rows{};
  return session.Query(
      "SELECT number, name, compatible_from, encode(sha256, 'hex'), "
      "(extract(epoch FROM applied_at) * 1000000)::bigint FROM coolkit.migration ORDER BY number");
}

// Joins what is applied with what is known.
Result<std::vector<MigrationState>> Compare(const Rows& applied,
                                            std::span<const PostgresMigrationFile> known) {
  std::vector<MigrationState> states;
  for (const PgSession::Row& row : applied) {
    MigrationState state;
    state.number = NumberOf(row[0]);
    state.name = row[1].value_or("");
    state.compatible_from = NumberOf(row[2]);
    state.kind = MigrationState::Kind::kUnknown;
    if (row[4]) {
      const auto at = static_cast<std::int64_t>(ParseDecimal(*row[4]).value_or(0));
      state.applied_at = DbTime(microseconds(at));
    }
    for (const PostgresMigrationFile& file : known) {
      if (file.number != state.number) continue;
      state.kind = MigrationState::Kind::kApplied;
      if (row[3] != ChecksumOf(file.sql)) {
        return Fail(ErrorCode::kStorageError,
                    NameOf(state) +
                        " in the database is not the one that this release knows: its "
                        "checksum differs");
      }
    }
    if (state.compatible_from > static_cast<int>(known.size())) {
      return Fail(ErrorCode::kStorageError, NameOf(state) + " needs a release that knows schema " +
                                                std::to_string(state.compatible_from) +
                                                "; this release knows up to schema " +
                                                std::to_string(known.size()));
    }
    states.push_back(std::move(state));
  }
  for (const PostgresMigrationFile& file : known) {
    if (std::any_of(states.begin(), states.end(),
                    [&](const MigrationState& state) { return state.number == file.number; })) {
      continue;
    }
    MigrationState pending;
    pending.number = file.number;
    pending.name = file.name;
    pending.compatible_from = CompatibleFrom(file.sql);
    states.push_back(std::move(pending));
  }
  std::sort(states.begin(), states.end(),
            [](const MigrationState& a, const MigrationState& b) { return a.number < b.number; });
  return states;
}

bool HasPending(const std::vector<MigrationState>& states) {
  return std::any_of(states.begin(), states.end(), [](const MigrationState& state) {
    return state.kind == MigrationState::Kind::kPending;
  });
}

// The steps of an application, in one transaction of the session.
class Application {
 public:
  Application(PgSession& session, std::span<const PostgresMigrationFile> known)
      : session_(session), known_(known) {}

  Result<PostgresMigration> Run() {
    Result<PostgresMigration> done = Steps();
    if (!done) {
      static_cast<void>(session_.Execute("ROLLBACK"));
      return done;
    }
    if (Result<void> committed = session_.Execute("COMMIT"); !committed) {
      return Fail(std::move(committed.error()));
    }
    return done;
  }

 private:
  Result<PostgresMigration> Steps() {
    const Result<void> begun = session_.Execute(
        "BEGIN; SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; "
        "SELECT pg_advisory_xact_lock(hashtextextended('coolkit.migration', 0))");
    if (!begun) return Fail(begun.error());
    if (Result<void> roles = MakeRoles(); !roles) return Fail(std::move(roles.error()));
    const Result<Rows> applied = ReadApplied(session_);
    if (!applied) return Fail(applied.error());
    Result<std::vector<MigrationState>> states = Compare(*applied, known_);
    if (!states) return Fail(std::move(states.error()));
    for (const MigrationState& state : *states) {
      if (state.kind != MigrationState::Kind::kPending) continue;
      if (Result<void> one = ApplyOne(known_[static_cast<std::size_t>(state.number) - 1]); !one) {
        return Fail(std::move(one.error()));
      }
    }
    if (Result<void> grants = Grant(); !grants) return Fail(std::move(grants.error()));
    const Result<Rows> now = ReadApplied(session_);
    if (!now) return Fail(now.error());
    states = Compare(*now, known_);
    if (!states) return Fail(std::move(states.error()));
    return PostgresMigration{std::move(*states), std::move(notes_)};
  }

  Result<bool> Ask(const char* sql) {
    const Result<Rows> rows = session_.Query(sql);
    if (!rows) return Fail(rows.error());
    return IsTrue(*rows);
  }

  // Runs what may be refused, without losing the transaction.
  bool Try(const std::string& sql) {
    if (!session_.Execute("SAVEPOINT attempt")) return false;
    const bool done = session_.Execute(sql).has_value();
    static_cast<void>(
        session_.Execute(done ? "RELEASE SAVEPOINT attempt" : "ROLLBACK TO SAVEPOINT attempt"));
    return done;
  }

  // Roles, where the user may make them, and the one that owns the schema from now on.
  Result<void> MakeRoles() {
    const Result<bool> all = Ask(kAllRolesExist);
    if (!all) return Fail(all.error());
    if (!*all && !Try(std::string(kEmbedded_roles_sql))) {
      notes_.emplace_back(
          "the roles coolkit_owner, coolkit_service, coolkit_reader and coolkit_writer were not "
          "created: the user has no CREATEROLE; the schema belongs to the user, and nobody else "
          "was given rights");
      return {};
    }
    static_cast<void>(Try("GRANT coolkit_owner TO CURRENT_USER"));
    const Result<bool> member = Ask("SELECT pg_has_role('coolkit_owner', 'MEMBER')");
    if (!member) return Fail(member.error());
    const Result<bool> foreign =
        Ask("SELECT EXISTS (SELECT FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner "
            "WHERE n.nspname = 'coolkit' AND r.rolname <> 'coolkit_owner')");
    if (!foreign) return Fail(foreign.error());
    static_cast<void>(
        Try("DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO coolkit_owner', "
            "current_database()); END $$"));
    const Result<bool> may_create =
        Ask("SELECT has_database_privilege('coolkit_owner', current_database(), 'CREATE')");
    if (!may_create) return Fail(may_create.error());
    if (*foreign) {
      notes_.emplace_back("the schema coolkit does not belong to coolkit_owner; it stays so");
      return {};
    }
    if (!*member || !*may_create) {
      notes_.emplace_back(
          "the schema was not given to coolkit_owner: the user is no member of it, or it may not "
          "create a schema in this database");
      return {};
    }
    return session_.Execute("SET LOCAL ROLE coolkit_owner");
  }

  Result<void> ApplyOne(const PostgresMigrationFile& file) {
    if (Result<void> done = session_.Execute(std::string(file.sql)); !done) {
      return Fail(done.error().code,
                  "schema " + std::to_string(file.number) + ": " + done.error().detail);
    }
    const Result<Rows> noted = session_.Query(
        "INSERT INTO coolkit.migration (number, name, sha256, compatible_from) "
        "VALUES ($1, $2, decode($3, 'hex'), $4)",
        {std::to_string(file.number), std::string(file.name), ChecksumOf(file.sql),
         std::to_string(CompatibleFrom(file.sql))});
    if (!noted) return Fail(noted.error());
    return {};
  }

  Result<void> Grant() {
    const Result<bool> all = Ask(kAllRolesExist);
    if (!all) return Fail(all.error());
    if (!*all) return {};
    if (!Try(std::string(kEmbedded_grants_sql))) {
      notes_.emplace_back("the roles were given no rights: the schema belongs to somebody else");
    }
    return {};
  }

  static constexpr const char* kAllRolesExist =
      "SELECT count(*) = 4 FROM pg_roles WHERE rolname IN ('coolkit_owner', 'coolkit_service', "
      "'coolkit_reader', 'coolkit_writer')";

  PgSession& session_;
  std::span<const PostgresMigrationFile> known_;
  std::vector<std::string> notes_;
};

Result<std::vector<MigrationState>> ReadStates(PgSession& session,
                                               std::span<const PostgresMigrationFile> known) {
  const Result<Rows> applied = ReadApplied(session);
  if (!applied) return Fail(applied.error());
  return Compare(*applied, known);
}

}  // namespace

std::span<const PostgresMigrationFile> KnownPostgresMigrations() { return kKnown; }

Result<PostgresMigration> PostgresMigrationStatus(const PostgresMigrateOptions& options) {
  Result<PgSession> session = PgSession::Connect(options.url, options.connect_timeout);
  if (!session) return Fail(std::move(session.error()));
  Result<std::vector<MigrationState>> states = ReadStates(*session, options.migrations);
  if (!states) return Fail(std::move(states.error()));
  return PostgresMigration{std::move(*states), {}};
}

Result<PostgresMigration> MigratePostgres(const PostgresMigrateOptions& options) {
  Result<PgSession> session = PgSession::Connect(options.url, options.connect_timeout);
  if (!session) return Fail(std::move(session.error()));
  return MigratePostgres(*session, options.migrations);
}

Result<PostgresMigration> MigratePostgres(PgSession& session,
                                          std::span<const PostgresMigrationFile> migrations) {
  Result<std::vector<MigrationState>> states = ReadStates(session, migrations);
  if (!states) return Fail(std::move(states.error()));
  if (!HasPending(*states)) return PostgresMigration{std::move(*states), {}};
  return Application(session, migrations).Run();
}

Result<void> PostgresAfterRestore(const PostgresMigrateOptions& options) {
  Result<PgSession> session = PgSession::Connect(options.url, options.connect_timeout);
  if (!session) return Fail(std::move(session.error()));
  const Result<Rows> done = session->Query("SELECT base FROM coolkit.after_restore()");
  if (!done) return Fail(done.error());
  return {};
}

}  // namespace coolkit::store
