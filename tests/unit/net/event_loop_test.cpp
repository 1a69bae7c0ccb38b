#include "net/event_loop.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <vector>

namespace coolkit::net {
namespace {

class EventLoopTest : public testing::Test {
 protected:
  void SetUp() override { loop_.Start(); }
  void TearDown() override { loop_.Stop(); }

  SystemClock clock_;
  EventLoop loop_{clock_, "test"};
};

TEST_F(EventLoopTest, RunsPostsInOrderOnItsOwnThread) {
  std::vector<int> order;
  std::promise<bool> in_loop;
  for (int i = 0; i < 10; ++i) loop_.Post([&order, i] { order.push_back(i); });
  loop_.Post([&] { in_loop.set_value(loop_.InLoop()); });
  EXPECT_TRUE(in_loop.get_future().get());
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_FALSE(loop_.InLoop());
}

TEST_F(EventLoopTest, FiresTimersInTheOrderOfTheirTimesAndNotTheCancelledOne) {
  std::vector<int> fired;
  std::promise<void> last;
  loop_.Post([&] {
    const BootTime now = loop_.Now();
    static_cast<void>(loop_.At(now + milliseconds(20), [&] {
      fired.push_back(2);
      last.set_value();
    }));
    static_cast<void>(loop_.At(now + milliseconds(5), [&] { fired.push_back(1); }));
    const TimerId cancelled = loop_.At(now + milliseconds(10), [&] { fired.push_back(9); });
    EXPECT_TRUE(loop_.Cancel(cancelled));
    EXPECT_FALSE(loop_.Cancel(cancelled));
  });
  last.get_future().wait();
  EXPECT_EQ(fired, (std::vector<int>{1, 2}));
}

TEST_F(EventLoopTest, ATimerNeverFiresEarly) {
  std::promise<nanoseconds> late;
  loop_.Post([&] {
    const BootTime when = loop_.Now() + milliseconds(15);
    static_cast<void>(loop_.At(when, [&late, when, this] { late.set_value(loop_.Now() - when); }));
  });
  EXPECT_GE(late.get_future().get(), nanoseconds(-1'000'000));
}

TEST_F(EventLoopTest, ATimerCancelledByAnotherOneOfTheSameMomentDoesNotFire) {
  std::promise<void> end;
  bool fired = false;
  loop_.Post([&] {
    const BootTime when = loop_.Now() + milliseconds(5);
    auto second = std::make_shared<TimerId>();
    static_cast<void>(loop_.At(when, [&, second] { loop_.Cancel(*second); }));
    *second = loop_.At(when, [&] { fired = true; });
    static_cast<void>(loop_.At(when + milliseconds(5), [&] { end.set_value(); }));
  });
  end.get_future().wait();
  EXPECT_FALSE(fired);
}

TEST(EventLoop, StopDestroysWorkThatDidNotRun) {
  const SystemClock clock;
  auto witness = std::make_shared<int>(1);
  {
    EventLoop loop(clock, "test");
    loop.Start();
    loop.Stop();
    loop.Post([witness] { FAIL(); });
  }
  EXPECT_EQ(witness.use_count(), 1);
}

}  // namespace
}  // namespace coolkit::net
