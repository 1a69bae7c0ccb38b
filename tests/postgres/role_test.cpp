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
  ASSERT_EQ(before->states.size(), 1u);
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
  EXPECT_EQ(Sql(url).Ask("SELECT count(*) FROM coolkit.migration"), "1");
}

TEST(MigrationTest, AChangedOrTooNewSchemaIsRefused) {
  const std::string url = SharedCluster()->CreateDatabase();
  ASSERT_TRUE(MigratePostgres(OptionsOf(url)).has_value());
  Sql sql(url);
  sql.Run(
      "INSERT INTO coolkit.migration (number, name, sha256, compatible_from) "
      "VALUES (2, 'later', '', 1)");
  const auto later = PostgresMigrationStatus(OptionsOf(url));
  ASSERT_TRUE(later.has_value()) << "a later release that this one may run with";
  EXPECT_EQ(later->states[1].kind, State::kUnknown);
  sql.Run("UPDATE coolkit.migration SET compatible_from = 2 WHERE number = 2");
  EXPECT_EQ(MigratePostgres(OptionsOf(url)).error().code, ErrorCode::kStorageError);
  sql.Run("DELETE FROM coolkit.migration WHERE number = 2");
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

TEST_F(RoleTest, EveryRoleIsRefusedWhatIsNotIts) {
  Write(PutOp("a", "1"));
  const std::vector<const char*> for_nobody = {
      "TRUNCATE coolkit.entry",
      "DROP TABLE coolkit.entry",
      "SELECT coolkit.after_restore()",
      "ALTER TABLE coolkit.entry DISABLE TRIGGER USER",
      "INSERT INTO coolkit.change (collection) VALUES ('x')",
      "UPDATE coolkit.incarnation SET base = 1",
      "DELETE FROM coolkit.incarnation",
      "SELECT coolkit.raise_base('x', false, false)",
      "DELETE FROM coolkit.incarnation_log",
      "INSERT INTO coolkit.migration VALUES (9, 'x', '', 1)",
      "CREATE TABLE coolkit.mine (x int)",
      "CREATE FUNCTION coolkit.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'"};
  for (const char* user : {"pod", "app", "ro", "nobody_of_us"}) ExpectRefused(user, for_nobody);
  const std::vector<const char*> not_for_people = {
      "DELETE FROM coolkit.change",
      "SELECT * FROM coolkit.entry",
      "DELETE FROM coolkit.entry",
      "UPDATE coolkit.entry SET version = 1",
      "SELECT * FROM coolkit.ring",
      "INSERT INTO coolkit.entry (collection, key, value, version) VALUES ('a', 'b', 'c', 9)",
      "UPDATE coolkit.kv SET version = 9",
      "UPDATE coolkit.feed_floor SET pruned_below = '9'"};
  for (const char* user : {"app", "ro", "nobody_of_us"}) ExpectRefused(user, not_for_people);
  ExpectRefused("ro", {"DELETE FROM coolkit.kv", "UPDATE coolkit.kv SET value = ''",
                       "INSERT INTO coolkit.kv (collection, key, value) VALUES ('a', 'b', 'c')"});
  ExpectRefused("nobody_of_us", {"SELECT * FROM coolkit.kv"});
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
