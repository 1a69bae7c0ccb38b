#include "store/postgres/inspection_advice.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/check.h"

namespace coolkit::store {
namespace {

using enum Finding::Severity;

struct Advice {
  std::string_view id;
  Finding::Severity severity;
  std::string_view what;  // {}: what was seen
  std::string_view why;
  std::string_view remedy;
};

constexpr std::array<Advice, 31> kAdvice{{
    {"standby", kError, "the server is a replica: {}",
     "coolkit reads and writes on the primary only; a replica is behind and can't say by how much",
     "name the primary in the URL; with several hosts add target_session_attrs=read-write"},
    {"read-only", kError, "the database is read-only: {}", "no write can succeed",
     "ALTER DATABASE or ALTER ROLE … RESET default_transaction_read_only, or look for it in "
     "postgresql.conf"},
    {"encoding", kError, "the encoding of the database is {}, not UTF8",
     "keys are UTF-8 and sorted by their bytes",
     "create a database with ENCODING 'UTF8' TEMPLATE template0 and move the data"},
    {"fsync", kError, "fsync is {}",
     "after a crash of the machine the whole database may be damaged, not only the last writes",
     "ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf()"},
    {"full-page-writes", kError, "full_page_writes is {}",
     "a page that was half written in a crash stays damaged",
     "ALTER SYSTEM SET full_page_writes = on; SELECT pg_reload_conf()"},
    {"synchronous-commit", kWarning, "synchronous_commit is {}",
     "coolkit sets it on for itself, but plain SQL of these sessions is acknowledged before it is "
     "on the disk, and lost in a crash",
     "SET synchronous_commit = on where it was set: ALTER SYSTEM, ALTER DATABASE or ALTER ROLE"},
    {"zero-damaged-pages", kError, "zero_damaged_pages is {}",
     "a damaged page reads as empty: acknowledged writes vanish without an error",
     "ALTER SYSTEM RESET zero_damaged_pages; SELECT pg_reload_conf()"},
    {"data-sync-retry", kError, "data_sync_retry is {}",
     "after a failed fsync the server goes on although the write may be lost",
     "ALTER SYSTEM RESET data_sync_retry, then restart the server"},
    {"autovacuum", kError, "{}",
     "dead rows of coolkit.entry and coolkit.change are never removed; every statement gets slower",
     "ALTER SYSTEM SET autovacuum = on; ALTER SYSTEM SET track_counts = on; SELECT "
     "pg_reload_conf()"},
    {"replication-role", kWarning, "session_replication_role is set: {}",
     "triggers and foreign keys that are not ENABLE ALWAYS are silent then; coolkit's are, but "
     "whoever sets this expects to bypass them",
     "RESET session_replication_role where it was set: ALTER SYSTEM, ALTER DATABASE or ALTER ROLE"},
    {"prepared-transactions-allowed", kWarning, "max_prepared_transactions is {}",
     "two-phase commit is not supported: a prepared transaction survives a crash and later commits "
     "versions of the life before",
     "ALTER SYSTEM SET max_prepared_transactions = 0 and restart, or make sure that nobody "
     "prepares a transaction that writes coolkit's tables"},
    {"prepared-transaction", kError, "a prepared transaction waits: {}",
     "it holds its row locks and the horizon, also over a restart; what it commits after a crash "
     "has versions of the life before",
     "COMMIT PREPARED or ROLLBACK PREPARED, with the name above"},
    {"connections-few", kWarning, "too few connections: {}",
     "all pods keep to 80 % of max_connections less the reserved ones, so a pod has fewer than it "
     "could use",
     "raise max_connections, or lower --database-connections-per-pod"},
    {"connections-budget", kWarning, "--database-connections is more than will be used: {}",
     "the rest is for people, backups and superusers",
     "raise max_connections, or lower --database-connections"},
    {"connections-of-role", kWarning, "{}",
     "beyond that, connections are refused (53300), and the limit counts all pods together",
     "ALTER ROLE … CONNECTION LIMIT -1, or at least the number of pods × connections per pod"},
    {"connections-of-database", kWarning, "{}",
     "beyond that, connections are refused (53300), and the limit counts all pods together",
     "ALTER DATABASE … CONNECTION LIMIT -1, or at least the number of pods × connections per pod"},
    {"pooler", kError, "the connection goes through a pooler, and the URL does not say so",
     "if it pools transactions, session settings and prepared statements are lost between them",
     "add pooler=transaction to the URL, and give the feed a direct one (FEED_DATABASE_URL); or "
     "connect without it"},
    {"session-settings", kError, "settings of the session are lost: {}",
     "plans and deadlines hang on them; a pooler that pools transactions drops them",
     "add pooler=transaction to the URL, or connect without the pooler"},
    {"schema-missing", kError, "the schema coolkit is not there", "nothing can be served",
     "coolkit migrate"},
    {"schema-pending", kWarning, "migrations are to be applied: {}",
     "`serve` applies them at its start where it may, and does not start where it may not",
     "coolkit migrate, with a user who owns the schema"},
    {"schema-refused", kError, "{}", "this release does not start on it",
     "use the release that the database needs; see coolkit migrate status"},
    {"trigger-missing", kError, "triggers of coolkit.entry are missing: {}",
     "writes by plain SQL get no new version, or changes are not in the feed: caches serve old "
     "values for ever",
     "restore them from migration 1 (coolkit migrate --dry-run against an empty database prints "
     "it), then coolkit migrate after-restore"},
    {"trigger-disabled", kError, "triggers of coolkit.entry are not always enabled: {}",
     "writes by plain SQL get no new version, or changes are not in the feed: caches serve old "
     "values for ever",
     "ALTER TABLE coolkit.entry ENABLE ALWAYS TRIGGER … for each, then coolkit migrate "
     "after-restore, since writes may have been missed"},
    {"index-missing", kError, "indexes are missing or invalid: {}",
     "statements are pinned to index plans; without the index each one reads the whole table",
     "REINDEX INDEX CONCURRENTLY coolkit.…, or create it again as in migration 1"},
    {"row-security", kError, "row security is on: {}",
     "rows that a policy hides count as absent, and are overwritten",
     "ALTER TABLE coolkit.… DISABLE ROW LEVEL SECURITY"},
    {"table-unlogged", kError, "tables are UNLOGGED: {}", "they are empty after a crash",
     "ALTER TABLE coolkit.… SET LOGGED"},
    {"incarnation-logged", kError, "coolkit.incarnation is not UNLOGGED",
     "its row survives a crash, so nobody notices that transaction ids are handed out again: "
     "versions repeat",
     "ALTER TABLE coolkit.incarnation SET UNLOGGED, then coolkit migrate after-restore"},
    {"subscription", kError, "logical replication writes into coolkit's tables: {}",
     "it fires no statement triggers: what it changes is not in the feed, and caches serve old "
     "values for ever",
     "ALTER SUBSCRIPTION … DROP PUBLICATION, or take coolkit's tables out of the publication; then "
     "coolkit migrate after-restore"},
    {"rights", kError, "{}", "the service can't work as this user",
     "GRANT coolkit_service TO the user; coolkit migrate by the owner brings the rights of the "
     "roles up to date"},
    {"incarnation-missing", kWarning, "no incarnation of the database has begun: {}",
     "the server crashed, failed over or was restored, and nobody wrote since; caches start again",
     "nothing: the next connection of coolkit, or the next write, begins one. After a restore of "
     "single tables run coolkit migrate after-restore"},
    {"old-transaction", kWarning, "transactions are open for long: {}",
     "deleted keys, old rows and rows of the feed can't be removed, and tokens and absences grow "
     "old, until they end",
     "end them: SELECT pg_terminate_backend(pid); set idle_in_transaction_session_timeout"},
}};

}  // namespace

Finding AdviceOn(std::string_view id, std::string_view seen) {
  const auto* const advice = std::find_if(kAdvice.begin(), kAdvice.end(),
                                          [id](const Advice& one) { return one.id == id; });
  CHECK(advice != kAdvice.end());
  std::string what(advice->what);
  if (const std::size_t at = what.find("{}"); at != std::string::npos) what.replace(at, 2, seen);
  return {std::string(id), advice->severity, std::move(what), std::string(advice->why),
          std::string(advice->remedy)};
}

}  // namespace coolkit::store
