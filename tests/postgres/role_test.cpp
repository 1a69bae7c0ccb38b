// Migrations and what each role may do.
#include "postgres/directed.h"
#include "store/postgres/migrate.h"

namespace coolkit::store {
namespace {

using State = MigrationState::Kind;

PostgresMigrateOptions OptionsOf(const std::string& url) {
  PostgresMigrateOptions options;
  options.url = url;
  return options;
}

std::string NameIn(const std::string& url) { return url.substr(url.rfind('/') + 1); }

TEST(MigrationTest, StatusThenApplyThenNothing) {
  const std::string url = SharedCluster()->CreateDatabase();
  const auto before = PostgresMigrationStatus(OptionsOf(url));
  ASSERT_TRUE(before.has_value()) << before.error().detail;
  const std::size_t known = KnownPostgresMigrations().size();
  ASSERT_EQ(before->states.size(), known);
  EXPECT_EQ(before->states[0].kind, State::kPending);
  const auto applied = MigratePostgres(OptionsOf(url));
  ASSERT_TRUE(applied.has_value()) << applied.error().detail;
  EXPECT_EQ(applied->states[0].kind, State::kApplied);
  EXPECT_TRUE(applied->states[0].applied_at);
  EXPECT_TRUE(applied->notes.empty()) << applied->notes[0];
  EXPECT_TRUE(MigratePostgres(OptionsOf(url)).has_value());
  EXPECT_EQ(Sql(url).Ask("SELECT r.rolname FROM pg_namespace n JOIN pg_roles r ON r.oid = "
                         "n.nspowner WHERE n.nspname = 'coolkit'"),
            "coolkit_owner");
}

TEST(MigrationTest, ManyAtOnceApplyOnce) {
  const std::string url = SharedCluster()->CreateDatabase();
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] { failed += MigratePostgres(OptionsOf(url)).has_value() ? 0 : 1; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(Sql(url).Ask("SELECT count(*) FROM coolkit.migration"),
            std::to_string(KnownPostgresMigrations().size()));
}

TEST(MigrationTest, AChangedOrTooNewSchemaIsRefused) {
  const std::string url = SharedCluster()->CreateDatabase();
  ASSERT_TRUE(MigratePostgres(OptionsOf(url)).has_value());
  Sql sql(url);
  sql.Run(
      "INSERT INTO coolkit.migration (number, name, sha256, compatible_from) "
      "VALUES (99, 'later', '', 1)");
  const auto later = PostgresMigrationStatus(OptionsOf(url));
  ASSERT_TRUE(later.has_value()) << "a later release that this one may run with";
  EXPECT_EQ(later->states.back().kind, State::kUnknown);
  sql.Run("UPDATE coolkit.migration SET compatible_from = 99 WHERE number = 99");
  EXPECT_EQ(MigratePostgres(OptionsOf(url)).error().code, ErrorCode::kStorageError);
  sql.Run("DELETE FROM coolkit.migration WHERE number = 99");
  sql.Run("UPDATE coolkit.migration SET sha256 = '\\x00'");
  EXPECT_EQ(MigratePostgres(OptionsOf(url)).error().code, ErrorCode::kStorageError);
}

TEST(MigrationTest, APlainUserMigratesAndServesWithoutRoles) {
  const std::unique_ptr<Cluster> cluster = Cluster::Start();
  const std::string name = NameIn(cluster->CreateDatabase());
  Sql(cluster->Url("postgres")).Run("CREATE ROLE plain LOGIN");
  Sql(cluster->Url("postgres")).Run("ALTER DATABASE " + name + " OWNER TO plain");
  const std::string url = cluster->Url(name, "plain");
  const auto applied = MigratePostgres(OptionsOf(url));
  ASSERT_TRUE(applied.has_value()) << applied.error().detail;
  ASSERT_EQ(applied->notes.size(), 1u);
  EXPECT_NE(applied->notes[0].find("CREATEROLE"), std::string::npos);
  PostgresOptions options;
  options.url = url;
  PostgresUnderTest under_test(options);
  auto [done, got] = MakeCompletion<WriteAnswer>();
  under_test.store().Write(PutOp("a", "1"), under_test.clock().Now() + seconds(20),
                           std::move(done));
  EXPECT_TRUE(got.get().has_value());
}

TEST(MigrationTest, AfterRestoreBeginsALife) {
  const std::string url = SharedCluster()->CreateDatabase();
  ASSERT_TRUE(MigratePostgres(OptionsOf(url)).has_value());
  Sql sql(url);
  sql.Run("SELECT coolkit.begin_incarnation()");
  const std::string before = sql.Ask("SELECT id FROM coolkit.era");
  EXPECT_TRUE(PostgresAfterRestore(OptionsOf(url)).has_value());
  EXPECT_NE(sql.Ask("SELECT id FROM coolkit.era"), before);
}

class RoleTest : public PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    name_ = NameIn(under_test().url());
    Session().Run(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pod') THEN "
        "CREATE ROLE pod LOGIN IN ROLE coolkit_service; "
        "CREATE ROLE app LOGIN IN ROLE coolkit_writer; "
        "CREATE ROLE ro LOGIN IN ROLE coolkit_reader; CREATE ROLE nobody_of_us LOGIN; "
        "END IF; END $$");
  }
  [[nodiscard]] std::string UrlOf(const std::string& user) const {
    return SharedCluster()->Url(name_, user);
  }
  void ExpectRefused(const std::string& user, const std::vector<const char*>& statements) {
    Sql sql(UrlOf(user));
    for (const char* statement : statements) EXPECT_TRUE(sql.Fails(statement)) << statement;
  }

