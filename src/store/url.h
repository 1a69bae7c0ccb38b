// Why: which database is meant is decided once, from one text that may hold a password; whatever
// is wrong with that text, no log line or error may show the password. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace coolkit::store {

enum class DatabaseKind : std::uint8_t { kSqlite, kPostgres, kCloudSql };

struct DatabaseUrl {
  DatabaseKind kind = DatabaseKind::kSqlite;
  std::string path;  // kSqlite only: the file, as it was given
  std::string text;  // the whole URL: a secret unless the kind is kSqlite
};

// `sqlite:PATH`: all that follows the colon is the path of the file, relative to the working
// directory unless it begins with `/`; it is not percent-decoded and takes no parameters.
// `sqlite://…` is refused, because tools disagree whether `sqlite:///a.db` is relative, and so are
// `:memory:` and an empty path, which would lose every write.
// `postgres://…`, `postgresql://…` and `cloudsql://…` are recognised by their scheme; their parts
// are checked by the store that opens them.
// Errors: kInvalidRequest; the detail never contains the URL.
[[nodiscard]] Result<DatabaseUrl> ParseDatabaseUrl(std::string_view text);

// A form for logs. It shows the scheme and those parts that are surely neither a password nor a
// part of one: the path of SQLite; host, port, database and harmless parameters of the others. A
// text with any doubt about where its password ends is shown as its scheme and `<redacted>`.
[[nodiscard]] std::string RedactDatabaseUrl(std::string_view text);

}  // namespace coolkit::store
