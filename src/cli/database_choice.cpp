#include "cli/database_choice.h"

#include "cloudsql/url.h"
#include "store/postgres/conninfo.h"
#include "store/url.h"

namespace coolkit::cli {
namespace {

using store::DatabaseKind;

Result<void> Refuse(std::string detail) {
  return Fail(ErrorCode::kInvalidRequest, std::move(detail));
}

// The reason names the variable that helps, whether the URL was given or not.
Result<void> CheckSqlite(const Settings& settings, const DatabaseSources& sources) {
  const std::string given = sources.database_url
                                ? *sources.database_url + " is a SQLite file"
                                : "DATABASE_URL is not set, and the default is a SQLite file";
  const std::string help =
      "; set DATABASE_URL (or --database-url) to the PostgreSQL that all pods share: postgres://…";
  if (!settings.peers.empty()) {
    return Refuse(given + ", which can't be shared with the peers of --peers" + help);
  }
  if (sources.in_kubernetes) {
    return Refuse(given +
                  ", which would be lost with the pod (KUBERNETES_SERVICE_HOST is set, so this is "
                  "Kubernetes)" +
                  help);
  }
  if (sources.feed_database_url) {
    return Refuse(*sources.feed_database_url +
                  " needs a PostgreSQL DATABASE_URL: SQLite has no separate feed");
  }
  return {};
}

// The kind; or a refusal that does not show the URL.
Result<DatabaseKind> KindOf(std::string_view url, const std::string& source) {
  const auto parsed = store::ParseDatabaseUrl(url);
  if (parsed) return parsed->kind;
  return Fail(ErrorCode::kInvalidRequest,
              source + ": the value (not shown) is not allowed: " + parsed.error().detail);
}

}  // namespace

Result<void> CheckDatabaseChoice(const Settings& settings, const DatabaseSources& sources) {
  const std::string source = sources.database_url.value_or("DATABASE_URL");
  const auto kind = KindOf(settings.database_url, source);
  if (!kind) return Fail(kind.error());
  if (*kind == DatabaseKind::kSqlite) return CheckSqlite(settings, sources);
  if (sources.feed_database_url && !settings.feed_database_url.empty()) {
    const auto feed = KindOf(settings.feed_database_url, *sources.feed_database_url);
    if (!feed) return Fail(feed.error());
    if (*feed == DatabaseKind::kSqlite) {
      return Refuse(*sources.feed_database_url + " must be the PostgreSQL of " + source);
    }
  }
  if (*kind == DatabaseKind::kPostgres) {
    if (const auto url = store::ParsePostgresUrl(settings.database_url); !url) {
      return Refuse(source + ": " + url.error().detail);
    }
    return {};
  }
  if (const auto url = cloudsql::ParseCloudSqlUrl(settings.database_url); !url) {
    return Refuse(source + ": " + url.error().detail);
  }
  return {};
}

}  // namespace coolkit::cli
