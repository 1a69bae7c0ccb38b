#include <ctime>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "cli/command_database.h"
#include "cli/commands.h"
#include "store/postgres/migrate.h"
#include "store/sqlite/migrate.h"
#include "store/url.h"

namespace coolkit::cli {
namespace {

using States = std::vector<store::MigrationState>;
using Kind = store::MigrationState::Kind;

std::string FormatTime(DbTime time) {
  const std::time_t unix_seconds =
      std::chrono::duration_cast<seconds>(time.time_since_epoch()).count();
  std::tm utc{};
  gmtime_r(&unix_seconds, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

std::string Describe(const store::MigrationState& state) {
  std::string text = std::to_string(state.number) + " " + state.name + ": ";
  switch (state.kind) {
    case Kind::kApplied:
      text += "applied";
      break;
    case Kind::kPending:
      return text + "to be applied";
    case Kind::kUnknown:
      text += "applied by a newer release";
      break;
  }
  return state.applied_at ? text + " " + FormatTime(*state.applied_at) : text;
}

bool HasPending(const States& states) {
  for (const auto& state : states) {
    if (state.kind == Kind::kPending) return true;
  }
  return false;
}

struct Outcome {
  States states;
  std::vector<std::string> notes;  // what was skipped
  std::string script;              // of a plan: what would be run
};

// What can be done to a database of some kind.
class Database {
 public:
  virtual ~Database() = default;
  [[nodiscard]] virtual Result<Outcome> Status() = 0;
  [[nodiscard]] virtual Result<Outcome> Plan() = 0;
  [[nodiscard]] virtual Result<Outcome> Apply() = 0;
  [[nodiscard]] virtual Result<void> AfterRestore() = 0;
  // The number of the new secret.
  [[nodiscard]] virtual Result<int> RotateRingKey() = 0;
};

class SqliteDatabase final : public Database {
 public:
  explicit SqliteDatabase(std::string path) { options_.path = std::move(path); }
  Result<Outcome> Status() override {
    return OutcomeOf(store::SqliteMigrationStatus(options_, clock_));
  }
  Result<Outcome> Plan() override {
    Result<Outcome> plan = Status();
    if (!plan) return plan;
    for (const auto& state : plan->states) {
      if (state.kind != Kind::kPending) continue;
      const auto number = static_cast<std::size_t>(state.number);
      plan->script += options_.migrations[number - 1].sql;
    }
    return plan;
  }
  Result<Outcome> Apply() override { return OutcomeOf(store::MigrateSqlite(options_, clock_)); }
  Result<void> AfterRestore() override { return store::SqliteAfterRestore(options_, clock_); }
  Result<int> RotateRingKey() override {
    return Fail(ErrorCode::kInvalidRequest, "a SQLite file has no ring: it serves one machine");
  }

 private:
  static Result<Outcome> OutcomeOf(Result<States> states) {
    if (!states) return Fail(std::move(states.error()));
    return Outcome{std::move(*states), {}, {}};
  }
  SystemClock clock_;
  store::SqliteMigrateOptions options_;
};

class PostgresDatabase final : public Database {
 public:
  explicit PostgresDatabase(const DatabaseAccess::Way& way) {
    options_.url = way.url;
    options_.dialer = way.dialer;
  }
  Result<Outcome> Status() override { return OutcomeOf(store::PostgresMigrationStatus(options_)); }
  Result<Outcome> Plan() override { return OutcomeOf(store::PostgresMigrationPlan(options_)); }
  Result<Outcome> Apply() override { return OutcomeOf(store::MigratePostgres(options_)); }
  Result<void> AfterRestore() override { return store::PostgresAfterRestore(options_); }
  Result<int> RotateRingKey() override { return store::PostgresRotateRingKey(options_); }

 private:
  static Result<Outcome> OutcomeOf(Result<store::PostgresMigration> done) {
    if (!done) return Fail(std::move(done.error()));
    return Outcome{std::move(done->states), std::move(done->notes), std::move(done->script)};
  }
  store::PostgresMigrateOptions options_;
};

// The actions, each with its words.
class Migrator {
 public:
  Migrator(Console& console, Database& database) : console_(console), database_(database) {}

  ExitCode Status() {
    const auto status = database_.Status();
    if (!status) return Failed(status.error());
    for (const auto& state : status->states) console_.output << Describe(state) << '\n';
    return HasPending(status->states) ? ExitCode::kNegative : ExitCode::kDone;
  }

  // A script that may be piped into psql; what is no SQL is a comment of it.
  ExitCode Plan() {
    const auto plan = database_.Plan();
    if (!plan) return Failed(plan.error());
    for (const auto& state : plan->states) console_.output << "-- " << Describe(state) << '\n';
    for (const std::string& note : plan->notes) console_.output << "-- note: " << note << '\n';
    console_.output << plan->script;
    return HasPending(plan->states) ? ExitCode::kNegative : ExitCode::kDone;
  }

  ExitCode Apply() {
    const auto before = database_.Status();
    if (!before) return Failed(before.error());
    const auto after = database_.Apply();
    if (!after) return Failed(after.error());
    if (!HasPending(before->states)) console_.output << "nothing to apply\n";
    for (std::size_t i = 0; i < before->states.size() && i < after->states.size(); ++i) {
      if (before->states[i].kind == Kind::kPending) {
        console_.output << Describe(after->states[i]) << '\n';
      }
    }
    for (const std::string& note : after->notes) console_.output << "note: " << note << '\n';
    return ExitCode::kDone;
  }

  ExitCode AfterRestore() {
    const auto done = database_.AfterRestore();
    if (!done) return Failed(done.error());
    console_.output << "a new incarnation has begun; caches start again\n";
    return ExitCode::kDone;
  }

  ExitCode RotateRingKey() {
    const auto number = database_.RotateRingKey();
    if (!number) return Failed(number.error());
    console_.output << "the ring has key " << *number << "; the one before stays good\n";
    return ExitCode::kDone;
  }

 private:
  ExitCode Failed(const Error& error) {
    console_.errors << "coolkit migrate: " << error.detail << '\n';
    return ExitCode::kFailure;
  }

  Console& console_;
  Database& database_;
};

std::unique_ptr<Database> OpenDatabase(const store::DatabaseUrl& url,
                                       const DatabaseAccess::Way& way) {
  if (url.kind == store::DatabaseKind::kSqlite) return std::make_unique<SqliteDatabase>(url.path);
  return std::make_unique<PostgresDatabase>(way);
}

ExitCode Misused(Console& console, const std::string& detail) {
  console.errors << "coolkit migrate: " << detail << '\n';
  return ExitCode::kUsage;
}

}  // namespace

ExitCode RunMigrate(const Invocation& invocation, Console& console,
                    const Surroundings& surroundings) {
  const auto settings = LoadSettings(invocation.flags, surroundings);
  if (!settings) return Misused(console, settings.error().detail);
  const auto url = store::ParseDatabaseUrl(settings->database_url);
  if (!url) return Misused(console, url.error().detail);

  const std::string action = invocation.Argument("ACTION");
  if (action == "roles") return RunMigrateRoles(invocation, console, *settings);
  const bool dry_run = invocation.Switch("dry-run");
  CommandDatabase access(*settings);
  if (const Result<void> open = access.Start(); !open) {
    return Misused(console, open.error().detail);
  }
  const std::unique_ptr<Database> database = OpenDatabase(*url, access.way());
  Migrator migrator(console, *database);
  if (action == "status") return migrator.Status();
  if (action == "after-restore") {
    if (dry_run) return Misused(console, "after-restore has no --dry-run");
    return migrator.AfterRestore();
  }
  if (action == "rotate-ring-key") {
    if (dry_run) return Misused(console, "rotate-ring-key has no --dry-run");
    return migrator.RotateRingKey();
  }
  if (dry_run) return migrator.Plan();
  return migrator.Apply();
}

}  // namespace coolkit::cli
