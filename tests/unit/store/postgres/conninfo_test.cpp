#include "store/postgres/conninfo.h"

#include <gtest/gtest.h>

namespace coolkit::store {
namespace {

TEST(PostgresUrlTest, ThePoolerIsOursTheRestIsLibpqs) {
  const auto plain = ParsePostgresUrl("postgres://u:p@h:1/db?sslmode=require&application_name=x");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->text, "postgres://u:p@h:1/db?sslmode=require&application_name=x");
  EXPECT_FALSE(plain->transaction_pooler);
  for (const char* url : {"postgres://h/db?pooler=transaction&sslmode=require",
                          "postgres://h/db?sslmode=require&pooler=transaction"}) {
    const auto pooled = ParsePostgresUrl(url);
    ASSERT_TRUE(pooled) << url;
    EXPECT_EQ(pooled->text, "postgres://h/db?sslmode=require");
    EXPECT_TRUE(pooled->transaction_pooler);
  }
  EXPECT_EQ(ParsePostgresUrl("postgres://h/db?pooler=transaction")->text, "postgres://h/db");
}

TEST(PostgresUrlTest, RefusalsDoNotShowTheUrl) {
  for (const char* url : {"postgres://u:secret@h/db?nonsense=1", "postgres://u:secret%zz@h/db",
                          "postgres://h/db?pooler=secret"}) {
    const auto parsed = ParsePostgresUrl(url);
    ASSERT_FALSE(parsed) << url;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidRequest);
    EXPECT_EQ(parsed.error().detail.find("secret"), std::string::npos);
  }
}

TEST(PostgresUrlTest, EveryParameterOfLibpqIsTaken) {
  for (const char* url :
       {"postgres://", "postgresql://", "postgres:///db", "postgres://h", "postgres://u@h",
        "postgres://u:p%40%2F%3F%23@h/db", "postgres://[::1]:5432/db", "postgres://h1:1,h2:2/db",
        "postgres://%2Frun%2Fpostgresql/db", "postgres:///db?host=/run/postgresql&port=5433",
        "postgres:///?service=main", "postgres://h/db?options=-c%20geqo%3Doff",
        "postgres://h/db?sslmode=verify-full&sslrootcert=/ca&sslcert=/c&sslkey=/k&sslpassword=x",
        "postgres://h/db?connect_timeout=3&tcp_user_timeout=900&keepalives_idle=5",
        "postgres://h/db?user=someone@project.iam&passfile=/run/pass",
        "postgres://h1,h2/db?target_session_attrs=read-write"}) {
    const auto parsed = ParsePostgresUrl(url);
    ASSERT_TRUE(parsed) << url << ": " << parsed.error().detail;
    EXPECT_EQ(parsed->text, url);
  }
}

// What libpq would take for a host, a port or a database it would also show.
TEST(PostgresUrlTest, APasswordThatIsNotEncodedIsRefused) {
  for (const char* url :
       {"postgres://u:p@secret@h/db", "postgres://u:p/secret@h/db", "postgres://u:p@h/secret@db",
        "postgres://u:secret", "postgres://u:secret/db", "postgres://u:1secret,2@h:x/db",
        "postgres://h:0/db", "postgres://h:65536/db", "postgres://u:p?x@secret@h/db",
        "postgres://u:p?x=secret/y@h/db"}) {
    const auto parsed = ParsePostgresUrl(url);
    ASSERT_FALSE(parsed) << url;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidRequest);
    EXPECT_NE(parsed.error().detail.find("percent-encoded"), std::string::npos);
    EXPECT_EQ(parsed.error().detail.find("secret"), std::string::npos);
  }
}

TEST(PostgresUrlTest, SeveralHostsHaveTheirTurns) {
  EXPECT_TRUE(ParsePostgresUrl("postgres://h:1/db")->hosts.empty());
  EXPECT_EQ(ParsePostgresUrl("postgres://h:1/db")->attempts(), 1u);
  const auto two = ParsePostgresUrl("postgres://h1:1,h2/db?hostaddr=10.0.0.1,");
  ASSERT_TRUE(two);
  ASSERT_EQ(two->attempts(), 2u);
  EXPECT_EQ(two->hosts[0].host, "h1");
  EXPECT_EQ(two->hosts[0].address, "10.0.0.1");
  EXPECT_EQ(two->hosts[0].port, "1");
  EXPECT_EQ(two->hosts[1].host, "h2");
  EXPECT_EQ(two->hosts[1].address, "");
  EXPECT_EQ(two->hosts[1].port, "");
  const auto one_port = ParsePostgresUrl("postgres:///db?host=h1,h2,h3&port=7");
  ASSERT_EQ(one_port->attempts(), 3u);
  EXPECT_EQ(one_port->hosts[2].port, "7");
  EXPECT_TRUE(ParsePostgresUrl("postgres:///db?host=h1,h2,h3&port=7,8")->hosts.empty())
      << "libpq has the word for it";
}

TEST(PostgresUrlTest, TimeoutAndPassword) {
  EXPECT_FALSE(ParsePostgresUrl("postgres://h/db")->connect_timeout);
  EXPECT_FALSE(ParsePostgresUrl("postgres://h/db?connect_timeout=0")->connect_timeout);
  EXPECT_EQ(ParsePostgresUrl("postgres://h/db?connect_timeout=3")->connect_timeout, seconds(3));
  EXPECT_FALSE(ParsePostgresUrl("postgres://u@h/db")->has_password);
  EXPECT_TRUE(ParsePostgresUrl("postgres://u:p@h/db")->has_password);
  EXPECT_TRUE(ParsePostgresUrl("postgres://u@h/db?password=p")->has_password);
  EXPECT_EQ(WithPassword("postgres://", "a@/"), "postgres://?password=%61%40%2f");
  const std::string url = WithPassword("postgres://u@h/db?sslmode=disable", "p&=%?#");
  EXPECT_TRUE(ParsePostgresUrl(url)->has_password) << url;
}

}  // namespace
}  // namespace coolkit::store
