#include "store/url.h"

#include <algorithm>
#include <array>
#include <optional>

namespace coolkit::store {
namespace {

constexpr std::string_view kAllowed =
    "allowed is sqlite:PATH, postgres://…, postgresql://… or cloudsql://…";
constexpr std::string_view kSqliteScheme = "sqlite:";

struct Scheme {
  std::string_view prefix;
  DatabaseKind kind;
};
constexpr std::array<Scheme, 3> kNetworkSchemes{{{"postgres://", DatabaseKind::kPostgres},
                                                 {"postgresql://", DatabaseKind::kPostgres},
                                                 {"cloudsql://", DatabaseKind::kCloudSql}}};

// Parameters whose values are no secrets and help to understand a log.
constexpr std::array<std::string_view, 8> kHarmlessParameters{
    "sslmode", "application_name",     "connect_timeout", "pooler", "dbname",
    "port",    "target_session_attrs", "channel_binding"};

bool OnlyContains(std::string_view text, std::string_view extra) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           extra.find(c) != std::string_view::npos;
  });
}

bool IsPrintable(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// host[:port][,host[:port]…] and nothing that could be a part of a password.
bool IsHostList(std::string_view text) {
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    std::string_view host = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    if (host.starts_with('[')) {
      const std::size_t close = host.find(']');
      if (close == std::string_view::npos || !OnlyContains(host.substr(1, close - 1), ":.%")) {
        return false;
      }
      host.remove_prefix(close + 1);
    } else {
      const std::size_t colon = host.find(':');
      if (!OnlyContains(host.substr(0, colon), "-._%")) return false;
      host = colon == std::string_view::npos ? std::string_view() : host.substr(colon);
    }
    if (host.empty()) continue;
    const std::string_view port = host.substr(1);
    if (host.front() != ':' || port.empty() || port.size() > 5 ||
        !std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      return false;
    }
  }
  return true;
}

// `?a=b&c=d` with the values hidden of all but the harmless ones; nothing when in doubt.
std::optional<std::string> RedactParameters(std::string_view query) {
  std::string shown;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view item = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    const std::size_t equals = item.find('=');
    const std::string_view name = item.substr(0, equals);
    if (equals == std::string_view::npos || !OnlyContains(name, "_")) return std::nullopt;
    const std::string_view value = item.substr(equals + 1);
    const bool harmless = std::find(kHarmlessParameters.begin(), kHarmlessParameters.end(), name) !=
                              kHarmlessParameters.end() &&
                          OnlyContains(value, "-._");
    shown += shown.empty() ? '?' : '&';
    shown += name;
    shown += harmless ? "=" + std::string(value) : "=***";
  }
  return shown;
}

std::string RedactNetworkUrl(std::string_view prefix, std::string_view rest) {
  const std::string hidden = std::string(prefix) + "<redacted>";
  const std::size_t query_at = rest.find('?');
  const std::string_view query =
      query_at == std::string_view::npos ? std::string_view() : rest.substr(query_at + 1);
  std::string_view place = rest.substr(0, query_at);
  const std::size_t slash = place.find('/');
  const std::string_view database =
      slash == std::string_view::npos ? std::string_view() : place.substr(slash);
  std::string_view authority = place.substr(0, slash);
  // A second `@`, or one behind the authority, means that a password was not encoded: nobody knows
  // where it ends.
  const std::size_t at = authority.find('@');
  const bool has_user = at != std::string_view::npos;
  if (std::count(rest.begin(), rest.end(), '@') > (has_user ? 1 : 0)) return hidden;
  if (has_user) authority.remove_prefix(at + 1);
  if (!IsHostList(authority) || !OnlyContains(database, "/-._%:")) return hidden;
  const std::optional<std::string> parameters = RedactParameters(query);
  if (!parameters) return hidden;
  return std::string(prefix) + (has_user ? "***@" : "") + std::string(authority) +
         std::string(database) + *parameters;
}

Result<DatabaseUrl> ParseSqlite(std::string_view text) {
  const std::string_view path = text.substr(kSqliteScheme.size());
  const auto refuse = [](std::string_view why) {
    return Fail(ErrorCode::kInvalidRequest, std::string(why));
  };
  if (path.empty()) return refuse("sqlite: needs the path of a file, as in sqlite:coolkit.db");
  if (path.starts_with("//") || path.find("://") != std::string_view::npos) {
    return refuse(
        "write sqlite:PATH without slashes after the colon (sqlite:data/coolkit.db or "
        "sqlite:/data/coolkit.db): tools disagree about the meaning of sqlite://");
  }
  if (path == ":memory:" || path.starts_with("file:")) {
    return refuse("sqlite: needs the path of a file; a database in memory would lose every write");
  }
  if (path.find_first_of("?#") != std::string_view::npos) {
    return refuse("sqlite:PATH takes no parameters, and the path may not contain ? or #");
  }
  if (!IsPrintable(path)) return refuse("the path of sqlite:PATH contains a control character");
  return DatabaseUrl{DatabaseKind::kSqlite, std::string(path), std::string(text)};
}

}  // namespace

Result<DatabaseUrl> ParseDatabaseUrl(std::string_view text) {
  if (text.starts_with(kSqliteScheme)) return ParseSqlite(text);
  for (const Scheme& scheme : kNetworkSchemes) {
    if (!text.starts_with(scheme.prefix)) continue;
    // A bare postgres:// takes everything from the PG* variables, as psql does.
    const bool bare = text.size() == scheme.prefix.size();
    if ((bare && scheme.kind != DatabaseKind::kPostgres) || !IsPrintable(text)) {
      return Fail(ErrorCode::kInvalidRequest,
                  std::string(scheme.prefix) + " needs a host or a database after it");
    }
    return DatabaseUrl{scheme.kind, {}, std::string(text)};
  }
  return Fail(ErrorCode::kInvalidRequest,
              "the database URL has an unknown scheme; " + std::string(kAllowed));
}

std::string RedactDatabaseUrl(std::string_view text) {
  if (text.starts_with(kSqliteScheme)) {
    return ParseSqlite(text) ? std::string(text) : std::string(kSqliteScheme) + "<redacted>";
  }
  for (const Scheme& scheme : kNetworkSchemes) {
    if (text.starts_with(scheme.prefix)) {
      return RedactNetworkUrl(scheme.prefix, text.substr(scheme.prefix.size()));
    }
  }
  return "<redacted>";
}

}  // namespace coolkit::store
