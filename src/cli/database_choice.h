// Why: which databases may serve where is a safety rule, not a matter of syntax: ten pods with ten
// private SQLite files would lose every write. One place says so. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/settings.h"

namespace coolkit::cli {

inline constexpr std::string_view kDatabaseUrlAllowed = "sqlite:PATH, postgres://… or cloudsql://…";

// Where the URLs were given, as messages name it ("--database-url", "DATABASE_URL_FILE"); nothing:
// not given.
struct DatabaseSources {
  std::optional<std::string> database_url;
  std::optional<std::string> feed_database_url;
  bool in_kubernetes = false;
};

// Refuses what can't be right: an unknown kind, SQLite in Kubernetes or with peers, a feed URL
// without PostgreSQL, a kind that this build can't open. Errors: kInvalidRequest; never a URL.
[[nodiscard]] Result<void> CheckDatabaseChoice(const Settings& settings,
                                               const DatabaseSources& sources);

}  // namespace coolkit::cli
