#include <array>
#include <vector>

#include "base/text.h"
#include "cli/command_database.h"
#include "cli/commands.h"
#include "cloudsql/url.h"
#include "store/postgres/role_grants.h"
#include "store/url.h"

namespace coolkit::cli {
namespace {

struct Kind {
  const char* flag;
  std::string_view role;
};
constexpr std::array<Kind, 4> kKinds{{{"owner", "coolkit_owner"},
                                      {"service", "coolkit_service"},
                                      {"writer", "coolkit_writer"},
                                      {"reader", "coolkit_reader"}}};
constexpr std::uint64_t kConnectionsMax = 100'000;

// `a,b`: the users of a flag, as the database names them.
std::vector<std::string> Users(std::string_view list) {
  std::vector<std::string> users;
  for (;;) {
    const std::size_t comma = list.find(',');
    users.push_back(cloudsql::DatabaseUserOf(list.substr(0, comma)));
    if (comma == std::string_view::npos) return users;
    list.remove_prefix(comma + 1);
  }
}

Result<std::vector<store::RoleGrant>> GrantsOf(const Invocation& invocation) {
  std::optional<int> limit;
  if (const auto text = invocation.Flag("service-connections")) {
    const auto number = ParseDecimal(*text);
    if (!number || *number < 1 || *number > kConnectionsMax) {
      return Fail(ErrorCode::kInvalidRequest,
                  "--service-connections: allowed is a whole number from 1 to 100000");
    }
    limit = static_cast<int>(*number);
  }
  std::vector<store::RoleGrant> grants;
  for (const Kind& kind : kKinds) {
    const auto list = invocation.Flag(kind.flag);
    if (!list) continue;
    const bool of_pods = kind.role == "coolkit_service";
    for (std::string& user : Users(*list)) {
      grants.push_back({kind.role, std::move(user), of_pods ? limit : std::nullopt});
    }
  }
  if (grants.empty()) {
    return Fail(ErrorCode::kInvalidRequest,
                "roles needs --owner, --service, --writer or --reader with the users");
  }
  return grants;
}

ExitCode Failed(Console& console, const Error& error, ExitCode code) {
  console.errors << "coolkit migrate: " << error.detail << '\n';
  return code;
}

}  // namespace

ExitCode RunMigrateRoles(const Invocation& invocation, Console& console, const Settings& settings) {
  const auto grants = GrantsOf(invocation);
  if (!grants) return Failed(console, grants.error(), ExitCode::kUsage);
  const auto script = store::RoleGrantScript(*grants);
  if (!script) return Failed(console, script.error(), ExitCode::kUsage);
  if (invocation.Switch("dry-run")) {
    console.output << *script;
    return ExitCode::kDone;
  }
  const auto url = store::ParseDatabaseUrl(settings.database_url);
  if (!url || url->kind == store::DatabaseKind::kSqlite) {
    return Failed(console, {ErrorCode::kInvalidRequest, "a SQLite file has no roles", {}},
                  ExitCode::kUsage);
  }
  CommandDatabase access(settings);
  if (const Result<void> open = access.Start(); !open) {
    return Failed(console, open.error(), ExitCode::kUsage);
  }
  store::PostgresMigrateOptions options;
  options.url = access.way().url;
  options.dialer = access.way().dialer;
  const Result<void> done = store::ApplyRoleGrants(options, *grants);
  if (!done) return Failed(console, done.error(), ExitCode::kFailure);
  console.output << *script;
  return ExitCode::kDone;
}

}  // namespace coolkit::cli
