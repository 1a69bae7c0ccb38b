#include "cache/s3fifo.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "base/hash.h"
#include "base/random.h"

namespace coolkit::cache {
namespace {

// Owns weighted items by number.
class Items {
 public:
  explicit Items(std::uint64_t capacity, Eviction eviction = Eviction::kS3Fifo)
      : queue(eviction), capacity_(capacity) {
    queue.SetCapacity(capacity);
  }

  void Add(std::uint64_t n, std::uint64_t weight = 1) {
    while (queue.weight() + weight > capacity_ && queue.EvictOne(*this)) {
    }
    Item& item = items_[n];
    item.weight = weight;
    queue.CloseHoles(*this);
    item.handle = queue.Insert(n, Print(n), weight);
  }
  void Hit(std::uint64_t n, int times = 1) {
    for (int i = 0; i < times; ++i) queue.Touch(items_.at(n).handle);
  }
  void Remove(std::uint64_t n) {
    queue.Remove(items_.at(n).handle, items_.at(n).weight);
    items_.erase(n);
  }
  [[nodiscard]] bool Has(std::uint64_t n) const { return items_.contains(n); }
  [[nodiscard]] std::size_t size() const { return items_.size(); }
  [[nodiscard]] S3Fifo::Handle HandleOf(std::uint64_t n) const { return items_.at(n).handle; }
  [[nodiscard]] std::uint64_t WordOf(std::uint64_t n) const { return queue.Word(HandleOf(n)); }
  [[nodiscard]] std::uint64_t weight() const {
    std::uint64_t sum = 0;
    for (const auto& [n, item] : items_) sum += item.weight;
    return sum;
  }
  void CheckHandles() const {
    for (const auto& [n, item] : items_) {
      ASSERT_EQ(queue.Word(item.handle) & S3Fifo::kPayload, n);
    }
  }

  // What the queue asks.
  std::uint64_t Weight(std::uint64_t word) { return items_.at(word & S3Fifo::kPayload).weight; }
  void Moved(std::uint64_t word, S3Fifo::Handle from, S3Fifo::Handle to) {
    Item& item = items_.at(word & S3Fifo::kPayload);
    ASSERT_EQ(item.handle, from);
    item.handle = to;
  }
  std::uint32_t Evicted(std::uint64_t word, S3Fifo::Handle handle) {
    const std::uint64_t n = word & S3Fifo::kPayload;
    EXPECT_EQ(items_.at(n).handle, handle);
    items_.erase(n);
    evicted.push_back(n);
    return Print(n);
  }

  S3Fifo queue;
  std::vector<std::uint64_t> evicted;

 private:
  struct Item {
    std::uint64_t weight = 1;
    S3Fifo::Handle handle = 0;
  };
  static std::uint32_t Print(std::uint64_t n) {
    return static_cast<std::uint32_t>(Hash64({reinterpret_cast<const char*>(&n), sizeof(n)}) >> 32);
  }

