#include "ops/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coolkit::ops {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(ProbeQuery, ReadsVerboseAndExcludes) {
  const ProbeQuery query = ProbeQuery::Parse("verbose&exclude=data%62ase&exclude=cache&x=1&&=");
  EXPECT_TRUE(query.verbose);
  EXPECT_THAT(query.excluded, ElementsAre("database", "cache"));
  EXPECT_TRUE(query.Excludes("cache"));
  EXPECT_FALSE(query.Excludes("process"));
  EXPECT_FALSE(ProbeQuery::Parse("").verbose);
  EXPECT_TRUE(ProbeQuery::Parse("verbose=1").verbose);
  EXPECT_FALSE(ProbeQuery::Parse("verbose=false").verbose);
  EXPECT_THAT(ProbeQuery::Parse("exclude=&exclude").excluded, ElementsAre());
  EXPECT_THAT(ProbeQuery::Parse("exclude=a+b%2").excluded, ElementsAre("a b%2"));
}

TEST(ProbeQuery, KeepsABoundedNumberOfNames) {
  std::string query;
  for (int i = 0; i < 100; ++i) query += "exclude=x&";
  EXPECT_EQ(ProbeQuery::Parse(query).excluded.size(), ProbeQuery::kExcludedMax);
}

class ProbeTest : public ::testing::Test {
 protected:
  ProbeReport Run(std::string_view query) {
    std::vector<const Check*> all;
    for (const Check& check : checks_) all.push_back(&check);
    return RunProbe("healthz", all, checks_, ProbeQuery::Parse(query));
  }
  CheckResult database_;
  int database_reads_ = 0;
  std::vector<Check> checks_{{"process", [] { return CheckResult{}; }}, {"database", [this] {
                                                                           ++database_reads_;
                                                                           return database_;
                                                                         }}};
};

TEST_F(ProbeTest, SaysOk) {
  const ProbeReport report = Run("");
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.Text(false), "ok");
  EXPECT_EQ(report.Text(true), "[+]process ok\n[+]database ok\nhealthz check passed\n");
  EXPECT_EQ(report.Json(),
            R"({"probe":"healthz","status":"ok","checks":[{"name":"process","status":"ok"},)"
            R"({"name":"database","status":"ok"}]})"
            "\n");
}

TEST_F(ProbeTest, SaysWhatFailed) {
  database_ = {false, "no connection for 3 s"};
  const ProbeReport report = Run("");
  EXPECT_FALSE(report.ok());
  EXPECT_EQ(report.Text(false),
            "[-]database failed: no connection for 3 s\nhealthz check failed\n");
  EXPECT_EQ(report.Text(true),
            "[+]process ok\n[-]database failed: no connection for 3 s\nhealthz check failed\n");
  EXPECT_THAT(
      report.Json(),
      HasSubstr(R"({"name":"database","status":"failed","detail":"no connection for 3 s"})"));
}

TEST_F(ProbeTest, ExcludesWithoutReading) {
  database_ = {false, "gone"};
  const ProbeReport report = Run("exclude=database");
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(database_reads_, 0);
  EXPECT_EQ(report.Text(false), "ok");
  EXPECT_EQ(report.Text(true), "[+]process ok\n[+]database excluded: ok\nhealthz check passed\n");
}

TEST_F(ProbeTest, WarnsOfAnUnknownNameAndIgnoresIt) {
  const ProbeReport report = Run("exclude=databse");
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.Text(false), "ok\nwarn: there is no check \"databse\" to exclude\n");
  EXPECT_THAT(report.Json(),
              HasSubstr(R"("warnings":["there is no check \"databse\" to exclude"])"));
}

TEST_F(ProbeTest, ShowsNothingThatCouldPassForALine) {
  database_ = {false, "a\n[+]database ok\r\xFF"};
  const ProbeReport report = Run("exclude=%0A[%2B]database%20ok");
  EXPECT_EQ(report.Text(false),
            "[-]database failed: a [+]database ok  \n"
            "warn: there is no check \"????database?ok\" to exclude\n"
            "healthz check failed\n");
  EXPECT_THAT(Run("exclude=" + std::string(500, 'a')).Text(false),
              Not(HasSubstr(std::string(65, 'a'))));
}

}  // namespace
}  // namespace coolkit::ops
