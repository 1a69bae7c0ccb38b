#include "store/postgres/role_grants.h"

#include <gtest/gtest.h>

namespace coolkit::store {
namespace {

TEST(RoleGrantScript, GrantsRolesAndLimitsConnections) {
  const auto script = RoleGrantScript(
      {{"coolkit_service", "pod@project.iam", 400}, {"coolkit_reader", "people@example.com", {}}});
  ASSERT_TRUE(script);
  EXPECT_EQ(*script,
            "GRANT coolkit_service TO \"pod@project.iam\";\n"
            "ALTER ROLE \"pod@project.iam\" CONNECTION LIMIT 400;\n"
            "GRANT coolkit_reader TO \"people@example.com\";\n");
}

TEST(RoleGrantScript, QuotesWhatOthersChose) {
  const auto script = RoleGrantScript({{"coolkit_reader", "a\"; DROP ROLE x; --", {}}});
  ASSERT_TRUE(script);
  EXPECT_EQ(*script, "GRANT coolkit_reader TO \"a\"\"; DROP ROLE x; --\";\n");
}

TEST(RoleGrantScript, RefusesNamesThatPostgresWouldCut) {
  EXPECT_FALSE(RoleGrantScript({{"coolkit_reader", "", {}}}));
  EXPECT_FALSE(RoleGrantScript({{"coolkit_reader", std::string(64, 'a'), {}}}));
  EXPECT_FALSE(RoleGrantScript({{"coolkit_reader", "a\nb", {}}}));
}

}  // namespace
}  // namespace coolkit::store