  std::uint64_t capacity_;
  std::map<std::uint64_t, Item> items_;
};

// 100 items, so that main is full and small has 10: the 91st to the 100th are in small.
Items Filled() {
  Items items(100);
  for (std::uint64_t n = 1; n <= 100; ++n) items.Add(n);
  return items;
}

TEST(S3Fifo, WhatWasHitTwiceInSmallSurvives) {
  Items items(100);
  for (std::uint64_t n = 1; n <= 10; ++n) items.Add(n);  // small is full
  items.Hit(1);
  items.Hit(2, 2);
  items.Hit(3, 5);
  for (std::uint64_t n = 11; n <= 100; ++n) items.Add(n);  // main, until the first eviction
  for (std::uint64_t n = 101; n <= 120; ++n) items.Add(n);
  EXPECT_FALSE(items.Has(1));
  EXPECT_TRUE(items.Has(2));
  EXPECT_TRUE(items.Has(3));
  EXPECT_FALSE(items.Has(4));
}

TEST(S3Fifo, WhatComesBackSoonGoesToMain) {
  Items items = Filled();
  for (std::uint64_t n = 101; n <= 115; ++n) items.Add(n);
  ASSERT_FALSE(items.Has(3));  // was among the first in small
  items.Add(3);
  // A scan that washes small out several times does not take it.
  for (std::uint64_t n = 1'000; n < 1'060; ++n) items.Add(n);
  EXPECT_TRUE(items.Has(3));
  EXPECT_FALSE(items.Has(1'000));
}

TEST(S3Fifo, ScanDoesNotTouchMain) {
  Items items = Filled();
  for (std::uint64_t n = 1'000; n < 5'000; ++n) items.Add(n);
  int survivors = 0;
  for (std::uint64_t n = 11; n <= 100; ++n) survivors += items.Has(n) ? 1 : 0;
  EXPECT_EQ(survivors, 90);
}

TEST(S3Fifo, MainGivesOneRoundPerHitUpToThree) {
  Items items = Filled();
  items.Hit(11, 3);
  items.Hit(12, 100);
  items.Hit(13, 1);
  // Items that come back at once enter main, each in the place of one that leaves.
  std::uint64_t next = 10'000;
  const auto turn_main_over = [&] {
    for (int i = 0; i < 90; ++i) {
      items.Add(next);
      for (std::uint64_t filler = 1; filler <= 10; ++filler) items.Add(next + filler);
      if (!items.Has(next)) items.Add(next);
      next += 100;
    }
  };
  turn_main_over();
  EXPECT_TRUE(items.Has(11));
  EXPECT_TRUE(items.Has(12));
  for (int i = 0; i < 8; ++i) turn_main_over();
  EXPECT_FALSE(items.Has(11));
  EXPECT_FALSE(items.Has(12)) << "a hundred hits count as three";
  EXPECT_FALSE(items.Has(13));
}

TEST(S3Fifo, WeighsItems) {
  Items items(1'000);
  for (std::uint64_t n = 1; n <= 200; ++n) items.Add(n, 1 + n % 40);
  EXPECT_EQ(items.queue.weight(), items.weight());
  EXPECT_LE(items.weight(), 1'000u);
  items.Add(500, 900);
  EXPECT_TRUE(items.Has(500));
  EXPECT_LE(items.queue.weight(), 1'000u);
}

TEST(S3Fifo, ReplaceKeepsPlaceCountAndMark) {
  S3Fifo queue;
  queue.SetCapacity(100);
  const S3Fifo::Handle handle = queue.Insert(5, 1, 10);
  queue.Touch(handle);
  queue.SetMark(handle, true);
  const std::uint64_t before = queue.Word(handle);
  queue.Replace(handle, 6, 10, 30);
  EXPECT_EQ(queue.Word(handle), (before & ~S3Fifo::kPayload) | 6);
  EXPECT_EQ(queue.weight(), 30u);
  queue.SetMark(handle, false);
  EXPECT_EQ(queue.Word(handle) & S3Fifo::kMark, 0u);
}

TEST(S3Fifo, EvictsNothingWhenEmpty) {
  Items items(10);
  EXPECT_FALSE(items.queue.EvictOne(items));
  items.Add(1);
  EXPECT_TRUE(items.queue.EvictOne(items));
  EXPECT_FALSE(items.queue.EvictOne(items));
  EXPECT_EQ(items.queue.weight(), 0u);
}

TEST(S3Fifo, HandlesFollowEveryMove) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SeededRandom random(seed);
    Items items(3'000, seed % 2 == 0 ? Eviction::kS3Fifo : Eviction::kAdaptive);
    for (int step = 0; step < 30'000; ++step) {
      const std::uint64_t n = 1 + random.Below(1 + random.Below(2'000));
      if (!items.Has(n)) {
        items.Add(n, 1 + random.Below(20));
      } else if (random.Below(3) == 0) {
        items.Remove(n);
      } else {
        items.Hit(n);
      }
    }
    items.CheckHandles();
    ASSERT_EQ(items.queue.weight(), items.weight());
    ASSERT_EQ(items.queue.size(), items.size());
    std::size_t visited = 0;
    items.queue.ForEach([&](std::uint64_t word, S3Fifo::Handle handle) {
      ++visited;
      ASSERT_EQ(items.queue.Word(handle), word);
    });
    ASSERT_EQ(visited, items.size());
  }
}

// Keys that come back once, after others: more than the small queue of a tenth can wait for.
int HitsOfPairs(Eviction eviction) {
  Items items(100, eviction);
  int hits = 0;
  for (std::uint64_t n = 1; n <= 4'000; ++n) {
    for (const std::uint64_t key : {n, n > 50 ? n - 50 : n}) {
      if (items.Has(key)) {
        ++hits;
        items.Hit(key);
      } else {
        items.Add(key);
      }
    }
  }
  return hits;
}

TEST(S3Fifo, AdaptiveSmallQueueGrowsWhereKeysComeBackLate) {
  EXPECT_LT(HitsOfPairs(Eviction::kS3Fifo), 1'000);
  EXPECT_GT(HitsOfPairs(Eviction::kAdaptive), 3'500);
}

TEST(S3Fifo, AdaptiveSmallQueueShrinksWhereMainIsMissed) {
  SmallShare share;
  EXPECT_EQ(share.Of(1'000), 100u);
  share.Shrink();
  EXPECT_EQ(share.Of(1'000), 70u);
  for (int i = 0; i < 10; ++i) share.Shrink();
  EXPECT_EQ(share.Of(1'000), 10u);
  for (int i = 0; i < 50; ++i) share.Grow();
  EXPECT_EQ(share.Of(1'000), 900u);
  EXPECT_EQ(share.Of(~0ull), ~0ull / 100 * 90 + ~0ull % 100 * 90 / 100);
}

TEST(S3Fifo, AdaptiveRemembersWhatMainGaveUp) {
  Items items(100, Eviction::kAdaptive);
  for (std::uint64_t n = 1; n <= 100; ++n) items.Add(n);
  // 1 to 9 and then 10 leave small; they come back at once and push 11, 12, … out of main.
  for (std::uint64_t n = 101; n <= 130; ++n) items.Add(n);
  for (std::uint64_t n = 1; n <= 5; ++n) items.Add(n);
  ASSERT_FALSE(items.Has(11));
  items.Add(11);
  EXPECT_EQ(S3Fifo::Heat(items.WordOf(11), items.HandleOf(11)), 4 + 2) << "main, with two hits";
}

TEST(S3Fifo, GhostCostsFourBytesPerItemOfMain) {
  Items items(100'000);
  for (std::uint64_t n = 1; n <= 100'000; ++n) items.Add(n);
  const std::size_t before = items.queue.bytes();
  for (std::uint64_t n = 1; n <= 10'000; ++n) items.Add(200'000 + n);
  EXPECT_GT(items.queue.bytes(), before + 90'000 * 4);
  EXPECT_LT(items.queue.bytes(), before + 90'000 * 5);
}

}  // namespace
}  // namespace coolkit::cache
