#include "peer/peers.h"

#include <gtest/gtest.h>

#include "unit/peer/harness.h"

namespace coolkit::peer {
namespace {

TEST(PeersTest, ConnectsAndReads) {
  TwoPods pods;
  EXPECT_FALSE(pods.first.peers.IsConnected(pods.second.id()));
  pods.Connect();
  ASSERT_TRUE(pods.first.peers.IsConnected(pods.second.id())) << pods.first.log_text;
  ASSERT_EQ(pods.first.control.connected.size(), 1u);
  EXPECT_EQ(pods.first.control.connected[0], MemberOf(2));
  EXPECT_EQ(pods.second.server.connection_count(), 1u);
  const auto read = pods.Read(ReadOf({"a", "b"}));
  EXPECT_TRUE(read->empty());  // never before the call returned
  pods.loop.RunReady();
  ASSERT_EQ(read->size(), 1u);
  ASSERT_TRUE(read->front()) << read->front().error().detail;
  ASSERT_EQ((*read)[0]->items.size(), 2u);
  EXPECT_EQ((*read)[0]->items[1].entry->value(), "b");
}

}  // namespace
}  // namespace coolkit::peer
