#include "feed/horizon.h"

#include <gtest/gtest.h>

namespace coolkit::feed {
namespace {

BootTime At(int ms) { return BootTime(milliseconds(ms)); }
DbTime Db(int ms) { return DbTime(milliseconds(ms)); }

Frame Echoing(BootTime ping, DbTime db_now) {
  Frame frame;
  frame.echo = ping;
  frame.db_now = db_now;
  return frame;
}

TEST(Horizon, IsTheLatestPingWithTheClockOfItsFrame) {  // R2, R15
  const model::Fresh horizon{At(100), Db(5000)};
  const model::Fresh later = Advance(horizon, Echoing(At(120), Db(5030)));
  EXPECT_EQ(later.at, At(120));
  EXPECT_EQ(later.db_now, Db(5030));
}

TEST(Horizon, OlderEchoOfAnotherTailerMovesNothing) {
  const model::Fresh horizon{At(100), Db(5000)};
  for (const BootTime ping : {At(99), At(100), kMinusInfinity}) {
    const model::Fresh same = Advance(horizon, Echoing(ping, Db(9000)));
    EXPECT_EQ(same.at, At(100));
    EXPECT_EQ(same.db_now, Db(5000));
  }
}

TEST(Horizon, BeginsWithTheFirstEcho) {
  EXPECT_EQ(Advance({}, Echoing(kMinusInfinity, Db(1))).at, kMinusInfinity);
  EXPECT_EQ(Advance({}, Echoing(At(1), Db(1))).at, At(1));
}

}  // namespace
}  // namespace coolkit::feed
