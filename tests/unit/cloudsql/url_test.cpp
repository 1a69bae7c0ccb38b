#include "cloudsql/url.h"

#include <gtest/gtest.h>

#include <string>

namespace coolkit::cloudsql {
namespace {

TEST(CloudSqlUrl, NamesAnInstanceADatabaseAndAUser) {
  const auto url =
      ParseCloudSqlUrl("cloudsql://p-1:europe-west1:main/orders?user=me%40example.com");
  ASSERT_TRUE(url) << url.error().detail;
  EXPECT_EQ(url->name.project, "p-1");
  EXPECT_EQ(url->name.region, "europe-west1");
  EXPECT_EQ(url->name.instance, "main");
  EXPECT_TRUE(url->iam);
  EXPECT_EQ(url->ip, IpType::kPublic);
  EXPECT_EQ(url->user, "me@example.com");
  EXPECT_EQ(url->libpq_url, "postgres:///orders?user=me%40example.com");
}

TEST(CloudSqlUrl, KeepsTheDomainOfAProject) {
  const auto url = ParseCloudSqlUrl("cloudsql://example.com:p:r:i/d?user=u&ip=psc");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->name.project, "example.com:p");
  EXPECT_EQ(url->name.Text(), "example.com:p:r:i");
  EXPECT_EQ(url->ip, IpType::kPsc);
}

TEST(CloudSqlUrl, APasswordMeansNoIam) {
  const auto url =
      ParseCloudSqlUrl("cloudsql://p:r:i/d?user=u&password=s%40&ip=private&pooler=transaction");
  ASSERT_TRUE(url);
  EXPECT_FALSE(url->iam);
  EXPECT_EQ(url->ip, IpType::kPrivate);
  EXPECT_EQ(url->libpq_url, "postgres:///d?user=u&password=s%40&pooler=transaction");
}

TEST(CloudSqlUrl, TheUserOfAServiceAccountIsItsNameWithoutTheEnd) {
  EXPECT_EQ(DatabaseUserOf("a@p.iam.gserviceaccount.com"), "a@p.iam");
  EXPECT_EQ(DatabaseUserOf("me@example.com"), "me@example.com");
  const auto url = ParseCloudSqlUrl("cloudsql://p:r:i/d?user=a%40p.iam.gserviceaccount.com");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->user, "a@p.iam");
}

TEST(CloudSqlUrl, RefusesWhatCanNotBeRightAndShowsNothingOfIt) {
  for (const char* text :
       {"cloudsql://p:r/d?user=u", "cloudsql://p:r:i:x:y/d?user=u", "cloudsql://p:r:i/d",
        "cloudsql://p:r:i?user=u", "cloudsql://p:r:i/d/e?user=u", "cloudsql://P:r:i/d?user=u",
        "cloudsql://u:secret@p:r:i/d", "cloudsql://p:r:i/d?user=u&ip=secret",
        "cloudsql://p:r:i/d?user=u&host=secret", "cloudsql://p:r:i/d?user=u&sslmode=disable",
        "cloudsql://p:r:i/d?user=u&auth=iam&password=secret", "cloudsql://p:r:i/d?user=%zz",
        "cloudsql://p:r:i/d?user", "cloudsql://::/d?user=u"}) {
    const auto url = ParseCloudSqlUrl(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().detail.find("secret"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace coolkit::cloudsql
