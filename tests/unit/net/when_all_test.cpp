#include "net/when_all.h"

#include <gtest/gtest.h>

#include "net/await.h"
#include "support/manual_loop.h"

namespace coolkit::net {
namespace {

Task<int> After(Loop& loop, nanoseconds wait, int value) {
  if (wait.count() > 0) co_await SleepUntil(loop, loop.Now() + wait);
  co_return value;
}

Task<std::vector<int>> Three(Loop& loop, nanoseconds a, nanoseconds b, nanoseconds c) {
  std::vector<Task<int>> tasks;
  tasks.push_back(After(loop, a, 1));
  tasks.push_back(After(loop, b, 2));
  tasks.push_back(After(loop, c, 3));
  auto results = co_await WhenAll<int>(std::move(tasks));
  co_return results;
}

class WhenAllTest : public testing::Test {
 protected:
  std::vector<int> Run(nanoseconds a, nanoseconds b, nanoseconds c) {
    std::vector<int> seen;
    Detach(Three(loop_, a, b, c), [&](std::vector<int> results) { seen = std::move(results); });
    loop_.RunFor(seconds(10));
    return seen;
  }
  support::ManualClock clock_;
  support::ManualLoop loop_{clock_};
};

TEST_F(WhenAllTest, KeepsTheOrderOfTheTasksWhateverEndsFirst) {
  EXPECT_EQ(Run(seconds(3), seconds(1), seconds(2)), (std::vector<int>{1, 2, 3}));
}

TEST_F(WhenAllTest, DoesNotWaitWhenAllEndAtOnce) {
  EXPECT_EQ(Run(nanoseconds(0), nanoseconds(0), nanoseconds(0)), (std::vector<int>{1, 2, 3}));
}

TEST_F(WhenAllTest, MixesTasksThatEndAtOnceAndLater) {
  EXPECT_EQ(Run(nanoseconds(0), seconds(1), nanoseconds(0)), (std::vector<int>{1, 2, 3}));
}

}  // namespace
}  // namespace coolkit::net
