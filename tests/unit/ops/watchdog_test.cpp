#include "ops/watchdog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/manual_loop.h"

namespace coolkit::ops {
namespace {

using ::testing::HasSubstr;

class WatchdogTest : public ::testing::Test {
 protected:
  // Lets time pass; loops in `alive` run what they are given.
  void Pass(milliseconds span, const std::vector<support::ManualLoop*>& alive) {
    constexpr milliseconds kStep{100};
    for (milliseconds passed{0}; passed < span; passed += kStep) {
      ops_.RunFor(kStep);
      for (support::ManualLoop* loop : alive) loop->RunReady();
    }
  }

  support::ManualClock clock_;
  support::ManualLoop ops_{clock_};
  support::ManualLoop first_{clock_};
  support::ManualLoop second_{clock_};
  telemetry::Registry registry_;
  Watchdog watchdog_{{&first_, &second_}, registry_};
};

TEST_F(WatchdogTest, IsFineWhileLoopsAnswer) {
  EXPECT_TRUE(watchdog_.Check().ok);
  watchdog_.Start(ops_);
  Pass(seconds(60), {&first_, &second_});
  EXPECT_TRUE(watchdog_.Check().ok);
}

TEST_F(WatchdogTest, FindsAStuckLoopAndItsRecovery) {
  watchdog_.Start(ops_);
  Pass(seconds(5), {&first_, &second_});
  Pass(seconds(10), {&first_});
  EXPECT_TRUE(watchdog_.Check().ok);  // asked less than 10 s ago
  Pass(seconds(2), {&first_});
  const CheckResult result = watchdog_.Check();
  EXPECT_FALSE(result.ok);
  EXPECT_THAT(result.detail, HasSubstr("event loop 2 of 2 has not answered for 1"));
  second_.RunReady();
  EXPECT_TRUE(watchdog_.Check().ok);
}

TEST_F(WatchdogTest, AsksAStuckLoopOnlyOnce) {
  watchdog_.Start(ops_);
  Pass(seconds(60), {&first_});
  EXPECT_EQ(second_.pending(), 1U);
}

TEST_F(WatchdogTest, ShowsTheLongestDelay) {
  watchdog_.Start(ops_);
  ops_.RunReady();
  first_.RunReady();
  clock_.Advance(milliseconds(1500));
  EXPECT_THAT(registry_.PrometheusText(), HasSubstr("\ncoolkit_event_loop_delay_seconds 1.5\n"));
  second_.RunReady();
  clock_.Advance(milliseconds(500));
  EXPECT_THAT(registry_.PrometheusText(), HasSubstr("\ncoolkit_event_loop_delay_seconds 1.5\n"));
}

TEST_F(WatchdogTest, LeavesLoopsAloneAfterStop) {
  watchdog_.Start(ops_);
  Pass(seconds(1), {&first_, &second_});
  first_.RunReady();
  second_.RunReady();
  watchdog_.Stop();
  Pass(seconds(60), {});
  EXPECT_EQ(first_.pending(), 0U);
  EXPECT_EQ(ops_.pending(), 0U);  // no timer is left
  EXPECT_TRUE(watchdog_.Check().ok);
}

// A question may still be on its way when the watchdog is gone.
TEST_F(WatchdogTest, MayGoBeforeItsQuestionsAreAnswered) {
  telemetry::Registry registry;
  {
    Watchdog short_lived({&first_}, registry);
    short_lived.Start(ops_);
    ops_.RunReady();
  }
  EXPECT_EQ(first_.pending(), 1U);
  first_.RunReady();
  Pass(seconds(5), {&first_});
  EXPECT_THAT(registry.PrometheusText(), HasSubstr("\ncoolkit_event_loop_delay_seconds 0\n"));
}

}  // namespace
}  // namespace coolkit::ops
