#include "cloudsql/server_name.h"

#include <gtest/gtest.h>

namespace coolkit::cloudsql {
namespace {

crypto::CertificateFacts Presented(std::string common_name, std::vector<std::string> names = {}) {
  crypto::CertificateFacts facts;
  facts.common_name = std::move(common_name);
  facts.dns_names = std::move(names);
  return facts;
}

const ExpectedServer kMain{{"main.abc.europe-west1.sql.goog"}, "project:main"};

TEST(ServerName, TheCommonNameIsProjectAndInstance) {
  EXPECT_TRUE(CheckServerName(kMain, Presented("project:main")));
  EXPECT_FALSE(CheckServerName(kMain, Presented("project:other")));
  EXPECT_FALSE(CheckServerName(kMain, Presented("Project:main")));
}

TEST(ServerName, NobodyHasAnEmptyName) {
  EXPECT_FALSE(CheckServerName(kMain, Presented("")));
  EXPECT_FALSE(CheckServerName({{""}, ""}, Presented("", {"", "."})));
}

TEST(ServerName, TrailingDotsAndCaseDoNotCount) {
  EXPECT_TRUE(CheckServerName(kMain, Presented("x", {"main.abc.europe-west1.sql.goog."})));
  EXPECT_TRUE(CheckServerName(kMain, Presented("x", {"Main.ABC.europe-west1.sql.goog"})));
  const ExpectedServer dotted{{"main.abc.europe-west1.sql.goog."}, "project:main"};
  EXPECT_TRUE(CheckServerName(dotted, Presented("x", {"main.abc.europe-west1.sql.goog"})));
}

TEST(ServerName, AStarStandsForOneLabel) {
  EXPECT_TRUE(CheckServerName(kMain, Presented("", {"*.abc.europe-west1.sql.goog"})));
  EXPECT_FALSE(CheckServerName(kMain, Presented("", {"*.europe-west1.sql.goog"})));
  EXPECT_FALSE(CheckServerName(kMain, Presented("", {"*"})));
}

TEST(ServerName, AnotherInstanceIsNamedInTheRefusal) {
  const auto refused = CheckServerName(kMain, Presented("project:other", {"other.sql.goog"}));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("project:other"), std::string::npos);
  EXPECT_NE(refused.error().detail.find("project:main"), std::string::npos);
}

}  // namespace
}  // namespace coolkit::cloudsql
