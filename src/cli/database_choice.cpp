#include "cli/database_choice.h"

namespace coolkit::cli {
namespace {

enum class Kind { kSqlite, kPostgres, kCloudSql, kUnknown };

Kind KindOf(std::string_view url) {
  if (url.starts_with("sqlite:") && url.size() > 7) return Kind::kSqlite;
  if (url.starts_with("postgres://") || url.starts_with("postgresql://")) return Kind::kPostgres;
  if (url.starts_with("cloudsql://")) return Kind::kCloudSql;
  return Kind::kUnknown;
}

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

Result<void> CheckKnown(std::string_view url, const std::string& source) {
  if (KindOf(url) != Kind::kUnknown) return {};
  return Refuse(source + ": the value (not shown) is not allowed; allowed is " +
                std::string(kDatabaseUrlAllowed));
}

}  // namespace

Result<void> CheckDatabaseChoice(const Settings& settings, const DatabaseSources& sources) {
  const std::string source = sources.database_url.value_or("DATABASE_URL");
  if (auto known = CheckKnown(settings.database_url, source); !known) return known;
  if (KindOf(settings.database_url) == Kind::kSqlite) return CheckSqlite(settings, sources);
  if (sources.feed_database_url && !settings.feed_database_url.empty()) {
    if (auto known = CheckKnown(settings.feed_database_url, *sources.feed_database_url); !known) {
      return known;
    }
    if (KindOf(settings.feed_database_url) == Kind::kSqlite) {
      return Refuse(*sources.feed_database_url + " must be the PostgreSQL of " + source);
    }
  }
  const bool cloud = KindOf(settings.database_url) == Kind::kCloudSql;
  return Refuse(source + ": " + (cloud ? "cloudsql://" : "postgres://") +
                " is not supported by this build yet; supported is sqlite:PATH");
}

}  // namespace coolkit::cli
