#include "store/sqlite/sweeper.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

namespace coolkit::store {
namespace {

TEST(SweeperTest, SweepsAgainAndAgain) {
  std::latch sweeps(3);
  std::atomic<int> left{3};
  Sweeper sweeper(milliseconds(1), [&] {
    if (left.fetch_sub(1) > 0) sweeps.count_down();
  });
  sweeper.Start();
  sweeps.wait();
  sweeper.Stop();
}

TEST(SweeperTest, AnswersOnItsOwnThreadWithoutWaitingForASweep) {
  Sweeper sweeper(seconds(3600), [] {});
  sweeper.Start();
  std::latch answered(1);
  std::thread::id thread;
  Function<void()> answer = [&] {
    thread = std::this_thread::get_id();
    answered.count_down();
  };
  ASSERT_TRUE(sweeper.Answer(answer));
  answered.wait();
  EXPECT_NE(thread, std::this_thread::get_id());
  sweeper.Stop();
}

TEST(SweeperTest, StopGivesTheAnswersThatAreLeft) {
  std::atomic<int> answers{0};
  Sweeper sweeper(seconds(3600), [] {});
  sweeper.Start();
  for (int i = 0; i < 100; ++i) {
    Function<void()> answer = [&] { ++answers; };
    ASSERT_TRUE(sweeper.Answer(answer));
  }
  sweeper.Stop();
  EXPECT_EQ(answers, 100);
  Function<void()> late = [&] { ++answers; };
  EXPECT_FALSE(sweeper.Answer(late));
  late();
  EXPECT_EQ(answers, 101) << "a refused answer stays with its owner";
  sweeper.Stop();
}

}  // namespace
}  // namespace coolkit::store
