#include "telemetry/instruments.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>
#include <thread>

#include "base/mutex.h"
#include "base/random.h"

namespace coolkit::telemetry {
namespace {

TEST(Counter, SumsTheAddsOfMoreThreadsThanStripes) {
  Counter counter;
  constexpr std::size_t kThreads = 3 * kStripes;
  constexpr std::uint64_t kAdds = 5'000;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&counter] {
      for (std::uint64_t i = 0; i < kAdds; ++i) counter.Add(2);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.Value(), 2 * kThreads * kAdds);
}

// Threads that come and go reuse owned stripes; nothing that an earlier owner counted is lost.
TEST(Counter, KeepsWhatEndedThreadsCounted) {
  Counter counter;
  for (int round = 0; round < 200; ++round) {
    std::thread([&counter] { counter.Add(); }).join();
  }
  EXPECT_EQ(counter.Value(), 200U);
}

// Holds threads until all have claimed a stripe.
struct Gathering {
  Mutex mutex;
  CondVar changed;
  std::size_t present GUARDED_BY(mutex) = 0;

  void MeetAll(std::size_t expected) {
    const MutexLock lock(mutex);
    ++present;
    changed.NotifyAll();
    while (present < expected) changed.Wait(mutex);
  }
};

TEST(Stripes, OwnedOnesBelongToOneLivingThread) {
  constexpr std::size_t kThreads = kStripes + 4;
  Gathering gathering;
  std::vector<std::size_t> stripes(kThreads);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      stripes[t] = ThisStripe();
      gathering.MeetAll(kThreads);
      EXPECT_EQ(ThisStripe(), stripes[t]);
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::size_t> owned;
  for (const std::size_t stripe : stripes) {
    ASSERT_LT(stripe, kStripes);
    if (stripe < kOwnedStripes) {
      EXPECT_TRUE(owned.insert(stripe).second) << stripe;
    }
  }
  EXPECT_GE(owned.size(), kOwnedStripes - 1);  // this test's own thread may hold one
}

TEST(Gauge, SetsAndAdds) {
  Gauge gauge;
  EXPECT_EQ(gauge.Value(), 0);
  gauge.Set(2.5);
  gauge.Add(-4);
  EXPECT_EQ(gauge.Value(), -1.5);
}

TEST(Histogram, PutsAValueEqualToABoundIntoItsBucket) {
  Histogram histogram({1, 2, 5});
  for (const double value : {0.0, 1.0, 1.5, 2.0, 5.0, 5.1}) histogram.Observe(value);
  const Histogram::Snapshot snapshot = histogram.Read();
  EXPECT_EQ(snapshot.cumulative, (std::vector<std::uint64_t>{2, 4, 5, 6}));
  EXPECT_EQ(snapshot.count(), 6U);
  EXPECT_DOUBLE_EQ(snapshot.sum, 14.6);
}

TEST(Histogram, SkipsNanAndCountsNegativesAsZero) {
  Histogram histogram({1});
  histogram.Observe(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(histogram.Read().count(), 0U);
  histogram.Observe(-3);
  histogram.Observe(std::numeric_limits<double>::infinity());
  const Histogram::Snapshot snapshot = histogram.Read();
  EXPECT_EQ(snapshot.cumulative, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_TRUE(std::isinf(snapshot.sum));
}

// The table of leading bits must agree with a plain search for every shape of bounds.
TEST(Histogram, AgreesWithAPlainSearch) {
  const std::vector<std::vector<double>> shapes{
      LatencyBounds(), {0}, {0, 1, 2, 3, 4, 8}, {1e-9, 1, 1e9}, {100, 101, 102, 103, 1000}, {0.1}};
  SeededRandom random(7);
  for (const std::vector<double>& bounds : shapes) {
    Histogram histogram(bounds);
    std::vector<std::uint64_t> expected(bounds.size() + 1);
    const auto observe = [&](double value) {
      histogram.Observe(value);
      std::size_t bucket = 0;
      while (bucket < bounds.size() && value > bounds[bucket]) ++bucket;
      ++expected[bucket];
    };
    for (const double bound : bounds) {
      observe(bound);
      observe(std::nextafter(bound, 1e300));
      observe(std::abs(std::nextafter(bound, -1e300)));
    }
    for (int i = 0; i < 20'000; ++i) {
      observe(std::pow(10.0, static_cast<double>(random.Below(24'000)) / 1000.0 - 12.0));
    }
    for (std::size_t i = 1; i < expected.size(); ++i) expected[i] += expected[i - 1];
    EXPECT_EQ(histogram.Read().cumulative, expected) << bounds.size();
  }
}

TEST(Histogram, CountsUnderManyThreads) {
  Histogram histogram({1, 2});
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 2 * kStripes; ++t) {
    threads.emplace_back([&histogram] {
      for (int i = 0; i < 2'000; ++i) histogram.Observe(1.5);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Histogram::Snapshot snapshot = histogram.Read();
  EXPECT_EQ(snapshot.cumulative[0], 0U);
  EXPECT_EQ(snapshot.count(), 2 * kStripes * 2'000);
  EXPECT_DOUBLE_EQ(snapshot.sum, 1.5 * 2 * kStripes * 2'000);
}

TEST(HistogramDeathTest, RefusesBadBounds) {
  EXPECT_DEATH(Histogram({}), "CHECK");
  EXPECT_DEATH(Histogram({1, 1}), "CHECK");
  EXPECT_DEATH(Histogram({-1, 1}), "CHECK");
  EXPECT_DEATH(Histogram({1, std::numeric_limits<double>::infinity()}), "CHECK");
}

TEST(Quantile, IsThatOfPrometheus) {
  Histogram histogram({1, 2, 4});
  EXPECT_TRUE(std::isnan(histogram.Read().Quantile(0.5)));
  for (int i = 0; i < 4; ++i) histogram.Observe(3);
  EXPECT_DOUBLE_EQ(histogram.Read().Quantile(0.5), 3.0);
  EXPECT_DOUBLE_EQ(histogram.Read().Quantile(1), 4.0);
  histogram.Observe(100);
  EXPECT_DOUBLE_EQ(histogram.Read().Quantile(1), 4.0);
}

TEST(LatencyBounds, HaveUsualThresholdsAndAreNotTooMany) {
  const std::vector<double> bounds = LatencyBounds();
  EXPECT_LE(bounds.size(), 44U);
  EXPECT_EQ(bounds.front(), 20e-6);
  EXPECT_EQ(bounds.back(), 30);
  const std::set<double> all(bounds.begin(), bounds.end());
  for (const double threshold : {0.0005, 0.001, 0.002, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                 0.5, 1.0, 2.5, 5.0, 10.0}) {
    EXPECT_EQ(all.count(threshold), 1U) << threshold;
  }
}

// Log-normal latencies around every magnitude: the quantiles of the buckets against the true ones.
TEST(LatencyBounds, MakeQuantilesExactToTwelvePercent) {
  constexpr double kSigma = 0.5;
  const auto below = [](double x, double mu) {
    return 0.5 * std::erfc(-(std::log(x) - mu) / (kSigma * std::sqrt(2.0)));
  };
  const std::vector<double> bounds = LatencyBounds();
  for (const auto& [q, z] :
       {std::pair(0.5, 0.0), std::pair(0.95, 1.6448536), std::pair(0.99, 2.3263479)}) {
    for (double truth = 25e-6; truth < 25; truth *= 1.05) {
      const double mu = std::log(truth) - kSigma * z;
      Histogram::Snapshot snapshot{bounds, {}, 0};
      for (const double bound : bounds) {
        snapshot.cumulative.push_back(static_cast<std::uint64_t>(1e12 * below(bound, mu)));
      }
      snapshot.cumulative.push_back(1'000'000'000'000);
      EXPECT_NEAR(snapshot.Quantile(q) / truth, 1, 0.12) << q << " " << truth;
    }
  }
}

}  // namespace
}  // namespace coolkit::telemetry
