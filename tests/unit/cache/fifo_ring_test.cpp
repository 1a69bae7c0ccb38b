#include "cache/fifo_ring.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "base/random.h"

namespace coolkit::cache {
namespace {

TEST(FifoRing, GivesItemsInTheOrderTheyCame) {
  FifoRing ring;
  for (std::uint64_t word = 1; word <= 1'000; ++word) ring.Push(word);
  for (std::uint64_t word = 1; word <= 1'000; ++word) {
    ASSERT_EQ(ring.At(ring.head()), word);
    ring.Remove(ring.head());
  }
  EXPECT_EQ(ring.size(), 0u);
}

TEST(FifoRing, HoldsLittleWhenEmpty) {
  FifoRing ring;
  EXPECT_EQ(ring.bytes(), 0u);
  for (std::uint64_t word = 1; word <= 10'000; ++word) ring.Push(word);
  EXPECT_GE(ring.bytes(), 10'000 * 8u);
  EXPECT_LE(ring.bytes(), 10'000 * 8u + 4'096);
  while (ring.size() > 0) ring.Remove(ring.head());
  EXPECT_LE(ring.bytes(), 1'024u);  // the directory
}

TEST(FifoRing, PositionsComeAroundWhenTheyRunOut) {
  FifoRing ring;
  std::deque<std::pair<std::uint32_t, std::uint64_t>> model;
  for (std::uint64_t word = 1; word <= 2 * FifoRing::kItemsMax; ++word) {
    model.emplace_back(ring.Push(word), word);
    if (model.size() < 700) continue;
    ASSERT_EQ(ring.head(), model.front().first);
    ASSERT_EQ(ring.At(ring.head()), model.front().second);
    ring.Remove(ring.head());
    model.pop_front();
  }
  for (const auto& [position, word] : model) ASSERT_EQ(ring.At(position), word);
}

TEST(FifoRing, IsFullBeforePositionsRepeat) {
  FifoRing ring;
  while (!ring.full()) ring.Push(7);
  EXPECT_EQ(ring.size(), FifoRing::kItemsMax);
  ring.Remove(ring.head());
  EXPECT_FALSE(ring.full());
}

// Against a list of (position, word).
TEST(FifoRing, AgreesWithAList) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SeededRandom random(seed);
    FifoRing ring;
    std::deque<std::pair<std::uint32_t, std::uint64_t>> model;
    std::uint64_t next = 1;
    for (int step = 0; step < 20'000; ++step) {
      const std::uint64_t dice = random.Below(100);
      if (dice < 55 || model.empty()) {
        model.emplace_back(ring.Push(next), next);
        ++next;
      } else if (dice < 75) {
        ring.Remove(model.front().first);
        model.pop_front();
      } else if (dice < 99) {
        const auto at = static_cast<std::ptrdiff_t>(random.Below(model.size()));
        ring.Remove(model[static_cast<std::size_t>(at)].first);
        model.erase(model.begin() + at);
      } else if (dice == 99 && random.Below(20) == 0) {
        std::map<std::uint32_t, std::uint32_t> moved;
        std::vector<std::uint64_t> words;
        ring.Rotate([&](std::uint64_t word, std::uint32_t from, std::uint32_t to) {
          words.push_back(word);
          moved[from] = to;
        });
        ASSERT_EQ(words.size(), model.size());
        for (std::size_t i = 0; i < model.size(); ++i) {
          ASSERT_EQ(words[i], model[i].second) << "rotation kept the order";
          model[i].first = moved.at(model[i].first);
        }
        ASSERT_EQ(ring.holes(), 0u);
      }
      ASSERT_EQ(ring.size(), model.size());
      if (!model.empty()) {
        ASSERT_EQ(ring.head(), model.front().first) << "seed " << seed << " step " << step;
      }
    }
    std::size_t seen = 0;
    ring.ForEach([&](std::uint64_t word, std::uint32_t position) {
      ASSERT_EQ(word, model[seen].second);
      ASSERT_EQ(position, model[seen].first);
      ++seen;
    });
    ASSERT_EQ(seen, model.size());
  }
}

TEST(FifoRing, VisitorMayRemoveWhatItIsGiven) {
  FifoRing ring;
  for (std::uint64_t word = 1; word <= 2'000; ++word) ring.Push(word);
  ring.ForEach([&](std::uint64_t word, std::uint32_t position) {
    if (word % 3 != 0) ring.Remove(position);
  });
  EXPECT_EQ(ring.size(), 666u);
  ring.ForEach([&](std::uint64_t, std::uint32_t position) { ring.Remove(position); });
  EXPECT_EQ(ring.size(), 0u);
  ring.Push(9);
  EXPECT_EQ(ring.At(ring.head()), 9u);
}

}  // namespace
}  // namespace coolkit::cache
