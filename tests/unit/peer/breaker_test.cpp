#include "peer/breaker.h"

#include <gtest/gtest.h>

namespace coolkit::peer {
namespace {

class BreakerTest : public testing::Test {
 protected:
  SeededRandom random{1};
  Breaker breaker{{3, milliseconds(100), milliseconds(1000)}, random};
  BootTime now{seconds(10)};
};

TEST_F(BreakerTest, OneTimeoutOfASilentPeerIsEnough) {
  EXPECT_TRUE(breaker.Allow(now));
  breaker.OnTimeout(false, now);
  EXPECT_FALSE(breaker.Allow(now));
  EXPECT_TRUE(breaker.open());
}

TEST_F(BreakerTest, APeerThatIsHeardMayBeSlowSomeTimes) {
  breaker.OnTimeout(true, now);
  breaker.OnTimeout(true, now);
  EXPECT_TRUE(breaker.Allow(now));
  breaker.OnAnswer();  // begins anew
  breaker.OnTimeout(true, now);
  breaker.OnTimeout(true, now);
  EXPECT_TRUE(breaker.Allow(now));
  breaker.OnTimeout(true, now);
  EXPECT_FALSE(breaker.Allow(now));
}

TEST_F(BreakerTest, LetsOneTryAfterAWhile) {
  breaker.OnTimeout(false, now);
  now += milliseconds(100);
  EXPECT_TRUE(breaker.Allow(now));
  EXPECT_FALSE(breaker.Allow(now));
  breaker.OnAnswer();
  EXPECT_TRUE(breaker.Allow(now));
  EXPECT_TRUE(breaker.Allow(now));
}

TEST_F(BreakerTest, PausesGrowWithJitterUpToALimit) {
  nanoseconds last{0};
  for (int i = 0; i < 10; ++i) {
    breaker.OnTimeout(false, now);
    const BootTime opened = now;
    while (!breaker.Allow(now)) now += milliseconds(1);
    last = now - opened;
    EXPECT_LE(last, milliseconds(1000));
  }
  EXPECT_GE(last, milliseconds(500));
  EXPECT_EQ(breaker.opened(), 10u);
}

TEST_F(BreakerTest, ASignOfLifeClosesWhatSilenceOpened) {
  breaker.OnTimeout(false, now);
  breaker.OnHeard();
  EXPECT_TRUE(breaker.Allow(now));
  EXPECT_FALSE(breaker.open());
}

TEST_F(BreakerTest, ASignOfLifeDoesNotCloseWhatSlownessOpened) {
  for (int i = 0; i < 3; ++i) breaker.OnTimeout(true, now);
  breaker.OnHeard();
  EXPECT_FALSE(breaker.Allow(now));
}

TEST_F(BreakerTest, LateTimeoutsDoNotOpenItAgain) {
  breaker.OnTimeout(false, now);
  for (int i = 0; i < 20; ++i) breaker.OnTimeout(false, now);
  EXPECT_EQ(breaker.opened(), 1u);
  EXPECT_TRUE(breaker.Allow(now + milliseconds(100)));
}

}  // namespace
}  // namespace coolkit::peer
