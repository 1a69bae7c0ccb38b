#include "net/task.h"

#include <gtest/gtest.h>

#include <string>

#include "base/result.h"
#include "net/await.h"
#include "support/manual_loop.h"

namespace coolkit::net {
namespace {

using support::ManualClock;
using support::ManualLoop;

Task<int> Answer() { co_return 42; }

Task<Result<std::string>> Describe(bool good) {
  if (!good) co_return Fail(ErrorCode::kNotFound, "nothing there");
  const int answer = co_await Answer();
  co_return std::to_string(answer);
}

Task<int> SumDown(int n) {
  if (n == 0) co_return 0;
  const int rest = co_await SumDown(n - 1);
  co_return n + rest;
}

TEST(Task, RunsWhenAwaitedAndHandsItsValueOver) {
  std::string seen;
  Detach(Describe(true), [&](Result<std::string> result) { seen = *result; });
  EXPECT_EQ(seen, "42");
}

TEST(Task, ErrorsAreValues) {
  ErrorCode code = ErrorCode::kInternal;
  Detach(Describe(false), [&](Result<std::string> result) { code = result.error().code; });
  EXPECT_EQ(code, ErrorCode::kNotFound);
}

TEST(Task, IsDestroyedUnstartedWithoutRunning) {
  const auto task = Answer();
  SUCCEED();  // the sanitizers see a frame that is not given back
}

TEST(Task, NestedTasksResumeTheirAwaiters) {
  int sum = 0;
  Detach(SumDown(100), [&](int value) { sum = value; });
  EXPECT_EQ(sum, 5050);
}

Task<int> WaitForCompletion(Loop& loop, Completion<int>* handed_out) {
  const int value = co_await AwaitCompletion<int>(
      loop, [handed_out](Completion<int> done) { *handed_out = std::move(done); });
  co_return value;
}

TEST(Await, ResumesOnTheLoopNotInsideTheCompletion) {
  ManualClock clock;
  ManualLoop loop(clock);
  Completion<int> completion;
  int seen = 0;
  Detach(WaitForCompletion(loop, &completion), [&](int value) { seen = value; });
  completion(7);
  EXPECT_EQ(seen, 0);
  loop.RunReady();
  EXPECT_EQ(seen, 7);
}

Task<BootTime> SleepThenTell(Loop& loop, BootTime when) {
  co_await SleepUntil(loop, when);
  co_return loop.Now();
}

TEST(SleepUntil, WaitsForTheManualClock) {
  ManualClock clock;
  ManualLoop loop(clock);
  const BootTime when = clock.Now() + seconds(5);
  BootTime woken{};
  Detach(SleepThenTell(loop, when), [&](BootTime now) { woken = now; });
  loop.RunFor(milliseconds(4999));
  EXPECT_EQ(woken, BootTime{});
  loop.RunFor(milliseconds(2));
  EXPECT_EQ(woken, when);
}

TEST(SleepUntil, APastTimeDoesNotWait) {
  ManualClock clock;
  ManualLoop loop(clock);
  bool done = false;
  Detach(SleepThenTell(loop, clock.Now()), [&](BootTime) { done = true; });
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace coolkit::net
