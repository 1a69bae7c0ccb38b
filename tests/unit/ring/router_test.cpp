#include "ring/router.h"

#include <gtest/gtest.h>

namespace coolkit::ring {
namespace {

constexpr BootTime kStart{seconds(1000)};

Member MakeMember(int n) {
  Member member;
  member.id.bytes[0] = static_cast<std::uint8_t>(n);
  member.name = "pod-" + std::to_string(n);
  member.address = "10.0.0." + std::to_string(n) + ":8080";
  return member;
}

// All slots at one owner, perhaps with a previous one.
ViewPtr AllAt(Epoch epoch, std::uint16_t owner, std::uint16_t previous = kNoMember) {
  View view;
  view.set_epoch(epoch);
  for (int n = 1; n <= 3; ++n) view.AddMember(MakeMember(n));
  for (std::uint32_t slot = 0; slot < model::kSlotCount; ++slot) {
    view.SetOwner(slot, owner, previous);
  }
  return std::make_shared<const View>(std::move(view));
}

class RouterTest : public testing::Test {
 protected:
  Router router_{MakeMember(1).id, {}};
};

TEST_F(RouterTest, WithoutAViewEverythingIsOurs) {
  EXPECT_TRUE(router_.Owns(7));
  EXPECT_EQ(router_.For(7, kStart).owner, nullptr);
  EXPECT_EQ(router_.For(7, kStart).epoch(), 0);
}

TEST_F(RouterTest, FollowsTheView) {
  router_.Follow(AllAt(5, 1), kStart);
  EXPECT_FALSE(router_.Owns(7));
  const Route away = router_.For(7, kStart);
  ASSERT_NE(away.owner, nullptr);
  EXPECT_EQ(away.owner->name, "pod-2");
  EXPECT_EQ(away.epoch(), 5);
  router_.Follow(AllAt(6, 0), kStart);
  EXPECT_TRUE(router_.Owns(7));
  EXPECT_EQ(router_.For(7, kStart).owner, nullptr);
  EXPECT_EQ(away.owner->name, "pod-2") << "a route keeps its view";
}

TEST_F(RouterTest, AnOwnerThatNobodyNamesIsThisPod) {
  router_.Follow(AllAt(5, kNoMember), kStart);
  EXPECT_TRUE(router_.Owns(7));
  EXPECT_EQ(router_.For(7, kStart).owner, nullptr);
}

TEST_F(RouterTest, ThePreviousOwnerIsNamedForAWhile) {
  router_.Follow(AllAt(5, 1), kStart);
  router_.Follow(AllAt(6, 0, 1), kStart + seconds(10));
  const Route warm = router_.For(7, kStart + seconds(69));
  ASSERT_NE(warm.previous, nullptr);
  EXPECT_EQ(warm.previous->name, "pod-2");
  EXPECT_EQ(router_.For(7, kStart + seconds(70)).previous, nullptr);
}

TEST_F(RouterTest, AViewThatLeavesTheOwnerDoesNotStartThatWhileAgain) {
  router_.Follow(AllAt(5, 1), kStart);
  router_.Follow(AllAt(6, 0, 1), kStart);
  router_.Follow(AllAt(7, 0, 1), kStart + seconds(50));
  EXPECT_EQ(router_.For(7, kStart + seconds(60)).previous, nullptr);
}

TEST_F(RouterTest, WeAreNotOurOwnPreviousOwner) {
  router_.Follow(AllAt(5, 0), kStart);
  router_.Follow(AllAt(6, 1, 0), kStart);
  EXPECT_EQ(router_.For(7, kStart).previous, nullptr);
}

}  // namespace
}  // namespace coolkit::ring
