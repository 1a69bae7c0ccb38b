#include "store/postgres/role_grants.h"

namespace coolkit::store {
namespace {

constexpr std::size_t kNameBytesMax = 63;  // PostgreSQL cuts longer ones

std::string Quoted(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

Result<std::string> RoleGrantScript(const std::vector<RoleGrant>& grants) {
  std::string script;
  for (const RoleGrant& grant : grants) {
    const bool printable =
        grant.user.find_first_of(std::string_view("\0\n\r", 3)) == std::string::npos;
    if (grant.user.empty() || grant.user.size() > kNameBytesMax || !printable) {
      return Fail(ErrorCode::kInvalidRequest,
                  "'" + grant.user + "' is no name of a database user: 1 to 63 bytes");
    }
    script.append("GRANT ").append(grant.role).append(" TO ").append(Quoted(grant.user));
    script += ";\n";
    if (grant.connections_max) {
      script += "ALTER ROLE " + Quoted(grant.user) + " CONNECTION LIMIT " +
                std::to_string(*grant.connections_max) + ";\n";
    }
  }
  return script;
}

Result<void> ApplyRoleGrants(const PostgresMigrateOptions& options,
                             const std::vector<RoleGrant>& grants) {
  const Result<std::string> script = RoleGrantScript(grants);
  if (!script) return Fail(script.error());
  Result<PgSession> session =
      PgSession::Connect(options.url, options.connect_timeout, options.dialer);
  if (!session) return Fail(session.error());
  for (const RoleGrant& grant : grants) {
    const auto known =
        session->Query("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1", {grant.user});
    if (!known) return Fail(known.error());
    if (known->empty()) {
      return Fail(ErrorCode::kInvalidRequest,
                  "the database has no user '" + grant.user +
                      "': create it first (gcloud sql users create --type=cloud_iam_user, "
                      "cloud_iam_service_account or cloud_iam_group)");
    }
  }
  return session->Execute(*script);
}

}  // namespace coolkit::store
