#include "cli/database_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coolkit::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

Surroundings Environment(std::map<std::string, std::string> environment) {
  Surroundings machine;
  machine.environment = std::move(environment);
  machine.read_file = [](const std::string& path) -> Result<std::string> {
    if (path == "/secrets/url") return std::string("sqlite:from-file.db\r\n");
    if (path == "/secrets/empty") return std::string("\n");
    return Fail(ErrorCode::kInternal, "No such file or directory");
  };
  return machine;
}

std::string Refused(std::map<std::string, std::string> environment, const FlagValues& flags = {}) {
  const auto settings = LoadSettings(flags, Environment(std::move(environment)));
  return settings ? "(accepted)" : settings.error().detail;
}

TEST(DatabaseChoiceTest, SqliteServesOneMachine) {
  EXPECT_EQ(Refused({}), "(accepted)");
  EXPECT_EQ(Refused({{"DATABASE_URL", "sqlite:/data/x.db"}}), "(accepted)");
}

TEST(DatabaseChoiceTest, SqliteIsRefusedInKubernetes) {
  const std::string missing = Refused({{"KUBERNETES_SERVICE_HOST", "10.0.0.1"}});
  EXPECT_THAT(missing, HasSubstr("DATABASE_URL is not set"));
  EXPECT_THAT(missing, HasSubstr("Kubernetes"));
  const std::string given =
      Refused({{"KUBERNETES_SERVICE_HOST", "10.0.0.1"}, {"DATABASE_URL", "sqlite:x.db"}});
  EXPECT_THAT(given, HasSubstr("DATABASE_URL is a SQLite file"));
  EXPECT_THAT(given, Not(HasSubstr("x.db")));
  EXPECT_EQ(Refused({{"KUBERNETES_SERVICE_HOST", ""}}), "(accepted)");
}

TEST(DatabaseChoiceTest, SqliteIsRefusedWithPeers) {
  for (const std::string peers :
       {"dns:coolkit-headless", "dns:coolkit-headless.production.svc.cluster.local:8080",
        "10.0.0.1:8080", "10.0.0.1:8080,10.0.0.2:8080,[fd00::3]:8080"}) {
    EXPECT_THAT(Refused({}, {{"peers", peers}}), HasSubstr("DATABASE_URL is not set")) << peers;
    EXPECT_THAT(Refused({{"COOLKIT_PEERS", peers}}, {{"database-url", "sqlite:x.db"}}),
                HasSubstr("--database-url is a SQLite file"))
        << peers;
  }
}

TEST(DatabaseChoiceTest, PostgresServesAnywhere) {
  for (const std::string url :
       {"postgres://user:hunter2@127.0.0.1:5432/db", "postgresql://user:hunter2@h/db",
        "postgres:///db?host=/run/postgresql&sslmode=disable",
        "postgres://h:6432/db?pooler=transaction&application_name=x"}) {
    EXPECT_EQ(Refused({{"DATABASE_URL", url}}), "(accepted)") << url;
    EXPECT_EQ(Refused({{"DATABASE_URL", url}, {"KUBERNETES_SERVICE_HOST", "10.0.0.1"}}),
              "(accepted)");
  }
}

TEST(DatabaseChoiceTest, MalformedPostgresUrlsAreNotShown) {
  for (const std::string url :
       {"postgres://u:hunter2@h/db?no_such_parameter=hunter2",
        "postgres://u:hunter2@h/db?pooler=session", "postgres://u:hunter2%zz@h/db"}) {
    const std::string detail = Refused({{"DATABASE_URL", url}});
    EXPECT_THAT(detail, HasSubstr("DATABASE_URL")) << url;
    EXPECT_THAT(detail, Not(HasSubstr("hunter2")));
  }
}

TEST(DatabaseChoiceTest, CloudSqlNeedsAUser) {
  const std::string detail = Refused({{"DATABASE_URL", "cloudsql://project:region:hunter2/db"}});
  EXPECT_THAT(detail, HasSubstr("DATABASE_URL"));
  EXPECT_THAT(detail, HasSubstr("needs ?user="));
  EXPECT_THAT(detail, Not(HasSubstr("hunter2")));
}

TEST(DatabaseChoiceTest, UnknownKindsAreNotShown) {
  const std::string detail = Refused({}, {{"database-url", "hunter2"}});
  EXPECT_THAT(detail, HasSubstr("--database-url"));
  EXPECT_THAT(detail, HasSubstr("sqlite:PATH"));
  EXPECT_THAT(detail, Not(HasSubstr("hunter2")));
}

TEST(DatabaseChoiceTest, TheFeedNeedsPostgres) {
  EXPECT_THAT(Refused({{"FEED_DATABASE_URL", "postgres://hunter2@h/db"}}),
              HasSubstr("FEED_DATABASE_URL needs a PostgreSQL"));
  EXPECT_THAT(Refused({{"DATABASE_URL", "postgres://h/db"}, {"FEED_DATABASE_URL", "sqlite:x"}}),
              HasSubstr("FEED_DATABASE_URL must be the PostgreSQL"));
  EXPECT_THAT(Refused({{"DATABASE_URL", "postgres://h/db"}, {"FEED_DATABASE_URL", "hunter2"}}),
              HasSubstr("FEED_DATABASE_URL: the value (not shown)"));
}

TEST(DatabaseChoiceTest, AUrlMayComeAsAFile) {
  const auto settings = LoadSettings({}, Environment({{"DATABASE_URL_FILE", "/secrets/url"}}));
  ASSERT_TRUE(settings) << settings.error().detail;
  EXPECT_EQ(settings->database_url, "sqlite:from-file.db");

  EXPECT_THAT(Refused({{"DATABASE_URL_FILE", "/secrets/url"}, {"DATABASE_URL", "sqlite:hunter2"}}),
              testing::AllOf(HasSubstr("DATABASE_URL and DATABASE_URL_FILE are both set"),
                             Not(HasSubstr("hunter2"))));
  EXPECT_THAT(Refused({{"DATABASE_URL_FILE", "/nowhere"}}),
              testing::AllOf(HasSubstr("DATABASE_URL_FILE"), HasSubstr("'/nowhere'"),
                             HasSubstr("No such file")));
  EXPECT_THAT(Refused({{"DATABASE_URL_FILE", "/secrets/empty"}}), HasSubstr("is empty"));
  EXPECT_THAT(Refused({{"FEED_DATABASE_URL_FILE", "/secrets/url"}}),
              HasSubstr("FEED_DATABASE_URL_FILE needs a PostgreSQL"));
  // Only secrets come as files.
  EXPECT_EQ(Refused({{"COOLKIT_RING_FILE", "/nowhere"}}), "(accepted)");
  // The flag wins.
  EXPECT_EQ(Refused({{"DATABASE_URL_FILE", "/nowhere"}}, {{"database-url", "sqlite:x"}}),
            "(accepted)");
}

TEST(DatabaseChoiceTest, AValueMustFitWhatMayBeInFlight) {
  EXPECT_THAT(Refused({}, {{"max-value-bytes", "8MiB"}, {"max-body-bytes-in-flight", "2MiB"}}),
              HasSubstr("--max-value-bytes is above --max-body-bytes-in-flight"));
}

}  // namespace
}  // namespace coolkit::cli
