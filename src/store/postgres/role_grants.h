// Why: who may do what is the database's to say: IAM users and groups get the schema's roles, and
// as many connections as they may have. Pure but for Apply; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/postgres/migrate.h"

namespace coolkit::store {

struct RoleGrant {
  std::string_view role;               // of the schema: coolkit_service, …
  std::string user;                    // who logs in, or a group
  std::optional<int> connections_max;  // ALTER ROLE … CONNECTION LIMIT
};

// The statements, one a line, for psql too. Errors: kInvalidRequest (an empty or too long name).
[[nodiscard]] Result<std::string> RoleGrantScript(const std::vector<RoleGrant>& grants);

// Runs them in one transaction. Errors: as MigratePostgres; a user that does not exist is named.
[[nodiscard]] Result<void> ApplyRoleGrants(const PostgresMigrateOptions& options,
                                           const std::vector<RoleGrant>& grants);

}  // namespace coolkit::store
