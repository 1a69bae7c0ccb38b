// Each fault that check-database knows is planted into a real server and found, alone.
#include "store/postgres/inspect.h"

#include <gmock/gmock.h>

#include <fstream>

#include "postgres/directed.h"
#include "store/postgres/migrate.h"

namespace coolkit::store {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Set up as in production; the shared one has no autovacuum, which is a finding.
Cluster& Healthy() {
  static const std::unique_ptr<Cluster> cluster =
      Cluster::Start({{"autovacuum=on", "max_connections=100"}});
  return *cluster;
}

class InspectTest : public testing::Test {
 protected:
  // A healthy one: migrated, and written to.
  static std::string Make(Cluster& cluster) {
    const std::string url = cluster.CreateDatabase();
    PostgresMigrateOptions migrate;
    migrate.url = url;
    EXPECT_TRUE(MigratePostgres(migrate).has_value());
    Sql(url).Run("INSERT INTO coolkit.kv (collection, key, value) VALUES ('c', 'k', 'v')");
    return url;
  }
  static Inspection Inspect(const PostgresInspectOptions& options) {
    const Result<Inspection> inspection = InspectPostgres(options);
    EXPECT_TRUE(inspection.has_value()) << inspection.error().detail;
    return inspection ? *inspection : Inspection{};
  }
  static PostgresInspectOptions At(const std::string& url) {
    PostgresInspectOptions options;
    options.url = url;
    return options;
  }
  static std::vector<std::string> Ids(const Inspection& inspection) {
    std::vector<std::string> ids;
    for (const Finding& finding : inspection.findings) {
      EXPECT_FALSE(finding.what.empty() || finding.why.empty() || finding.remedy.empty());
      EXPECT_EQ(finding.what.find("{}"), std::string::npos) << finding.what;
      ids.push_back(finding.id);
    }
    return ids;
  }
  static std::vector<std::string> IdsAt(const std::string& url) { return Ids(Inspect(At(url))); }
};

TEST_F(InspectTest, AHealthyServerHasNoFindings) {
  const std::string url = Make(Healthy());
  const Inspection inspection = Inspect(At(url));
  EXPECT_THAT(Ids(inspection), IsEmpty());
  EXPECT_THAT(inspection.not_looked_at, IsEmpty());
}

// Planted by one statement in the database, cured by another one.
struct Planted {
  const char* id;
  const char* fault;
  const char* cure;
  const char* seen;
};

class PlantedTest : public InspectTest, public testing::WithParamInterface<Planted> {};

TEST_P(PlantedTest, IsFoundAloneAndGoneAfterTheCure) {
  const Planted& planted = GetParam();
  static const std::string url = Make(Healthy());  // each test cures it
  Sql sql(url);
  const auto run = [&sql](std::string statement) {
    // ALTER SYSTEM and others can't be in a transaction, nor share a message with anything.
    const std::string database = sql.Ask("SELECT current_database()");
    for (std::size_t at = 0; (at = statement.find("%DB%")) != std::string::npos;) {
      statement.replace(at, 4, database);
    }
    std::size_t begin = 0;
    while (begin < statement.size()) {
      const std::size_t end = statement.find(';', begin);
      sql.Run(statement.substr(begin, end - begin));
      begin = end == std::string::npos ? statement.size() : end + 1;
    }
  };
  run(planted.fault);
  const auto found = [&] {
    // A reload reaches new sessions a moment later.
    Inspection inspection;
    for (int i = 0; i < 100; ++i) {
      inspection = Inspect(At(url));
      if (!inspection.findings.empty()) break;
      std::this_thread::sleep_for(milliseconds(10));
    }
    return inspection;
  };
  const Inspection inspection = found();
  EXPECT_THAT(Ids(inspection), ElementsAre(planted.id));
  if (!inspection.findings.empty()) {
    EXPECT_THAT(inspection.findings[0].what, HasSubstr(planted.seen));
  }
  run(planted.cure);
  std::vector<std::string> left;
  for (int i = 0; i < 100; ++i) {
    left = IdsAt(url);
    if (left.empty()) break;
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_THAT(left, IsEmpty());
}

std::string NameOf(const testing::TestParamInfo<Planted>& of) {
  std::string name = std::string(of.param.id) + std::to_string(of.index);
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(
    Faults, PlantedTest,
    testing::Values(
        Planted{"fsync", "ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf()",
                "ALTER SYSTEM RESET fsync; SELECT pg_reload_conf()", "off"},
        Planted{"full-page-writes",
                "ALTER SYSTEM SET full_page_writes = off; SELECT pg_reload_conf()",
                "ALTER SYSTEM RESET full_page_writes; SELECT pg_reload_conf()", "off"},
        Planted{"synchronous-commit",
                "ALTER SYSTEM SET synchronous_commit = off; SELECT pg_reload_conf()",
                "ALTER SYSTEM RESET synchronous_commit; SELECT pg_reload_conf()", "is off"},
        Planted{"synchronous-commit",
                "DROP ROLE IF EXISTS hasty; CREATE ROLE hasty; "
                "ALTER ROLE hasty SET synchronous_commit = off",
                "DROP ROLE hasty", "off for hasty"},
        Planted{"zero-damaged-pages",
                "ALTER SYSTEM SET zero_damaged_pages = on; SELECT pg_reload_conf()",
                "ALTER SYSTEM RESET zero_damaged_pages; SELECT pg_reload_conf()", "on"},
        Planted{"autovacuum", "ALTER SYSTEM SET autovacuum = off; SELECT pg_reload_conf()",
                "ALTER SYSTEM RESET autovacuum; SELECT pg_reload_conf()", "autovacuum is off"},
        Planted{"autovacuum", "ALTER SYSTEM SET track_counts = off; SELECT pg_reload_conf()",
                "ALTER SYSTEM RESET track_counts; SELECT pg_reload_conf()", "track_counts is off"},
        Planted{"read-only", "ALTER DATABASE %DB% SET default_transaction_read_only = on",
                "SET default_transaction_read_only = off; "
                "ALTER DATABASE %DB% RESET default_transaction_read_only",
                "default_transaction_read_only"},
        Planted{"replication-role", "ALTER DATABASE %DB% SET session_replication_role = replica",
                "ALTER DATABASE %DB% RESET session_replication_role", "replica"},
        Planted{"replication-role",
                "DROP ROLE IF EXISTS loader; CREATE ROLE loader; "
                "ALTER ROLE loader SET session_replication_role = replica",
                "DROP ROLE loader", "replica for loader"},
        Planted{"connections-of-database", "ALTER DATABASE %DB% CONNECTION LIMIT 7",
                "ALTER DATABASE %DB% CONNECTION LIMIT 8", "CONNECTION LIMIT 7"},
        Planted{"connections-of-role", "ALTER ROLE postgres CONNECTION LIMIT 7",
                "ALTER ROLE postgres CONNECTION LIMIT -1", "postgres has CONNECTION LIMIT 7"},
        Planted{"trigger-disabled", "ALTER TABLE coolkit.entry DISABLE TRIGGER feed_update",
                "ALTER TABLE coolkit.entry ENABLE ALWAYS TRIGGER feed_update", "feed_update (off)"},
        Planted{"trigger-disabled", "ALTER TABLE coolkit.entry ENABLE TRIGGER guard_insert",
                "ALTER TABLE coolkit.entry ENABLE ALWAYS TRIGGER guard_insert", "not ALWAYS"},
        Planted{"trigger-disabled", "ALTER TABLE coolkit.entry DISABLE TRIGGER USER",
                "ALTER TABLE coolkit.entry ENABLE ALWAYS TRIGGER guard_insert, "
                "ENABLE ALWAYS TRIGGER guard_update, ENABLE ALWAYS TRIGGER feed_insert, "
                "ENABLE ALWAYS TRIGGER feed_update, ENABLE ALWAYS TRIGGER feed_delete, "
                "ENABLE ALWAYS TRIGGER feed_truncate",
                "feed_delete (off), feed_insert (off), feed_truncate (off), feed_update (off), "
                "guard_insert (off), guard_update (off)"},
        Planted{"trigger-missing", "ALTER TRIGGER feed_delete ON coolkit.entry RENAME TO gone",
                "ALTER TRIGGER gone ON coolkit.entry RENAME TO feed_delete", "feed_delete"},
        Planted{"index-missing", "DROP INDEX coolkit.entry_expiry",
                "CREATE INDEX entry_expiry ON coolkit.entry (expires_at) "
                "WHERE expires_at IS NOT NULL",
                "entry_expiry"},
        Planted{"index-missing",
                "UPDATE pg_index SET indisvalid = false "
                "WHERE indexrelid = 'coolkit.change_xid'::regclass",
                "UPDATE pg_index SET indisvalid = true "
                "WHERE indexrelid = 'coolkit.change_xid'::regclass",
                "change_xid"},
        Planted{"row-security", "ALTER TABLE coolkit.entry ENABLE ROW LEVEL SECURITY",
                "ALTER TABLE coolkit.entry DISABLE ROW LEVEL SECURITY", "entry"},
        Planted{"table-unlogged", "ALTER TABLE coolkit.change SET UNLOGGED",
                "ALTER TABLE coolkit.change SET LOGGED", "change"},
        Planted{"incarnation-missing", "DELETE FROM coolkit.incarnation",
                "SELECT coolkit.begin_incarnation()", "the last one began at"},
        Planted{"schema-refused",
                "INSERT INTO coolkit.migration (number, name, sha256, compatible_from) "
                "VALUES (99, 'later', '', 99)",
                "DELETE FROM coolkit.migration WHERE number = 99", "needs a release"},
        Planted{"schema-refused", "UPDATE coolkit.migration SET sha256 = sha256 || '\\x00'",
                "UPDATE coolkit.migration SET sha256 = substring(sha256 FOR 32)", "checksum"},
        Planted{"schema-pending",
                "CREATE TABLE public.kept AS SELECT * FROM coolkit.migration; "
                "DELETE FROM coolkit.migration",
                "INSERT INTO coolkit.migration SELECT * FROM public.kept", "1 initial"}),
    NameOf);

// A life that another one follows: SET LOGGED writes the table anew, so its row is a stranger's.
TEST_F(InspectTest, ALoggedIncarnation) {
  const std::string url = Make(Healthy());
  Sql(url).Run("ALTER TABLE coolkit.incarnation SET LOGGED");
  EXPECT_THAT(IdsAt(url), Contains("incarnation-logged"));
}

TEST_F(InspectTest, NoSchemaAndAnotherEncoding) {
  EXPECT_THAT(IdsAt(Healthy().CreateDatabase()), ElementsAre("schema-missing"));
  Sql(Healthy().Url("postgres"))
      .Run("CREATE DATABASE odd ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
  EXPECT_THAT(IdsAt(Healthy().Url("odd")), ElementsAre("encoding", "schema-missing"));
}

TEST_F(InspectTest, TheBudgetOfConnections) {
  PostgresInspectOptions options = At(Make(Healthy()));  // 80 % of 100 - 3
  options.connections = {400, 77};
  EXPECT_THAT(Ids(Inspect(options)), IsEmpty()) << "the default is cut without a word";
  options.budget_given = true;
  EXPECT_THAT(Ids(Inspect(options)), ElementsAre("connections-budget"));
  options.connections = {77, 78};
  EXPECT_THAT(Ids(Inspect(options)), IsEmpty());
  options.connections = {400, 78};
  options.budget_given = false;
  EXPECT_THAT(Ids(Inspect(options)), ElementsAre("connections-few"));
}

TEST_F(InspectTest, TransactionsThatHoldTheHorizon) {
  const std::string url = Make(Healthy());
  const std::string elsewhere = Make(Healthy());
  PostgresInspectOptions options = At(url);
  options.transaction_age_max = milliseconds(100);
  const auto begin = [](Sql& sql, const char* what) {
    sql.Run(std::string("BEGIN; ") + what);
    std::this_thread::sleep_for(milliseconds(150));
  };
  Sql idle(url);
  begin(idle, "SELECT 1");
  EXPECT_THAT(Ids(Inspect(options)), IsEmpty()) << "it holds nothing";
  Sql writer(url);
  begin(writer, "SELECT pg_current_xact_id()");
  const Inspection seen = Inspect(options);
  ASSERT_THAT(Ids(seen), ElementsAre("old-transaction"));
  EXPECT_THAT(seen.findings[0].what, HasSubstr("of postgres"));
  EXPECT_THAT(IdsAt(url), IsEmpty()) << "younger than ten minutes";
  writer.Run("COMMIT");
  EXPECT_THAT(Ids(Inspect(options)), IsEmpty());
  Sql snapshot(url);
  begin(snapshot, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT 1");
  EXPECT_THAT(Ids(Inspect(options)), ElementsAre("old-transaction"));
  snapshot.Run("COMMIT");
  Sql other(elsewhere);
  begin(other, "SELECT pg_current_xact_id()");
  EXPECT_THAT(Ids(Inspect(options)), ElementsAre("old-transaction"))
      << "a writer of any database holds the horizon";
}

TEST_F(InspectTest, TheRightsOfTheUser) {
  const std::string url = Make(Healthy());
  const std::string name = url.substr(url.rfind('/') + 1);
  Sql sql(url);
  sql.Run("DROP ROLE IF EXISTS looker; CREATE ROLE looker LOGIN");
  const std::string theirs = Healthy().Url(name, "looker");
  const Inspection without = Inspect(At(theirs));
  ASSERT_THAT(Ids(without), ElementsAre("rights"));
  EXPECT_THAT(without.findings[0].what, HasSubstr("looker lacks USAGE of the schema"));
  EXPECT_THAT(without.not_looked_at, testing::SizeIs(2));
  sql.Run("GRANT coolkit_service TO looker");
  const Inspection service = Inspect(At(theirs));
  EXPECT_THAT(Ids(service), IsEmpty()) << "the service's role is enough to serve";
  EXPECT_THAT(service.not_looked_at, ElementsAre(HasSubstr("pg_read_all_stats")));
  sql.Run("GRANT pg_read_all_stats TO looker");
  EXPECT_THAT(Inspect(At(theirs)).not_looked_at, IsEmpty());
  for (const auto& [right, of] : std::vector<std::pair<const char*, const char*>>{
           {"DELETE", "TABLE coolkit.change"},
           {"UPDATE", "TABLE coolkit.feed_floor"},
           {"SELECT", "TABLE coolkit.era"},
           {"EXECUTE", "FUNCTION coolkit.version_for(uuid, int)"}}) {
    const std::string what = std::string(right) + " ON " + of;
    sql.Run("REVOKE " + what + " FROM coolkit_service");
    const Inspection lacking = Inspect(At(theirs));
    EXPECT_THAT(Ids(lacking), ElementsAre("rights")) << what;
    sql.Run("GRANT " + what + " TO coolkit_service");
  }
}

TEST_F(InspectTest, LogicalReplicationIntoTheTable) {
  const std::string source = Make(Healthy());
  const std::string url = Make(Healthy());
  Sql(source).Run("CREATE PUBLICATION p FOR TABLE coolkit.entry");
  Sql sql(url);
  sql.Run("CREATE SUBSCRIPTION copy_of_it CONNECTION '" + source +
          "' PUBLICATION p WITH (create_slot = false, enabled = false, copy_data = false, "
          "slot_name = NONE)");
  const Inspection inspection = Inspect(At(url));
  EXPECT_THAT(Ids(inspection), ElementsAre("subscription"));
  EXPECT_THAT(inspection.findings.at(0).what, HasSubstr("copy_of_it"));
  EXPECT_THAT(IdsAt(source), IsEmpty());
  sql.Run("DROP SUBSCRIPTION copy_of_it");
  EXPECT_THAT(IdsAt(url), IsEmpty());
}

TEST_F(InspectTest, PreparedTransactionsAndAReplica) {
  const std::unique_ptr<Cluster> cluster =
      Cluster::Start({{"autovacuum=on", "max_prepared_transactions=3", "data_sync_retry=on"}});
  const std::string url = Make(*cluster);
  EXPECT_THAT(IdsAt(url), ElementsAre("data-sync-retry", "prepared-transactions-allowed"));
  Sql(url).Run("BEGIN; SELECT pg_current_xact_id(); PREPARE TRANSACTION 'left behind'");
  const Inspection inspection = Inspect(At(url));
  ASSERT_THAT(Ids(inspection), ElementsAre("data-sync-retry", "prepared-transaction",
                                           "prepared-transactions-allowed"));
  EXPECT_THAT(inspection.findings[1].what, HasSubstr("'left behind' since "));
  Sql(url).Run("ROLLBACK PREPARED 'left behind'");
  cluster->MakeStandby();
  EXPECT_THAT(IdsAt(url),
              ElementsAre("standby", "data-sync-retry", "prepared-transactions-allowed"));
}

TEST_F(InspectTest, APoolerThatTheUrlDoesNotName) {
  const std::unique_ptr<Bouncer> bouncer = Bouncer::Start(Healthy());
  if (bouncer == nullptr) GTEST_SKIP() << "pgbouncer is not installed";
  const std::string direct = Make(Healthy());
  const std::string named = bouncer->Url(direct.substr(direct.rfind('/') + 1));
  EXPECT_THAT(IdsAt(named), IsEmpty());
  const std::string unnamed = named.substr(0, named.find('?'));
  EXPECT_THAT(IdsAt(unnamed), ElementsAre("pooler"));
  const std::unique_ptr<Bouncer> forgetful =
      Bouncer::Start(Healthy(), "server_reset_query_always = 1\n");
  const std::string forgotten = forgetful->Url(direct.substr(direct.rfind('/') + 1));
  EXPECT_THAT(IdsAt(forgotten.substr(0, forgotten.find('?'))),
              ElementsAre("pooler", "session-settings"));
}

TEST_F(InspectTest, NoServerIsAnError) {
  const Result<Inspection> inspection = InspectPostgres(At("postgres://u:secret@127.0.0.1:1/db"));
  ASSERT_FALSE(inspection.has_value());
  EXPECT_EQ(inspection.error().code, ErrorCode::kDatabaseUnavailable);
  EXPECT_EQ(inspection.error().detail.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace coolkit::store
