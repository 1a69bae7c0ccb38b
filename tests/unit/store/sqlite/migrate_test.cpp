#include "store/sqlite/migrate.h"

#include <gmock/gmock.h>

#include <array>
#include <filesystem>
#include <thread>

#include "unit/store/sqlite/sqlite_fixture.h"

namespace coolkit::store {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Kind = MigrationState::Kind;

class MigrateTest : public SqliteTest {
 protected:
  MigrateTest() { migrate_.path = options_.path; }
  Result<std::vector<MigrationState>> Status() {
    return SqliteMigrationStatus(migrate_, parts_.clock);
  }
  Result<std::vector<MigrationState>> Apply() { return MigrateSqlite(migrate_, parts_.clock); }

  // What later releases know.
  const SqliteMigration first_ = KnownSqliteMigrations()[0];
  const SqliteMigration second_{2, "more",
                                "-- compatible_from: 1\nCREATE TABLE more (a INTEGER) STRICT;"};
  SqliteMigrateOptions migrate_;
};

TEST_F(MigrateTest, StatusOfNothingCreatesNothing) {
  const auto states = Status();
  ASSERT_TRUE(states.has_value()) << states.error().detail;
  ASSERT_EQ(states->size(), 1u);
  EXPECT_EQ((*states)[0].kind, Kind::kPending);
  EXPECT_EQ((*states)[0].name, "initial");
  EXPECT_EQ((*states)[0].compatible_from, 1);
  EXPECT_FALSE(std::filesystem::exists(migrate_.path));
}

TEST_F(MigrateTest, AppliesOnce) {
  const auto applied = Apply();
  ASSERT_TRUE(applied.has_value()) << applied.error().detail;
  ASSERT_EQ(applied->size(), 1u);
  EXPECT_EQ((*applied)[0].kind, Kind::kApplied);
  const auto again = Apply();
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ((*again)[0].applied_at, (*applied)[0].applied_at);
  EXPECT_EQ((*Status())[0].kind, Kind::kApplied);
}

TEST_F(MigrateTest, LaterMigrationsAreAppliedInOrder) {
  ASSERT_TRUE(Apply().has_value());
  const std::array<SqliteMigration, 2> newer{first_, second_};
  migrate_.migrations = newer;
  EXPECT_EQ((*Status())[1].kind, Kind::kPending);
  ASSERT_TRUE(Apply().has_value());
  EXPECT_EQ((*Status())[1].kind, Kind::kApplied);
}

TEST_F(MigrateTest, AFailedMigrationLeavesNothing) {
  const std::array<SqliteMigration, 2> broken{
      first_,
      {2, "broken", "-- compatible_from: 1\nCREATE TABLE half (a INTEGER) STRICT; SELEKT;"}};
  migrate_.migrations = broken;
  const auto applied = Apply();
  ASSERT_FALSE(applied.has_value());
  EXPECT_THAT(applied.error().detail, HasSubstr("SELEKT"));
  EXPECT_EQ(Sql().Int("SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), 0);
  EXPECT_EQ(Sql().Int("SELECT count(*) FROM migration"), 1);
}

TEST_F(MigrateTest, OldReleaseRunsOnANewerCompatibleSchema) {
  const std::array<SqliteMigration, 2> newer{first_, second_};
  migrate_.migrations = newer;
  ASSERT_TRUE(Apply().has_value());
  migrate_.migrations = KnownSqliteMigrations();
  const auto states = Status();
  ASSERT_TRUE(states.has_value()) << states.error().detail;
  ASSERT_EQ(states->size(), 2u);
  EXPECT_EQ((*states)[1].kind, Kind::kUnknown);
  EXPECT_EQ((*states)[1].name, "more");
  Start();
  Put("a", "1");
}

TEST_F(MigrateTest, OldReleaseRefusesASchemaThatNeedsANewerOne) {
  const std::array<SqliteMigration, 2> newer{
      first_, {2, "contract", "-- compatible_from: 2\nDROP VIEW kv;"}};
  migrate_.migrations = newer;
  ASSERT_TRUE(Apply().has_value());
  EXPECT_THAT(StartError(options_.path),
              AllOf(HasSubstr("schema 2 (contract) needs a release that knows schema 2"),
                    HasSubstr("knows up to schema 1")));
}

TEST_F(MigrateTest, AChangedMigrationIsRefused) {
  ASSERT_TRUE(Apply().has_value());
  const std::string changed = std::string(first_.sql) + "\n-- edited";
  const std::array<SqliteMigration, 1> edited{{{1, "initial", changed}}};
  migrate_.migrations = edited;
  const auto states = Status();
  ASSERT_FALSE(states.has_value());
  EXPECT_THAT(states.error().detail, HasSubstr("checksum differs"));
}

TEST_F(MigrateTest, ManyStartAtOnce) {
  constexpr int kStores = 8;
  std::vector<std::unique_ptr<SqliteStore>> stores;
  for (int i = 0; i < kStores; ++i) {
    stores.push_back(
        std::make_unique<SqliteStore>(options_, parts_.clock, parts_.metrics, parts_.log));
  }
  std::vector<std::string> errors(kStores);
  std::vector<std::thread> threads;
  for (int i = 0; i < kStores; ++i) {
    threads.emplace_back([&, i] {
      const Result<void> started = stores[i]->Start();
      if (!started) errors[i] = started.error().detail;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(errors, testing::Each(""));
  EXPECT_EQ(Sql().Int("SELECT count(*) FROM migration"), 1);
  EXPECT_EQ(Sql().Int("SELECT count(*) FROM incarnation_log"), 1) << "one life began";
}

TEST_F(MigrateTest, AfterRestoreBeginsALifeAboveAllVersions) {
  Start();
  const model::Version before = Put("a", "1");
  const FeedCursor cursor = Poll(std::nullopt).next;
  Stop();
  // Rows that were loaded with their versions, from a database that was ahead.
  EXPECT_EQ(Sql().Run("UPDATE entry SET version = 4000000000000000000"), "");
  ASSERT_TRUE(SqliteAfterRestore(migrate_, parts_.clock).has_value());
  Start();
  EXPECT_TRUE(Poll(cursor).gap);
  EXPECT_FALSE(Poll(std::nullopt).next.incarnation == cursor.incarnation);
  EXPECT_EQ(Poll(std::nullopt).next.incarnation.system_id, cursor.incarnation.system_id);
  EXPECT_GT(Poll(std::nullopt).next.incarnation.base, cursor.incarnation.base);
  EXPECT_GT(Entry("absent")->version().value, 4000000000000000000);
  EXPECT_GT(Put("b", "1"), before);
}

TEST_F(MigrateTest, AfterRestoreOfNothing) {
  const Result<void> restored = SqliteAfterRestore(migrate_, parts_.clock);
  ASSERT_FALSE(restored.has_value());
  EXPECT_THAT(restored.error().detail, HasSubstr("there is no such file"));
}

}  // namespace
}  // namespace coolkit::store
