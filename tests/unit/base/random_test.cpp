#include "base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <vector>

namespace coolkit {
namespace {

// Says the given numbers in turn.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::vector<std::uint64_t> numbers) : numbers_(std::move(numbers)) {}
  [[nodiscard]] std::uint64_t Next() override { return numbers_[next_++ % numbers_.size()]; }

 private:
  std::vector<std::uint64_t> numbers_;
  std::size_t next_ = 0;
};

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

TEST(RandomBelow, CoversTheWholeRangeAndNothingElse) {
  FixedRandom random({0, kMax, 1ULL << 63, (1ULL << 63) - 1});
  EXPECT_EQ(random.Below(10), 0u);
  EXPECT_EQ(random.Below(10), 9u);
  EXPECT_EQ(random.Below(10), 5u);
  EXPECT_EQ(random.Below(10), 4u);
}

TEST(RandomBelow, OneAndTheLargestBound) {
  FixedRandom random({kMax, 0});
  EXPECT_EQ(random.Below(1), 0u);
  EXPECT_EQ(random.Below(1), 0u);
  EXPECT_EQ(random.Below(kMax), kMax - 1);
}

TEST(RandomBelow, IsUniform) {
  SeededRandom random(7);
  std::array<int, 10> counts{};
  constexpr int kDraws = 100'000;
  for (int i = 0; i < kDraws; ++i) ++counts.at(random.Below(counts.size()));
  for (const int count : counts) {
    EXPECT_NEAR(count, kDraws / 10, 500);  // five standard deviations
  }
}

TEST(RandomBelowDeathTest, RefusesZero) {
  SeededRandom random(1);
  EXPECT_DEATH(static_cast<void>(random.Below(0)), "CHECK failed: bound > 0");
}

// The reference values of splitmix64.c (Vigna) for the seed 1234567.
TEST(SeededRandom, IsSplitMix64) {
  SeededRandom random(1234567);
  EXPECT_EQ(random.Next(), 6457827717110365317ULL);
  EXPECT_EQ(random.Next(), 3203168211198807973ULL);
  EXPECT_EQ(random.Next(), 9817491932198370423ULL);
}

TEST(SystemSeed, Differs) { EXPECT_NE(SystemSeed(), SystemSeed()); }

}  // namespace
}  // namespace coolkit
