#include "store/url.h"

#include <gtest/gtest.h>

namespace coolkit::store {
namespace {

TEST(DatabaseUrl, SqlitePathsAreTakenAsTheyAre) {
  for (const std::string path :
       {"coolkit.db", "data/a b.db", "/var/lib/coolkit.db", "../x", "%41.db", "a@b:c"}) {
    const Result<DatabaseUrl> url = ParseDatabaseUrl("sqlite:" + path);
    ASSERT_TRUE(url.has_value()) << path;
    EXPECT_EQ(url->kind, DatabaseKind::kSqlite);
    EXPECT_EQ(url->path, path);
    EXPECT_EQ(RedactDatabaseUrl("sqlite:" + path), "sqlite:" + path);
  }
}

TEST(DatabaseUrl, SqliteRefusals) {
  for (const std::string text : {"sqlite:", "sqlite://a.db", "sqlite:///a.db", "sqlite:////a.db",
                                 "sqlite::memory:", "sqlite:file:a.db", "sqlite:a.db?mode=ro",
                                 "sqlite:a#b", "sqlite:a\nb", "sqlite:postgres://u:secret@h/d"}) {
    const Result<DatabaseUrl> url = ParseDatabaseUrl(text);
    ASSERT_FALSE(url.has_value()) << text;
    EXPECT_EQ(url.error().code, ErrorCode::kInvalidRequest);
    EXPECT_EQ(RedactDatabaseUrl(text), "sqlite:<redacted>");
  }
}

TEST(DatabaseUrl, NetworkSchemes) {
  EXPECT_EQ(ParseDatabaseUrl("postgres://h/d")->kind, DatabaseKind::kPostgres);
  EXPECT_EQ(ParseDatabaseUrl("postgresql://u:p@h:5432/d?sslmode=require")->kind,
            DatabaseKind::kPostgres);
  EXPECT_EQ(ParseDatabaseUrl("cloudsql://project:region:instance/d")->kind,
            DatabaseKind::kCloudSql);
  EXPECT_EQ(ParseDatabaseUrl("postgres://h/d")->text, "postgres://h/d");
  EXPECT_EQ(ParseDatabaseUrl("postgres://")->kind, DatabaseKind::kPostgres);
  EXPECT_EQ(RedactDatabaseUrl("postgres://"), "postgres://");
  for (const char* text : {"", "coolkit.db", "mysql://u:secret@h", "postgres:", "POSTGRES://h",
                           "cloudsql://", "postgres://h\n", "host=x password=y"}) {
    const Result<DatabaseUrl> url = ParseDatabaseUrl(text);
    ASSERT_FALSE(url.has_value()) << text;
    EXPECT_EQ(url.error().detail.find("secret"), std::string::npos);
  }
}

TEST(DatabaseUrl, RedactedFormShowsWhatIsNoSecret) {
  EXPECT_EQ(RedactDatabaseUrl("postgres://u:secret@db.example:5432/app?sslmode=require"),
            "postgres://***@db.example:5432/app?sslmode=require");
  EXPECT_EQ(RedactDatabaseUrl("postgresql://h1:1,[::1]:2/app?password=secret&pooler=transaction"),
            "postgresql://h1:1,[::1]:2/app?password=***&pooler=transaction");
  EXPECT_EQ(RedactDatabaseUrl("postgres:///app?user=u&sslpassword=secret&dbname=x"),
            "postgres:///app?user=***&sslpassword=***&dbname=x");
  EXPECT_EQ(RedactDatabaseUrl("postgres://u@h"), "postgres://***@h");
}

TEST(DatabaseUrl, NoPasswordIsEverShown) {
  // Passwords that were not encoded, in URLs that are wrong in many ways.
  for (const std::string password :
       {"secret", "se@secret", "se/secret", "se?secret", "se#secret", "se:secret", "secret@",
        "@secret", "/secret", "?secret=1", "&secret=", "se%secret", "se secret", "[secret"}) {
    for (const std::string before : {"postgres://u:", "postgresql://:", "cloudsql://u:", "pg://u:",
                                     "postgres:u:", "", "sqlite:postgres://u:"}) {
      for (const std::string after : {"@host/db", "@host:5432/db?sslmode=x", "@/db", "@", ""}) {
        // What follows the only `@` of a URL is its host.
        if (after.empty() && password.find('@') != std::string::npos) continue;
        const std::string text = before + password + after;
        EXPECT_EQ(RedactDatabaseUrl(text).find("secret"), std::string::npos) << text;
        const Result<DatabaseUrl> url = ParseDatabaseUrl(text);
        if (!url) {
          EXPECT_EQ(url.error().detail.find("secret"), std::string::npos) << text;
        }
      }
    }
  }
  for (const std::string parameter :
       {"password=secret", "sslpassword=secret", "x=secret", "secret", "sslmode=a%20secret",
        "sslmode=a secret", "passfile=/secret", "sslmode=x&&secret", "password=a&secret"}) {
    const std::string text = "postgres://u@h/d?" + parameter;
    EXPECT_EQ(RedactDatabaseUrl(text).find("secret"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace coolkit::store