 private:
  std::string name_;
};

TEST_F(RoleTest, TheServiceServes) {
  PostgresOptions options;
  options.url = UrlOf("pod");
  Make(options);
  const FeedCursor cursor = Poll(std::nullopt).next;
  Write(PutOp("a", "1"));
  Write(DeleteOp("a"));
  EXPECT_FALSE(Read("a")->present());
  EXPECT_EQ(Poll(cursor).changes.keys.size(), 2u);
  auto [pruned, prune] = MakeCompletion<std::size_t>();
  store().Prune(Poll(cursor).next, 100, std::move(pruned));
  EXPECT_EQ(prune.get().value_or(0), 2u);
  SharedCluster()->AdvanceClock(seconds(1));
  auto [collected, collect] = MakeCompletion<std::size_t>();
  store().Collect(milliseconds(0), 100, std::move(collected));
  EXPECT_EQ(collect.get().value_or(0), 1u);
}

// What each role may do with each table and view; S I U D T as in SELECT to TRUNCATE. Not here:
// nothing. A new table must be named here before it passes.
const std::map<std::string, std::map<std::string, std::string>> kRights{
    {"entry", {{"pod", "SIUD"}, {"app", "I"}}},
    {"kv", {{"pod", "S"}, {"app", "SIUD"}, {"ro", "S"}}},
    {"change", {{"pod", "SD"}}},
    {"feed_floor", {{"pod", "SU"}}},
    {"ring", {{"pod", "SIUD"}}},
    {"tailer", {{"pod", "SIUD"}}},
    {"ring_key", {{"pod", "S"}}},
    {"migration", {{"pod", "S"}, {"ro", "S"}}},
    {"era", {{"pod", "S"}}},
    {"incarnation_log", {{"pod", "S"}}},
    {"incarnation", {}},
};

