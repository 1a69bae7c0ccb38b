// Each fault of a SQLite file that check-database knows is planted and found, alone.
#include "store/sqlite/inspect.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "store/sqlite/connection.h"
#include "unit/store/sqlite/sqlite_fixture.h"

namespace coolkit::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SqliteInspectTest : public SqliteTest {
 protected:
  SqliteInspectTest() { migrate_.path = options_.path; }
  void Migrate() { ASSERT_TRUE(MigrateSqlite(migrate_, parts_.clock).has_value()); }
  void Run(const char* sql) {
    Connection connection;
    ASSERT_EQ(connection.Open(migrate_.path, SQLITE_OPEN_READWRITE, ""), SQLITE_OK);
    EXPECT_EQ(connection.Execute(sql), SQLITE_OK) << sql << sqlite3_errmsg(connection.get());
  }
  std::vector<std::string> Ids() {
    const Result<Inspection> inspection = InspectSqlite(migrate_, parts_.clock);
    EXPECT_TRUE(inspection.has_value()) << inspection.error().detail;
    std::vector<std::string> ids;
    if (!inspection) return ids;
    for (const Finding& finding : inspection->findings) {
      EXPECT_FALSE(finding.what.empty() || finding.why.empty() || finding.remedy.empty());
      ids.push_back(finding.id);
      what_ = finding.what;
    }
    return ids;
  }

  SqliteMigrateOptions migrate_;
  std::string what_;  // of the last finding
};

TEST_F(SqliteInspectTest, NothingYetAndThenHealthy) {
  EXPECT_THAT(Ids(), ElementsAre("schema-pending"));
  EXPECT_FALSE(std::filesystem::exists(migrate_.path));
  Migrate();
  EXPECT_THAT(Ids(), IsEmpty());
}

TEST_F(SqliteInspectTest, TriggersIndexesAndViews) {
  Migrate();
  Run("DROP TRIGGER entry_updated_by_others; DROP INDEX entry_expiry");
  EXPECT_THAT(Ids(), ElementsAre("schema-missing"));
  EXPECT_THAT(what_, HasSubstr("index entry_expiry, trigger entry_updated_by_others"));
  Run("DROP TRIGGER entry_deleted; "
      "CREATE TRIGGER entry_deleted AFTER DELETE ON entry BEGIN SELECT 1; END");
  EXPECT_THAT(Ids(), ElementsAre("schema-missing", "schema-changed"));
  EXPECT_THAT(what_, HasSubstr("trigger entry_deleted"));
}

TEST_F(SqliteInspectTest, WhatOthersAddIsTheirs) {
  Migrate();
  Run("CREATE TABLE notes (a); CREATE INDEX by_type ON entry (content_type)");
  EXPECT_THAT(Ids(), IsEmpty());
}

TEST_F(SqliteInspectTest, TheJournalMode) {
  Migrate();
  Run("PRAGMA journal_mode = DELETE");
  EXPECT_THAT(Ids(), ElementsAre("journal-mode"));
  EXPECT_THAT(what_, HasSubstr("delete"));
}

TEST_F(SqliteInspectTest, ADamagedFile) {
  Migrate();
  Run("INSERT INTO kv (collection, key, value) "
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
      "SELECT 'c', 'key' || i, zeroblob(100) FROM n; PRAGMA wal_checkpoint(TRUNCATE)");
  EXPECT_THAT(Ids(), IsEmpty());
  {
    std::fstream file(migrate_.path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(migrate_.path) / 2));
    file << std::string(8192, '\x5a');
  }
  EXPECT_THAT(Ids(), ElementsAre("integrity"));
}

TEST_F(SqliteInspectTest, AnotherReleaseOrApplication) {
  Migrate();
  Run("UPDATE migration SET checksum = 'x'");
  EXPECT_THAT(Ids(), ElementsAre("schema-refused"));
  EXPECT_THAT(what_, HasSubstr("checksum"));
  std::filesystem::remove(migrate_.path);
  std::ofstream(migrate_.path) << "this is no database, however long it may be";
  EXPECT_THAT(Ids(), ElementsAre("schema-refused"));
}

}  // namespace
}  // namespace coolkit::store
