#include "store/postgres/connection_share.h"

#include <gtest/gtest.h>

namespace coolkit::store {
namespace {

TEST(ConnectionShareTest, ALonePodHasAtMostItsOwn) {
  EXPECT_EQ(ConnectionShare({400, 8}, 1000, 1), 8);
  EXPECT_EQ(ConnectionShare({4, 8}, 1000, 1), 4);
  EXPECT_EQ(ConnectionShare({400, 1000}, 100, 1), 80) << "80 % of the server's";
  EXPECT_EQ(ConnectionShare({400, 8}, 6, 1), 4) << "rounded down";
}

TEST(ConnectionShareTest, TheBudgetIsSplitAmongTheMembers) {
  EXPECT_EQ(ConnectionShare({400, 8}, 1000, 50), 8);
  EXPECT_EQ(ConnectionShare({400, 8}, 1000, 51), 7);
  EXPECT_EQ(ConnectionShare({400, 8}, 1000, 100), 4);
  EXPECT_EQ(ConnectionShare({400, 8}, 100, 100), 1) << "80 for 100 pods";
  for (int members = 1; members <= 400; ++members) {
    EXPECT_LE(ConnectionShare({400, 8}, 1000, members) * members, 400) << members;
  }
}

TEST(ConnectionShareTest, NeverNone) {
  EXPECT_EQ(ConnectionShare({400, 8}, 1000, 100'000), 1);
  EXPECT_EQ(ConnectionShare({1, 1}, 1, 1), 1);
  EXPECT_EQ(ConnectionShare({400, 8}, 1000, 0), 8) << "nobody counted yet, not even this pod";
  EXPECT_EQ(ConnectionShare({400, 8}, 0, 1), 1) << "the server has not said yet";
  EXPECT_EQ(ConnectionShare({100'000, 1000}, 262'143, 1), 1000);
}

}  // namespace
}  // namespace coolkit::store