TEST_F(RoleTest, EveryRoleTriesEveryVerbOnEveryTable) {
  Sql owner = Session();
  const auto relations = owner.Rows(
      "SELECT c.relname, a.attname, c.relkind FROM pg_class c JOIN pg_attribute a "
      "ON a.attrelid = c.oid AND a.attnum = 1 "
      "WHERE c.relnamespace = 'coolkit'::regnamespace AND c.relkind IN ('r', 'v')");
  EXPECT_EQ(relations.size(), kRights.size());
  for (const char* user : {"pod", "app", "ro", "nobody_of_us"}) {
    Sql sql(UrlOf(user));
    for (const auto& relation : relations) {
      const std::string& name = relation.at(0);
      const std::string table = "coolkit." + name;
      // People may not change a key through the view, but the rest.
      const std::string column = name == "kv" ? "value" : relation.at(1);
      std::string may;
      const auto attempt = [&](char verb, const std::string& statement) {
        const std::string error = sql.ErrorOf("EXPLAIN " + statement);
        if (error.empty()) {
          may += verb;
        } else {
          EXPECT_NE(error.find("permission denied"), std::string::npos) << statement << error;
        }
      };
      attempt('S', "SELECT FROM " + table);
      attempt('I', "INSERT INTO " + table + " DEFAULT VALUES");
      attempt('U', "UPDATE " + table + " SET " + column + " = DEFAULT");
      attempt('D', "DELETE FROM " + table);
      if (relation.at(2) == "r" && sql.ErrorOf("TRUNCATE " + table).empty()) may += 'T';
      ASSERT_TRUE(kRights.contains(name)) << name << ": say who may do what with it";
      const auto& rights = kRights.at(name);
      const auto known = rights.find(user);
      EXPECT_EQ(may, known == rights.end() ? "" : known->second) << user << " on " << name;
    }
  }
}

TEST_F(RoleTest, EveryRoleTriesEveryFunction) {
  Sql owner = Session();
  const std::set<std::string> for_the_service{"begin_incarnation", "version_for", "feed_bulk",
                                              "begin_ring_key"};
  const auto functions =
      owner.Rows("SELECT oid, proname FROM pg_proc WHERE pronamespace = 'coolkit'::regnamespace");
  EXPECT_GT(functions.size(), 10u);
  for (const char* user : {"pod", "app", "ro", "nobody_of_us"}) {
    for (const auto& function : functions) {
      const bool wanted = std::string(user) == "pod" && for_the_service.contains(function.at(1));
      EXPECT_EQ(owner.Ask("SELECT has_function_privilege('" + std::string(user) + "', " +
                          function.at(0) + ", 'EXECUTE')"),
                wanted ? "t" : "f")
          << user << " " << function.at(1);
    }
  }
  ExpectRefused(
      "pod", {"SELECT coolkit.after_restore()", "SELECT coolkit.version_now()",
              "SELECT coolkit.raise_base('x', false, false)", "SELECT coolkit.rotate_ring_key()"});
}

