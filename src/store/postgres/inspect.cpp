#include "store/postgres/inspect.h"

#include <algorithm>
#include <utility>

#include "store/postgres/conninfo.h"
#include "store/postgres/inspection_advice.h"
#include "store/postgres/migrate.h"
#include "store/postgres/postgres_options.h"
#include "store/postgres/session.h"
#include "store/postgres/sql/inspect_life.sql.h"
#include "store/postgres/sql/inspect_rights.sql.h"
#include "store/postgres/sql/inspect_schema.sql.h"
#include "store/postgres/sql/inspect_server.sql.h"
#include "store/postgres/sql/inspect_session.sql.h"
#include "store/postgres/sql/inspect_transactions.sql.h"
#include "store/postgres/sql/session.sql.h"

namespace coolkit::store {
namespace {

using Rows = std::vector<PgSession::Row>;

class Inspector {
 public:
  Inspector(PgSession& session, const PostgresInspectOptions& options, bool transaction_pooler)
      : session_(session), options_(options), transaction_pooler_(transaction_pooler) {}

  Result<Inspection> Run() {
    for (const auto look : {&Inspector::Pooler, &Inspector::Server, &Inspector::Schema,
                            &Inspector::Transactions, &Inspector::Session}) {
      if (Result<void> done = (this->*look)(); !done) return Fail(std::move(done.error()));
    }
    std::stable_sort(found_.findings.begin(), found_.findings.end(),
                     [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
    return std::move(found_);
  }

 private:
  void Add(std::string_view id, std::string_view seen) {
    found_.findings.push_back(AdviceOn(id, seen));
  }
  [[nodiscard]] bool Found(std::string_view id) const {
    return std::any_of(found_.findings.begin(), found_.findings.end(),
                       [id](const Finding& finding) { return finding.id == id; });
  }

  // A statement whose rows are faults: id, what was seen.
  Result<void> Look(std::string_view sql, const std::vector<std::string>& parameters = {}) {
    const Result<Rows> rows = session_.Query(sql.data(), parameters);
    if (!rows) return Fail(rows.error());
    for (const PgSession::Row& row : *rows) Add(row[0].value_or(""), row[1].value_or(""));
    return {};
  }
  Result<bool> Ask(const char* sql) {
    const Result<Rows> rows = session_.Query(sql);
    if (!rows) return Fail(rows.error());
    return !rows->empty() && (*rows)[0][0] == "t";
  }

  // A pooler gives the client a process number of its own.
  Result<void> Pooler() {
    if (transaction_pooler_) return {};
    const Result<Rows> pid = session_.Query("SELECT pg_backend_pid()");
    if (!pid) return Fail(pid.error());
    if ((*pid)[0][0] != std::to_string(session_.backend_pid())) Add("pooler", "");
    return {};
  }

  Result<void> Server() {
    const ConnectionBudget& budget = options_.connections;
    return Look(kEmbedded_inspect_server_sql,
                {std::to_string(std::min(budget.per_pod, budget.all_pods)),
                 std::to_string(options_.budget_given ? budget.all_pods : 0)});
  }

  Result<void> Schema() {
    const Result<bool> there =
        Ask("SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'coolkit' AND c.relname = 'migration')");
    if (!there) return Fail(there.error());
    if (!*there) {
      Add("schema-missing", "");
      return {};
    }
    if (Result<void> done = Look(kEmbedded_inspect_schema_sql); !done) return done;
    if (Result<void> done = Look(kEmbedded_inspect_rights_sql); !done) return done;
    if (Found("rights")) {
      found_.not_looked_at.emplace_back(
          "migrations and the incarnation: the user has no rights to read them");
      return {};
    }
    if (Result<void> done = Migrations(); !done) return done;
    // An unlogged table can't be read on a standby.
    return Found("standby") ? Result<void>{} : Look(kEmbedded_inspect_life_sql);
  }

  Result<void> Migrations() {
    const Result<PostgresMigration> status = PostgresMigrationStatus(session_);
    if (!status) {
      if (status.error().code != ErrorCode::kStorageError) return Fail(status.error());
      Add("schema-refused", status.error().detail);
      return {};
    }
    std::string pending;
    for (const MigrationState& state : status->states) {
      if (state.kind != MigrationState::Kind::kPending) continue;
      if (!pending.empty()) pending += ", ";
      pending += std::to_string(state.number) + " " + state.name;
    }
    if (!pending.empty()) Add("schema-pending", pending);
    return {};
  }

  Result<void> Transactions() {
    const Result<bool> sees_all = Ask("SELECT pg_has_role('pg_read_all_stats', 'USAGE')");
    if (!sees_all) return Fail(sees_all.error());
    if (!*sees_all) {
      found_.not_looked_at.emplace_back(
          "transactions of other users: the user is no member of pg_read_all_stats");
    }
    return Look(kEmbedded_inspect_transactions_sql,
                {std::to_string(options_.transaction_age_max.count())});
  }

  // As the service sets its sessions up; the look is a transaction of its own.
  Result<void> Session() {
    if (transaction_pooler_) return {};
    const PostgresOptions defaults;
    const Result<Rows> set =
        session_.Query(kEmbedded_session_sql.data(),
                       {std::to_string(defaults.statement_timeout.count()),
                        std::to_string(defaults.lock_timeout.count()),
                        std::to_string(defaults.idle_in_transaction_timeout.count()), "false"});
    if (!set) return Fail(set.error());
    return Look(kEmbedded_inspect_session_sql);
  }

  PgSession& session_;
  const PostgresInspectOptions& options_;
  const bool transaction_pooler_;
  Inspection found_;
};

}  // namespace

Result<Inspection> InspectPostgres(const PostgresInspectOptions& options) {
  const Result<PostgresUrl> url = ParsePostgresUrl(options.url);
  if (!url) return Fail(url.error());
  Result<PgSession> session =
      PgSession::Connect(options.url, options.connect_timeout, options.dialer);
  if (!session) return Fail(std::move(session.error()));
  return Inspector(*session, options, url->transaction_pooler).Run();
}

}  // namespace coolkit::store
