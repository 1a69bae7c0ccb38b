#include "net/wait_ready.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace coolkit::net {
namespace {

TEST(WaitReadyTest, SaysWhatTheSocketCanDo) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  EXPECT_TRUE(BlockUntilReady(ends[0], Interest::kWritable, milliseconds(1000)));
  EXPECT_TRUE(BlockUntilReady(ends[0], Interest::kEither, milliseconds(1000)));
  EXPECT_FALSE(BlockUntilReady(ends[0], Interest::kReadable, milliseconds(1)));
  EXPECT_FALSE(BlockUntilReady(ends[0], Interest::kReadable, milliseconds(0)));
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  EXPECT_TRUE(BlockUntilReady(ends[0], Interest::kReadable, milliseconds(1000)));
  ::close(ends[0]);
  ::close(ends[1]);
  EXPECT_TRUE(BlockUntilReady(ends[0], Interest::kReadable, milliseconds(1000))) << "it failed";
}

TEST(WaitReadyTest, SaysWhetherThePeerHasEnded) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  EXPECT_FALSE(PeerEnded(ends[0]));
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  EXPECT_FALSE(PeerEnded(ends[0])) << "it only said something";
  ASSERT_EQ(::shutdown(ends[1], SHUT_WR), 0);
  EXPECT_TRUE(PeerEnded(ends[0])) << "behind what was not read yet, too";
  ::close(ends[1]);
  EXPECT_TRUE(PeerEnded(ends[0]));
  ::close(ends[0]);
}

}  // namespace
}  // namespace coolkit::net
