// Heartbeats and views between pods.
#include <gtest/gtest.h>

#include "unit/peer/harness.h"

namespace coolkit::peer {
namespace {

ring::View ViewOf(ring::Epoch epoch, int members) {
  ring::View view;
  view.set_epoch(epoch);
  for (int i = 1; i <= members; ++i) view.AddMember(MemberOf(i));
  for (std::uint32_t slot = 0; slot < model::kSlotCount; ++slot) {
    view.SetOwner(slot, static_cast<std::uint16_t>(slot % static_cast<unsigned>(members)),
                  ring::kNoMember);
  }
  return view;
}

TEST(ControlTest, HeartbeatsGoBothWaysOverOneConnection) {
  TwoPods pods;
  pods.Connect();
  const ring::Heartbeat mine{MemberOf(1), 5, IdOf(2)};
  pods.first.peers.SendHeartbeat(mine);
  pods.loop.RunReady();
  ASSERT_EQ(pods.second.control.heartbeats.size(), 1u);
  EXPECT_EQ(pods.second.control.heartbeats[0].self, MemberOf(1));
  EXPECT_EQ(pods.second.control.heartbeats[0].epoch, 5);
  EXPECT_EQ(pods.second.control.heartbeats[0].leader, IdOf(2));
  EXPECT_TRUE(pods.first.control.heartbeats.empty());  // the other has none yet
  pods.second.server.SetHeartbeat({MemberOf(2), 6, IdOf(2)});
  pods.first.peers.SendHeartbeat(mine);
  pods.loop.RunReady();
  ASSERT_EQ(pods.first.control.heartbeats.size(), 1u);
  EXPECT_EQ(pods.first.control.heartbeats[0].epoch, 6);
}

TEST(ControlTest, AHeartbeatInAnothersNameEndsTheConnection) {
  TwoPods pods;
  pods.Connect();
  pods.first.peers.SendHeartbeat({MemberOf(9), 5, IdOf(2)});
  pods.loop.RunReady();
  EXPECT_TRUE(pods.second.control.heartbeats.empty());
  EXPECT_EQ(pods.first.control.disconnected.size(), 1u);
}

TEST(ControlTest, AViewIsFetchedWhenThePeerHasANewerOne) {
  TwoPods pods;
  pods.Connect();
  pods.second.control.view = ViewOf(7, 200);  // long enough for several frames
  pods.first.peers.RequestView(pods.second.id(), 7);
  pods.loop.RunReady();
  EXPECT_TRUE(pods.first.control.views.empty());
  pods.first.peers.RequestView(pods.second.id(), 6);
  pods.loop.RunReady();
  ASSERT_EQ(pods.first.control.views.size(), 1u);
  EXPECT_EQ(pods.first.control.views[0], pods.second.control.view);
}

TEST(ControlTest, AViewIsSentToEverybody) {
  TwoPods pods;
  pods.Connect();
  const ring::View view = ViewOf(8, 2);
  pods.first.peers.SendView(std::make_shared<const std::string>(ring::EncodeView(view)));
  pods.loop.RunReady();
  ASSERT_EQ(pods.second.control.views.size(), 1u);
  EXPECT_EQ(pods.second.control.views[0], view);
}

}  // namespace
}  // namespace coolkit::peer
