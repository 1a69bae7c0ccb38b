#include "store/postgres/migrate.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.h"
#include "crypto/digest.h"
#include "store/migrations/postgres/0001_initial.sql.h"
#include "store/migrations/postgres/0002_ring_key.sql.h"
#include "store/migrations/postgres/0003_cheaper_check.sql.h"
#include "store/migrations/postgres/grants.sql.h"
#include "store/migrations/postgres/owner.sql.h"
#include "store/migrations/postgres/roles.sql.h"
#include "store/postgres/session.h"
#include "store/postgres/sql/migrate_facts.sql.h"

namespace coolkit::store {
namespace {

constexpr std::array<PostgresMigrationFile, 3> kKnown{{
    {1, "initial", kEmbedded_0001_initial_sql},
    {2, "ring_key", kEmbedded_0002_ring_key_sql},
    {3, "cheaper_check", kEmbedded_0003_cheaper_check_sql},
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
                        "checksum differs. Nothing was changed. An applied migration is never "
                        "edited: put its file back and write a new one");
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

// As sql/migrate_facts.sql says.
struct Facts {
  bool all_roles = false;
  bool may_make_roles = false;
  bool member = false;      // of coolkit_owner, or can become one
  bool may_create = false;  // coolkit_owner may create the schema, or can be let
  bool foreign = false;     // the schema belongs to another role
  bool may_change = false;
};

Result<Facts> ReadFacts(PgSession& session) {
  const Result<Rows> rows = session.Query(kEmbedded_migrate_facts_sql.data());
  if (!rows) return Fail(rows.error());
  if (rows->size() != 1) return Fail(ErrorCode::kStorageError, "the user of the session is gone");
  const auto is = [&](std::size_t column) { return (*rows)[0][column] == "t"; };
  return Facts{is(0), is(1), is(2), is(3), is(4), is(5)};
}

constexpr const char* kBegin =
    "BEGIN; SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; "
    "SELECT pg_advisory_xact_lock(hashtextextended('coolkit.migration', 0))";
constexpr const char* kBecomeOwner = "SET LOCAL ROLE coolkit_owner";

constexpr const char* kNoRoles =
    "the roles coolkit_owner, coolkit_service, coolkit_reader and coolkit_writer were not "
    "created: the user has no CREATEROLE; the schema belongs to the user, and nobody else "
    "was given rights";
constexpr const char* kForeign = "the schema coolkit does not belong to coolkit_owner; it stays so";
constexpr const char* kNotGiven =
    "the schema was not given to coolkit_owner: the user is no member of it, or it may not "
    "create a schema in this database";
constexpr const char* kNoGrants =
    "the roles were given no rights: the schema belongs to somebody else";

// A checksum needs no quoting, the name of a file neither.
std::string NoteOf(const PostgresMigrationFile& file) {
  return "INSERT INTO coolkit.migration (number, name, sha256, compatible_from) VALUES (" +
         std::to_string(file.number) + ", '" + std::string(file.name) + "', decode('" +
         ChecksumOf(file.sql) + "', 'hex'), " + std::to_string(CompatibleFrom(file.sql)) + ")";
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
    const Result<void> begun = session_.Execute(kBegin);
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
    const Result<Facts> facts = ReadFacts(session_);
    if (!facts) return Fail(facts.error());
    if (facts->all_roles && !Try(std::string(kEmbedded_grants_sql))) notes_.emplace_back(kNoGrants);
    const Result<Rows> now = ReadApplied(session_);
    if (!now) return Fail(now.error());
    states = Compare(*now, known_);
    if (!states) return Fail(std::move(states.error()));
    return PostgresMigration{std::move(*states), std::move(notes_), {}};
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
    Result<Facts> facts = ReadFacts(session_);
    if (!facts) return Fail(std::move(facts.error()));
    if (!facts->all_roles && !Try(std::string(kEmbedded_roles_sql))) {
      notes_.emplace_back(kNoRoles);
      return {};
    }
    if (facts->foreign) {
      notes_.emplace_back(kForeign);
      return {};
    }
    const bool prepared = Try(std::string(kEmbedded_owner_sql));
    const Result<Rows> ready = session_.Query(
        "SELECT pg_has_role('coolkit_owner', 'MEMBER') AND "
        "has_database_privilege('coolkit_owner', current_database(), 'CREATE')");
    if (!ready) return Fail(ready.error());
    if (!prepared || !IsTrue(*ready)) {
      notes_.emplace_back(kNotGiven);
      return {};
    }
    return session_.Execute(kBecomeOwner);
  }

  Result<void> ApplyOne(const PostgresMigrationFile& file) {
    Result<void> done = session_.Execute(std::string(file.sql));
    if (done) done = session_.Execute(NoteOf(file));
    if (done) return {};
    return Fail(done.error().code,
                "schema " + std::to_string(file.number) + ": " + done.error().detail);
  }

  PgSession& session_;
  std::span<const PostgresMigrationFile> known_;
  std::vector<std::string> notes_;
};

// The script that does what Application would do, as far as can be known without trying.
std::string ScriptOf(const Facts& facts, const std::vector<MigrationState>& states,
                     std::span<const PostgresMigrationFile> known,
                     std::vector<std::string>& notes) {
  std::string script = std::string(kBegin) + ";\n";
  const auto add = [&script](std::string_view sql) {
    script += sql;
    if (!sql.ends_with('\n')) script += ";\n";
  };
  const bool roles = facts.all_roles || facts.may_make_roles;
  if (!facts.all_roles && roles) add(kEmbedded_roles_sql);
  if (!roles) {
    notes.emplace_back(kNoRoles);
  } else if (facts.foreign) {
    notes.emplace_back(kForeign);
  } else if (!facts.member || !facts.may_create) {
    notes.emplace_back(kNotGiven);
  } else {
    add(kEmbedded_owner_sql);
    add(kBecomeOwner);
  }
  for (const MigrationState& state : states) {
    if (state.kind != MigrationState::Kind::kPending) continue;
    const PostgresMigrationFile& file = known[static_cast<std::size_t>(state.number) - 1];
    add(file.sql);
    add(NoteOf(file));
  }
  if (roles) add(kEmbedded_grants_sql);
  add("COMMIT");
  return script;
}

Result<std::vector<MigrationState>> ReadStates(PgSession& session,
                                               std::span<const PostgresMigrationFile> known) {
  const Result<Rows> applied = ReadApplied(session);
  if (!applied) return Fail(applied.error());
  return Compare(*applied, known);
}

}  // namespace

std::span<const PostgresMigrationFile> KnownPostgresMigrations() { return kKnown; }

Result<PostgresMigration> PostgresMigrationStatus(const PostgresMigrateOptions& options) {
  Result<PgSession> session =
      PgSession::Connect(options.url, options.connect_timeout, options.dialer);
  if (!session) return Fail(std::move(session.error()));
  Result<std::vector<MigrationState>> states = ReadStates(*session, options.migrations);
  if (!states) return Fail(std::move(states.error()));
  return PostgresMigration{std::move(*states), {}, {}};
}

Result<PostgresMigration> PostgresMigrationStatus(PgSession& session) {
  Result<std::vector<MigrationState>> states = ReadStates(session, KnownPostgresMigrations());
  if (!states) return Fail(std::move(states.error()));
  return PostgresMigration{std::move(*states), {}, {}};
}

Result<PostgresMigration> PostgresMigrationPlan(const PostgresMigrateOptions& options) {
  Result<PgSession> session =
      PgSession::Connect(options.url, options.connect_timeout, options.dialer);
  if (!session) return Fail(std::move(session.error()));
  Result<std::vector<MigrationState>> states = ReadStates(*session, options.migrations);
  if (!states) return Fail(std::move(states.error()));
  const Result<Facts> facts = ReadFacts(*session);
  if (!facts) return Fail(facts.error());
  PostgresMigration plan{std::move(*states), {}, {}};
  if (HasPending(plan.states)) {
    plan.script = ScriptOf(*facts, plan.states, options.migrations, plan.notes);
  }
  return plan;
}

Result<PostgresMigration> MigratePostgres(const PostgresMigrateOptions& options) {
  Result<PgSession> session =
      PgSession::Connect(options.url, options.connect_timeout, options.dialer);
  if (!session) return Fail(std::move(session.error()));
  Result<std::vector<MigrationState>> states = ReadStates(*session, options.migrations);
  if (!states) return Fail(std::move(states.error()));
  const Result<Facts> facts = ReadFacts(*session);
  if (!facts) return Fail(facts.error());
  if (!HasPending(*states) && !facts->may_change) return PostgresMigration{*states, {}, {}};
  return Application(*session, options.migrations).Run();
}

Result<void> MigratePendingPostgres(PgSession& session) {
  const Result<std::vector<MigrationState>> states = ReadStates(session, KnownPostgresMigrations());
  if (!states) return Fail(states.error());
  if (!HasPending(*states)) return {};
  const Result<PostgresMigration> done = Application(session, KnownPostgresMigrations()).Run();
  if (!done) return Fail(done.error());
  return {};
}

Result<void> PostgresAfterRestore(const PostgresMigrateOptions& options) {
  Result<PgSession> session =
      PgSession::Connect(options.url, options.connect_timeout, options.dialer);
  if (!session) return Fail(std::move(session.error()));
  const Result<Rows> done = session->Query("SELECT base FROM coolkit.after_restore()");
  if (!done) return Fail(done.error());
  return {};
}

Result<int> PostgresRotateRingKey(const PostgresMigrateOptions& options) {
  Result<PgSession> session =
      PgSession::Connect(options.url, options.connect_timeout, options.dialer);
  if (!session) return Fail(std::move(session.error()));
  const Result<Rows> done = session->Query("SELECT coolkit.rotate_ring_key()");
  if (!done) return Fail(done.error());
  return NumberOf((*done)[0][0]);
}

}  // namespace coolkit::store
