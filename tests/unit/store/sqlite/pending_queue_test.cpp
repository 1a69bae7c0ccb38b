#include "store/sqlite/pending_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace coolkit::store {
namespace {

// Move-only, as completions are.
using Queue = PendingQueue<std::unique_ptr<int>>;
using Item = Pending<std::unique_ptr<int>>;
using Admission = Queue::Admission;

Item MakeItem(int number, BootTime deadline = kNever, std::size_t bytes = 0) {
  return {std::make_unique<int>(number), deadline, BootTime(seconds(number)), bytes};
}
std::vector<int> NumbersOf(const std::vector<Item>& items) {
  std::vector<int> numbers;
  for (const Item& item : items) numbers.push_back(*item.work);
  return numbers;
}

class PendingQueueTest : public testing::Test {
 protected:
  PendingQueueTest() { queue_.Open(); }
  Admission Push(Item item) { return queue_.Push(item); }
  std::vector<int> TakeAll() {
    return NumbersOf(queue_.TakeWhile([](const Item&) { return true; }));
  }

  telemetry::Gauge length_;
  Queue queue_{{.operations_max = 4, .bytes_max = 100}, length_};
};

using Numbers = std::vector<int>;

TEST_F(PendingQueueTest, FirstInFirstOut) {
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(Push(MakeItem(i)), Admission::kQueued);
  EXPECT_EQ(length_.Value(), 3);
  EXPECT_EQ(NumbersOf(queue_.TakeWhile([](const Item& item) { return *item.work < 3; })),
            (Numbers{1, 2}));
  EXPECT_EQ(TakeAll(), (Numbers{3}));
  EXPECT_EQ(length_.Value(), 0);
}

TEST_F(PendingQueueTest, FullByOperations) {
  for (int i = 1; i <= 4; ++i) EXPECT_EQ(Push(MakeItem(i)), Admission::kQueued);
  Item refused = MakeItem(5);
  EXPECT_EQ(queue_.Push(refused), Admission::kFull);
  EXPECT_EQ(*refused.work, 5) << "a refused item stays with its owner";
  EXPECT_EQ(TakeAll(), (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(Push(MakeItem(6)), Admission::kQueued);
}

TEST_F(PendingQueueTest, WhatGoesFirstGetsThroughAFullQueue) {
  for (int i = 1; i <= 4; ++i) EXPECT_EQ(Push(MakeItem(i)), Admission::kQueued);
  Item urgent = MakeItem(9);
  EXPECT_EQ(queue_.PushFirst(urgent), Admission::kQueued);
  EXPECT_EQ(Push(MakeItem(5)), Admission::kFull);
  EXPECT_EQ(TakeAll(), (Numbers{9, 1, 2, 3, 4}));
  Admission last = Admission::kQueued;
  for (int i = 0; i < 1000 && last == Admission::kQueued; ++i) {
    Item one_more = MakeItem(i);
    last = queue_.PushFirst(one_more);
  }
  EXPECT_EQ(last, Admission::kFull) << "it is bounded, too";
}

TEST_F(PendingQueueTest, FullByBytes) {
  EXPECT_EQ(Push(MakeItem(1, kNever, 500)), Admission::kQueued) << "one always fits";
  EXPECT_EQ(Push(MakeItem(2, kNever, 1)), Admission::kFull);
  EXPECT_EQ(TakeAll(), (Numbers{1}));
  EXPECT_EQ(Push(MakeItem(3, kNever, 60)), Admission::kQueued);
  EXPECT_EQ(Push(MakeItem(4, kNever, 40)), Admission::kQueued);
  EXPECT_EQ(Push(MakeItem(5, kNever, 1)), Admission::kFull);
}

TEST_F(PendingQueueTest, TakesWhatHasExpiredFromAnywhere) {
  static_cast<void>(Push(MakeItem(1, BootTime(seconds(30)))));
  static_cast<void>(Push(MakeItem(2, BootTime(seconds(10)), 50)));
  static_cast<void>(Push(MakeItem(3)));
  static_cast<void>(Push(MakeItem(4, BootTime(seconds(20)))));
  EXPECT_EQ(NumbersOf(queue_.TakeExpired(BootTime(seconds(9)))), (Numbers{}));
  EXPECT_EQ(NumbersOf(queue_.TakeExpired(BootTime(seconds(20)))), (Numbers{2, 4}));
  EXPECT_EQ(NumbersOf(queue_.TakeExpired(BootTime(seconds(29)))), (Numbers{}));
  EXPECT_EQ(NumbersOf(queue_.TakeExpired(BootTime(seconds(30)))), (Numbers{1}));
  EXPECT_EQ(Push(MakeItem(5, kNever, 100)), Admission::kQueued) << "their bytes are free again";
  EXPECT_EQ(TakeAll(), (Numbers{3, 5}));
}

TEST_F(PendingQueueTest, TakesWhatWasQueuedBefore) {
  for (int i = 1; i <= 3; ++i) static_cast<void>(Push(MakeItem(i)));
  EXPECT_EQ(NumbersOf(queue_.TakeQueuedBefore(BootTime(seconds(3)))), (Numbers{1, 2}));
  EXPECT_EQ(TakeAll(), (Numbers{3}));
}

TEST_F(PendingQueueTest, CloseGivesWhatIsLeftAndRefuses) {
  static_cast<void>(Push(MakeItem(1)));
  EXPECT_FALSE(queue_.Idle());
  EXPECT_EQ(NumbersOf(queue_.Close()), (Numbers{1}));
  EXPECT_EQ(Push(MakeItem(2)), Admission::kClosed);
  EXPECT_FALSE(queue_.WaitForWork());
  EXPECT_TRUE(queue_.Idle());
  EXPECT_TRUE(queue_.Closed());
}

TEST_F(PendingQueueTest, CloseWakesWhoWaits) {
  std::thread waiter([this] { EXPECT_FALSE(queue_.WaitForWork()); });
  static_cast<void>(queue_.Close());
  waiter.join();
}

TEST_F(PendingQueueTest, WorkWakesWhoWaits) {
  std::thread waiter([this] { EXPECT_TRUE(queue_.WaitForWork()); });
  EXPECT_EQ(Push(MakeItem(1)), Admission::kQueued);
  waiter.join();
}

}  // namespace
}  // namespace coolkit::store
