#include <ctime>

#include "base/clock.h"
#include "cli/commands.h"
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

// What can be done to the database, each with its words.
class Migrator {
 public:
  Migrator(Console& console, std::string path) : console_(console) {
    options_.path = std::move(path);
  }

  ExitCode Status() {
    const auto states = store::SqliteMigrationStatus(options_, clock_);
    if (!states) return Failed(states.error());
    for (const auto& state : *states) console_.output << Describe(state) << '\n';
    return HasPending(*states) ? ExitCode::kNegative : ExitCode::kDone;
  }

  ExitCode Apply() {
    const auto before = store::SqliteMigrationStatus(options_, clock_);
    if (!before) return Failed(before.error());
    const auto after = store::MigrateSqlite(options_, clock_);
    if (!after) return Failed(after.error());
    if (!HasPending(*before)) console_.output << "nothing to apply\n";
    for (std::size_t i = 0; i < before->size() && i < after->size(); ++i) {
      if ((*before)[i].kind == Kind::kPending) console_.output << Describe((*after)[i]) << '\n';
    }
    return ExitCode::kDone;
  }

  ExitCode AfterRestore() {
    const auto done = store::SqliteAfterRestore(options_, clock_);
    if (!done) return Failed(done.error());
    console_.output << "a new incarnation has begun; caches start again\n";
    return ExitCode::kDone;
  }

 private:
  ExitCode Failed(const Error& error) {
    console_.errors << "coolkit migrate: " << error.detail << '\n';
    return ExitCode::kFailure;
  }

  Console& console_;
  SystemClock clock_;
  store::SqliteMigrateOptions options_;
};

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
  const bool dry_run = invocation.Switch("dry-run");
  Migrator migrator(console, url->path);
  if (action == "status") return migrator.Status();
  if (action == "after-restore") {
    if (dry_run) return Misused(console, "after-restore has no --dry-run");
    return migrator.AfterRestore();
  }
  return dry_run ? migrator.Status() : migrator.Apply();
}

}  // namespace coolkit::cli
