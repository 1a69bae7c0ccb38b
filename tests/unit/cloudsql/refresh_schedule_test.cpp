#include "cloudsql/refresh_schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace coolkit::cloudsql {
namespace {

using std::chrono::minutes;

const RefreshLimits kLimits;
const BootTime kNow{seconds(10'000)};

seconds After(BootTime when) { return std::chrono::floor<seconds>(when - kNow); }

TEST(RefreshSchedule, AnHourIsRefreshedFourMinutesBeforeItsEndOrALittleEarlier) {
  SeededRandom random(1);
  for (int i = 0; i < 100; ++i) {
    const seconds at = After(NextRefresh(kLimits, kNow, kNow + seconds(3599), random));
    EXPECT_LE(at, seconds(3599 - 240));
    EXPECT_GE(at, seconds((3599 - 240) * 9 / 10 - 1));
  }
}

TEST(RefreshSchedule, LongLivesAreRefreshedAtTheirHalfAndShortOnesToo) {
  RefreshLimits exact = kLimits;
  exact.jitter_percent = 0;
  SeededRandom random(1);
  EXPECT_EQ(After(NextRefresh(exact, kNow, kNow + minutes(120), random)), minutes(60));
  EXPECT_EQ(After(NextRefresh(exact, kNow, kNow + seconds(60), random)), seconds(30));
  EXPECT_EQ(NextRefresh(exact, kNow, kNow - seconds(1), random), kNow);
}

TEST(RefreshSchedule, FailuresMakeGrowingPausesAndRespectWhatIsAsked) {
  SeededRandom random(1);
  const auto pause = [&](int failures, milliseconds asked) {
    return NextRetry(kLimits, kNow, failures, asked, random) - kNow;
  };
  EXPECT_LE(pause(1, milliseconds(0)), milliseconds(1'500));
  EXPECT_GE(pause(3, milliseconds(0)), milliseconds(4'000));
  EXPECT_LE(pause(1'000'000, milliseconds(0)), seconds(90));
  EXPECT_GE(pause(1, milliseconds(45'000)), seconds(45));
}

TEST(RefreshLimiter, TakesTwoAtOnceAndThenOneEveryThirtySeconds) {
  RefreshLimiter limiter(kLimits);
  EXPECT_EQ(limiter.Take(kNow), kNow);
  EXPECT_EQ(limiter.Take(kNow), kNow);
  EXPECT_EQ(limiter.Take(kNow), kNow + seconds(30));
  EXPECT_EQ(limiter.Take(kNow), kNow + seconds(60));
  const BootTime later = kNow + seconds(600);
  EXPECT_EQ(limiter.Take(later), later);
  EXPECT_EQ(limiter.Take(later), later);
  EXPECT_GT(limiter.Take(later), later);
}

TEST(StartSpread, AsManyAsMayBeginAtOnceDoNotWait) {
  EXPECT_EQ(StartSpread(0), milliseconds(0));
  EXPECT_EQ(StartSpread(1), milliseconds(0));
  EXPECT_EQ(StartSpread(60), milliseconds(0));
  EXPECT_EQ(StartSpread(61), seconds(61));
}

// 110 pods that start in one moment, 200 times: never above 180 requests in any minute.
TEST(StartSpread, AHundredAndTenPodsStayBelowTheQuota) {
  std::size_t worst = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SeededRandom random(seed);
    const milliseconds spread = StartSpread(110);
    std::vector<std::int64_t> asked;
    for (int pod = 0; pod < 110; ++pod) {
      const auto at =
          static_cast<std::int64_t>(random.Below(static_cast<std::uint64_t>(spread.count()) + 1));
      for (int i = 0; i < kRequestsPerStart; ++i) asked.push_back(at + i * 200);
    }
    std::sort(asked.begin(), asked.end());
    for (std::size_t first = 0, last = 0; last < asked.size(); ++last) {
      while (asked[last] - asked[first] >= 60'000) ++first;
      worst = std::max(worst, last - first + 1);
    }
  }
  EXPECT_LT(worst, 180U);
  EXPECT_GT(worst, 100U);  // the simulation does spread, and not for ever
  EXPECT_EQ(StartSpread(110), seconds(110));
}

}  // namespace
}  // namespace coolkit::cloudsql
