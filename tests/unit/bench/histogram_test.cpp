#include "bench/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace coolkit::bench {
namespace {

TEST(HistogramTest, QuantilesAreWithinAStepOfTheExactOnes) {
  SeededRandom random(1);
  Histogram histogram;
  std::vector<std::int64_t> values;
  for (int i = 0; i < 100'000; ++i) {
    const auto value = static_cast<std::int64_t>(random.Below(std::uint64_t{1} << (i % 39 + 1)));
    values.push_back(value);
    histogram.Record(value);
  }
  std::sort(values.begin(), values.end());
  for (const double part : {0.0001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(part * 100'000)) - 1;
    const auto exact = static_cast<double>(values[rank]);
    const auto given = static_cast<double>(histogram.Quantile(part));
    EXPECT_GE(given, exact) << part;
    EXPECT_LE(given, exact * 1.008 + 1) << part;
  }
  EXPECT_EQ(histogram.max_ns(), values.back());
  EXPECT_EQ(histogram.count(), 100'000U);
}

TEST(HistogramTest, EverySmallValueIsExact) {
  for (std::int64_t value = 0; value < 256; ++value) {
    Histogram histogram;
    histogram.Record(value);
    histogram.Record(1'000'000);
    EXPECT_EQ(histogram.Quantile(0.5), value);
  }
}

TEST(HistogramTest, SumsAreAsIfRecordedTogether) {
  SeededRandom random(2);
  Histogram a;
  Histogram b;
  Histogram both;
  for (int i = 0; i < 1000; ++i) {
    const auto value = static_cast<std::int64_t>(random.Below(1'000'000'000));
    (i % 3 == 0 ? a : b).Record(value);
    both.Record(value);
  }
  a.Add(b);
  a.Add(Histogram());
  EXPECT_EQ(a.count(), both.count());
  EXPECT_EQ(a.max_ns(), both.max_ns());
  EXPECT_NEAR(a.mean_ns(), both.mean_ns(), 1e-3);
  for (const double part : {0.01, 0.5, 0.99}) EXPECT_EQ(a.Quantile(part), both.Quantile(part));
}

TEST(HistogramTest, WhatIsOutOfRangeIsKept) {
  Histogram histogram;
  EXPECT_EQ(histogram.Quantile(0.5), 0);
  EXPECT_EQ(histogram.mean_ns(), 0);
  histogram.Record(-5);
  histogram.Record(std::int64_t{1} << 60U);
  EXPECT_EQ(histogram.Quantile(0.5), 0);
  EXPECT_EQ(histogram.Quantile(1), Histogram::kMaxNs);
  histogram.Clear();
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.Quantile(1), 0);
}

}  // namespace
}  // namespace coolkit::bench
