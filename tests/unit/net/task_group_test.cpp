#include "net/task_group.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "net/await.h"
#include "net/event_loop.h"
#include "support/manual_loop.h"

namespace coolkit::net {
namespace {

Task<void> Sleep(Loop& loop, BootTime when, bool* ended) {
  co_await SleepUntil(loop, when);
  *ended = true;
}

TEST(TaskGroup, CountsTasksUntilTheirEnd) {
  support::ManualClock clock;
  support::ManualLoop loop(clock);
  TaskGroup group;
  bool ended = false;
  EXPECT_TRUE(group.Spawn(Sleep(loop, clock.Now() + seconds(1), &ended)));
  EXPECT_EQ(group.size(), 1u);
  loop.RunFor(seconds(2));
  EXPECT_TRUE(ended);
  EXPECT_EQ(group.size(), 0u);
}

TEST(TaskGroup, RefusesTasksOnceClosed) {
  support::ManualClock clock;
  support::ManualLoop loop(clock);
  TaskGroup group;
  group.Close();
  bool ended = false;
  EXPECT_FALSE(group.Spawn(Sleep(loop, clock.Now(), &ended)));
  EXPECT_FALSE(ended);
}

TEST(TaskGroup, BlockUntilEmptyWaitsForATaskOfAnotherThread) {
  const SystemClock clock;
  EventLoop loop(clock, "test");
  loop.Start();
  TaskGroup group;
  bool ended = false;
  Completion<int> release;
  std::atomic<bool> spawned{false};
  loop.Post([&] {
    EXPECT_TRUE(group.Spawn(Sleep(loop, loop.Now() + milliseconds(20), &ended)));
    spawned = true;
    spawned.notify_one();
  });
  spawned.wait(false);
  group.BlockUntilEmpty();
  EXPECT_TRUE(ended);
  loop.Stop();
}

}  // namespace
}  // namespace coolkit::net