TEST_F(RoleTest, NobodyChangesTheSchemaOrItsRules) {
  Write(PutOp("a", "1"));
  const std::vector<const char*> for_nobody = {
      "DROP TABLE coolkit.entry",
      "DROP SCHEMA coolkit CASCADE",
      "DROP VIEW coolkit.kv",
      "ALTER TABLE coolkit.entry ADD COLUMN mine int",
      "ALTER TABLE coolkit.entry OWNER TO CURRENT_USER",
      "ALTER TABLE coolkit.entry DISABLE TRIGGER USER",
      "ALTER TABLE coolkit.entry DISABLE TRIGGER feed_update",
      "ALTER TABLE coolkit.incarnation SET LOGGED",
      "ALTER TABLE coolkit.entry DROP CONSTRAINT entry_key",
      "DROP TRIGGER feed_insert ON coolkit.entry",
      "CREATE TRIGGER mine BEFORE INSERT ON coolkit.entry FOR EACH ROW EXECUTE FUNCTION "
      "suppress_redundant_updates_trigger()",
      "CREATE RULE mine AS ON INSERT TO coolkit.entry DO INSTEAD NOTHING",
      "CREATE INDEX ON coolkit.entry (version)",
      "DROP INDEX coolkit.entry_expiry",
      "CREATE TABLE coolkit.mine (x int)",
      "CREATE FUNCTION coolkit.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
      "CREATE OR REPLACE FUNCTION coolkit.feed_bulk() RETURNS int LANGUAGE sql AS 'SELECT 1'",
      "ALTER FUNCTION coolkit.feed_upsert() SECURITY INVOKER",
      "DROP FUNCTION coolkit.feed_bulk()",
      "GRANT coolkit_owner TO CURRENT_USER",
      "SET ROLE coolkit_owner",
      "SET session_replication_role = replica",
      "CREATE PUBLICATION mine FOR TABLE coolkit.entry",
      "CREATE SCHEMA mine",
      "INSERT INTO coolkit.migration VALUES (9, 'x', '', 1)",
      "DELETE FROM coolkit.incarnation",
      "ALTER ROLE coolkit_writer SUPERUSER",
      "COPY coolkit.entry TO PROGRAM 'true'"};
  for (const char* user : {"pod", "app", "ro", "nobody_of_us"}) {
    if (std::string(user) != "pod") ExpectRefused(user, {"LOCK TABLE coolkit.entry"});
    Sql sql(UrlOf(user));
    // Only a warning, but nothing is granted.
    static_cast<void>(sql.ErrorOf("GRANT SELECT ON coolkit.entry TO PUBLIC"));
    for (const char* statement : for_nobody) {
      EXPECT_NE(sql.ErrorOf(statement), "") << user << ": " << statement;
    }
  }
  EXPECT_TRUE(Sql(UrlOf("nobody_of_us")).Fails("SELECT FROM coolkit.entry"));
  EXPECT_EQ(Session().Ask("SELECT has_table_privilege('public', 'coolkit.entry', 'SELECT')"), "f");
  EXPECT_EQ(Session().Ask("SELECT string_agg(DISTINCT tgenabled::text, '') FROM pg_trigger "
                          "WHERE tgrelid = 'coolkit.entry'::regclass AND NOT tgisinternal"),
            "A");
}

// Nobody writes a version, or hides a change from the feed.
TEST_F(RoleTest, PeopleForgeNothing) {
  ExpectRefused(
      "app",
      {"INSERT INTO coolkit.entry (collection, key, value, version) VALUES ('a', 'b', 'c', 9)",
       "INSERT INTO coolkit.entry (collection, key, value, created_version) "
       "VALUES ('a', 'b', 'c', 9)",
       "INSERT INTO coolkit.entry (collection, key, value, modified_at) "
       "VALUES ('a', 'b', 'c', now())",
       "INSERT INTO coolkit.kv (collection, key, value, version) VALUES ('a', 'b', 'c', 9)",
       "UPDATE coolkit.kv SET version = 9", "UPDATE coolkit.kv SET modified_at = now()",
       "UPDATE coolkit.kv SET key = 'other'", "UPDATE coolkit.entry SET value = ''"});
  Sql app(UrlOf("app"));
  app.Run("INSERT INTO coolkit.kv (collection, key, value) VALUES ('things', 'a', 'x')");
  const FeedCursor cursor = Poll(std::nullopt).next;
  app.Run("SET coolkit.reviving = 'on'; DELETE FROM coolkit.kv WHERE key = 'a'");
  EXPECT_EQ(Poll(cursor).changes.keys.size(), 1u);
  EXPECT_FALSE(Read("a")->present());
}

TEST_F(RoleTest, PeopleReadAndWriteThePlainView) {
  const FeedCursor cursor = Poll(std::nullopt).next;
  Sql app(UrlOf("app"));
  app.Run("INSERT INTO coolkit.kv (collection, key, value) VALUES ('things', 'a', 'x')");
  app.Run("UPDATE coolkit.kv SET value = 'y' WHERE key = 'a'");
  app.Run("INSERT INTO coolkit.entry (collection, key, value) VALUES ('things', 'b', 'x')");
  app.Run("DELETE FROM coolkit.kv WHERE key = 'b'");
  EXPECT_EQ(Sql(UrlOf("ro")).Ask("SELECT convert_from(value, 'UTF8') FROM coolkit.kv"), "y");
  EXPECT_EQ(Poll(cursor).changes.keys.size(), 4u);
}

}  // namespace
}  // namespace coolkit::store
