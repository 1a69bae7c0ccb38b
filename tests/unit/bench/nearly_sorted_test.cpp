#include "bench/nearly_sorted.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "base/random.h"

namespace coolkit::bench {
namespace {

void ExpectSorts(std::vector<std::uint64_t> numbers) {
  std::vector<std::uint64_t> sorted = numbers;
  std::sort(sorted.begin(), sorted.end());
  SortNearlySorted(numbers.begin(), numbers.end(), std::less<>());
  EXPECT_EQ(numbers, sorted);
}

TEST(SortNearlySorted, SortsAnyOrder) {
  SeededRandom random(1);
  for (const std::size_t size : {0U, 1U, 511U, 512U, 513U, 1'024U, 5'000U, 70'001U}) {
    // Up to `away` places from where they belong; the last: anywhere.
    for (const std::uint64_t away :
         {std::uint64_t{1}, std::uint64_t{50}, std::uint64_t{3'000}, std::uint64_t{1'000'000}}) {
      std::vector<std::uint64_t> numbers;
      for (std::size_t i = 0; i < size; ++i) numbers.push_back(i + random.Below(away));
      ExpectSorts(numbers);
      // The streams of two threads, one behind the other; and one backwards.
      std::vector<std::uint64_t> twice = numbers;
      twice.insert(twice.end(), numbers.begin(), numbers.end());
      ExpectSorts(twice);
      twice.insert(twice.end(), numbers.rbegin(), numbers.rend());
      ExpectSorts(twice);
    }
  }
}

}  // namespace
}  // namespace coolkit::bench
