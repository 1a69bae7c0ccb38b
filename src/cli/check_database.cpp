#include "base/clock.h"
#include "base/text.h"
#include "cli/command_database.h"
#include "cli/commands.h"
#include "store/postgres/inspect.h"
#include "store/sqlite/inspect.h"
#include "store/url.h"

namespace coolkit::cli {
namespace {

using Severity = store::Finding::Severity;

constexpr milliseconds kAgeMax = std::chrono::hours(24 * 365);

std::string_view NameOf(Severity severity) {
  return severity == Severity::kError ? "error" : "warning";
}

void PrintText(std::ostream& out, const store::Inspection& inspection) {
  for (const store::Finding& finding : inspection.findings) {
    out << NameOf(finding.severity) << ' ' << finding.id << ": " << finding.what
        << "\n  why: " << finding.why << "\n  do:  " << finding.remedy << '\n';
  }
  for (const std::string& what : inspection.not_looked_at) out << "not looked at: " << what << '\n';
  const std::size_t count = inspection.findings.size();
  if (count == 0) {
    out << "no findings\n";
  } else {
    out << count << (count == 1 ? " finding\n" : " findings\n");
  }
}

void PrintJson(std::ostream& out, const store::Inspection& inspection) {
  const auto text = [](std::string_view value) { return json::Value::String(std::string(value)); };
  std::vector<json::Value> findings;
  for (const store::Finding& finding : inspection.findings) {
    findings.push_back(json::Value::Object({{"id", text(finding.id)},
                                            {"severity", text(NameOf(finding.severity))},
                                            {"what", text(finding.what)},
                                            {"why", text(finding.why)},
                                            {"do", text(finding.remedy)}}));
  }
  std::vector<json::Value> unseen;
  for (const std::string& what : inspection.not_looked_at) unseen.push_back(text(what));
  out << json::Serialize(
             json::Value::Object({{"findings", json::Value::Array(std::move(findings))},
                                  {"not_looked_at", json::Value::Array(std::move(unseen))}}))
      << '\n';
}

ExitCode Misused(Console& console, const std::string& detail) {
  console.errors << "coolkit check-database: " << detail << '\n';
  return ExitCode::kUsage;
}

Result<store::Inspection> Inspect(const store::DatabaseUrl& url,
                                  const store::PostgresInspectOptions& postgres) {
  if (url.kind != store::DatabaseKind::kSqlite) return store::InspectPostgres(postgres);
  const SystemClock clock;
  store::SqliteMigrateOptions sqlite;
  sqlite.path = url.path;
  return store::InspectSqlite(sqlite, clock);
}

bool IsGiven(const Invocation& invocation, const Surroundings& surroundings) {
  const auto variable = surroundings.environment.find("COOLKIT_DATABASE_CONNECTIONS");
  return invocation.Flag("database-connections") ||
         (variable != surroundings.environment.end() && !variable->second.empty());
}

}  // namespace

ExitCode RunCheckDatabase(const Invocation& invocation, Console& console,
                          const Surroundings& surroundings) {
  FlagValues flags = invocation.flags;
  flags.erase("max-transaction-age");
  const auto settings = LoadSettings(flags, surroundings);
  if (!settings) return Misused(console, settings.error().detail);
  const auto url = store::ParseDatabaseUrl(settings->database_url);
  if (!url) return Misused(console, url.error().detail);

  store::PostgresInspectOptions options;
  options.connections = {settings->database_connections, settings->database_connections_per_pod};
  options.budget_given = IsGiven(invocation, surroundings);
  if (const auto age = invocation.Flag("max-transaction-age")) {
    const auto duration = ParseDuration(*age);
    if (!duration || *duration > kAgeMax) {
      return Misused(console, "--max-transaction-age: '" + *age +
                                  "' is not allowed; allowed is a duration such as 90s or 10m");
    }
    options.transaction_age_max = *duration;
  }
  CommandDatabase access(*settings);
  if (const Result<void> open = access.Start(); !open) {
    return Misused(console, open.error().detail);
  }
  options.url = access.way().url;
  options.dialer = access.way().dialer;
  const Result<store::Inspection> inspection = Inspect(*url, options);
  if (!inspection) {
    console.errors << "coolkit check-database: " << inspection.error().detail << '\n';
    return ExitCode::kFailure;
  }
  if (invocation.Switch("json")) {
    PrintJson(console.output, *inspection);
  } else {
    PrintText(console.output, *inspection);
  }
  return inspection->findings.empty() ? ExitCode::kDone : ExitCode::kNegative;
}

}  // namespace coolkit::cli
