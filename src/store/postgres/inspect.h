// Why: PostgreSQL can be set up in ways that break what coolkit promises without any error: a
// switched-off trigger, a commit that does not wait for the disk, a transaction that nobody ended.
// The service refuses what it can notice; this looks at all of it. Changes nothing. The faults that
// are known are in inspection_advice.cpp, what finds them in sql/inspect_*.sql.
//
// Thread safety: any thread; blocking.
#pragma once

#include <string>

#include "base/result.h"
#include "base/time.h"
#include "store/inspection.h"
#include "store/postgres/connection_share.h"
#include "store/postgres/dialer.h"

namespace coolkit::store {

struct PostgresInspectOptions {
  std::string url;
  milliseconds connect_timeout{5000};
  Dialer* dialer = nullptr;  // of the URL; see PgSession::Reach
  ConnectionBudget connections;
  bool budget_given = false;  // connections.all_pods was asked for, not just the default
  milliseconds transaction_age_max{600'000};  // an older one is a finding
};

// As the user of the URL: what it may not see is in `not_looked_at`. Errors: kInvalidRequest (the
// URL), kDatabaseUnavailable, kStorageError (a statement failed).
[[nodiscard]] Result<Inspection> InspectPostgres(const PostgresInspectOptions& options);

}  // namespace coolkit::store
