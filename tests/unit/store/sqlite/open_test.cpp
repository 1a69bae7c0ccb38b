// What a person is told whose database path is wrong, and what a good one becomes.
#include "store/sqlite/open.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/check.h"
#include "store/sqlite/schema.h"
#include "unit/store/sqlite/sqlite_fixture.h"

namespace coolkit::store {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Somebody who is not root, for the length of a scope.
class AsNobody {
 public:
  AsNobody() : root_(::geteuid() == 0) {
    if (root_) CHECK(::seteuid(65534) == 0);
  }
  ~AsNobody() {
    if (root_) CHECK(::seteuid(0) == 0);
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

 private:
  const bool root_;
};

class OpenTest : public SqliteTest {
 protected:
  std::string FileWith(const std::string& name, const std::string& text) {
    std::ofstream(dir_.File(name)) << text;
    return dir_.File(name);
  }
};

TEST_F(OpenTest, NewDatabaseIsOurs) {
  Start();
  PlainSql sql = Sql();
  EXPECT_EQ(sql.Int("PRAGMA application_id"), kSqliteApplicationId);
  EXPECT_EQ(sql.Text("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(sql.Text("PRAGMA encoding"), "UTF-8");
  EXPECT_EQ(sql.Text("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(sql.Int("SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND strict = 0 "
                    "AND type = 'table' AND name NOT LIKE 'sqlite_%'"),
            0);
}

TEST_F(OpenTest, EmptyFileIsTaken) {
  options_.path = FileWith("empty.db", "");
  Start();
  Put("a", "1");
}

TEST_F(OpenTest, Directory) {
  EXPECT_THAT(StartError(dir_.path()), AllOf(HasSubstr(dir_.path()), HasSubstr("is a directory")));
}

TEST_F(OpenTest, NoSuchDirectory) {
  EXPECT_THAT(StartError(dir_.File("none/a.db")),
              AllOf(HasSubstr("none/a.db"), HasSubstr("there is no directory")));
}

TEST_F(OpenTest, FileAsDirectory) {
  const std::string file = FileWith("file", "x");
  EXPECT_THAT(StartError(file + "/a.db"), HasSubstr("is not a directory"));
}

TEST_F(OpenTest, Fifo) {
  ASSERT_EQ(::mkfifo(dir_.File("fifo").c_str(), 0600), 0);
  EXPECT_THAT(StartError(dir_.File("fifo")), HasSubstr("not a regular file"));
}

TEST_F(OpenTest, TextFileIsRefusedAndNotTouched) {
  const std::string text(5000, 't');
  EXPECT_THAT(StartError(FileWith("notes.txt", text)), HasSubstr("not a SQLite database"));
  std::ifstream file(dir_.File("notes.txt"));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text);
}

TEST_F(OpenTest, DatabaseOfAnotherApplication) {
  EXPECT_EQ(Sql().Run("CREATE TABLE theirs (a)"), "");
  EXPECT_THAT(StartError(options_.path), HasSubstr("another application: it has tables"));
  EXPECT_EQ(Sql().Run("PRAGMA application_id = 1234"), "");
  EXPECT_THAT(StartError(options_.path), HasSubstr("application id 1234"));
  EXPECT_EQ(Sql().Text("PRAGMA journal_mode"), "delete") << "it was not changed";
}

TEST_F(OpenTest, NoPermission) {
  const std::string file = FileWith("a.db", "");
  ASSERT_EQ(::chmod(file.c_str(), 0444), 0);
  ASSERT_EQ(::chmod(dir_.path().c_str(), 0755), 0);
  ASSERT_EQ(::mkdir(dir_.File("sub").c_str(), 0555), 0);
  const AsNobody nobody;
  EXPECT_THAT(StartError(file), HasSubstr("no permission to read and write it"));
  EXPECT_THAT(StartError(dir_.File("sub/a.db")),
              HasSubstr("no permission to read and write its directory"));
}

TEST_F(OpenTest, ReadOnlyFileSystem) {
  // Every Linux mounts this one read-only for containers; where it does not, root may write to it.
  const std::string path = "/proc/sys/kernel/ostype";
  if (::access(path.c_str(), R_OK | W_OK) == 0) GTEST_SKIP() << path << " may be written here";
  EXPECT_THAT(StartError(path), testing::AnyOf(HasSubstr("read-only"), HasSubstr("no permission")));
}

TEST_F(OpenTest, DamagedDatabase) {
  Start();
  Put("a", "1");
  Stop();
  {
    std::fstream file(options_.path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    file << std::string(4096 * 3, 'x');
  }
  const std::string error = StartError(options_.path);
  EXPECT_THAT(error, HasSubstr("damaged"));
}

TEST_F(OpenTest, PendingMigrationWithoutLeaveToApplyIt) {
  options_.migrate = false;
  EXPECT_THAT(StartError(options_.path),
              AllOf(HasSubstr("schema 1 (initial)"), HasSubstr("coolkit migrate")));
}

TEST_F(OpenTest, LockedByAnotherProcess) {
  Start();
  Stop();
  PlainSql other = Sql();
  ASSERT_EQ(other.Run("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE;"), "");
  options_.start_timeout = milliseconds(50);
  EXPECT_THAT(StartError(options_.path), HasSubstr("locked by another process"));
}

TEST_F(OpenTest, StartsAgainAfterStop) {
  Start();
  Put("a", "1");
  store().Stop();
  ASSERT_TRUE(store().Start().has_value());
  EXPECT_EQ(Entry("a")->value(), "1");
}

TEST_F(OpenTest, StopEmptiesTheLog) {
  Start();
  Put("a", "1");
  EXPECT_TRUE(std::filesystem::exists(options_.path + "-wal"));
  Stop();
  EXPECT_FALSE(std::filesystem::exists(options_.path + "-wal"));
  EXPECT_EQ(Sql().Int("SELECT count(*) FROM kv"), 1);
}

TEST_F(OpenTest, ErrorsOfOperationsDoNotNameThePath) {
  Start();
  std::filesystem::rename(options_.path, dir_.File("elsewhere.db"));
  const Result<ReadAnswer> read = Read("a");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::kDatabaseUnavailable);
  EXPECT_EQ(read.error().detail.find("coolkit.db"), std::string::npos);
  Stop();
  EXPECT_NE(parts_.log_lines.find(options_.path), std::string::npos) << "the log does";
}

}  // namespace
}  // namespace coolkit::store
