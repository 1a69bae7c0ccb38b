#include "scaler/keda.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace coolkit::scaler {
namespace {

// An endpoint whose answer the test sets.
struct Endpoint {
  Result<double> answer = 37.0;
  int gets = 0;
  Keda::Source source() {
    return [this](double) {
      ++gets;
      return answer;
    };
  }
};

Keda::Options Cached() {
  Keda::Options options;
  options.fallback = KedaFallback{};
  return options;
}

TEST(KedaTest, ACachedValueIsThatOfTheLastPoll) {
  Endpoint endpoint;
  Keda keda(Cached(), endpoint.source());
  keda.Poll(0);
  endpoint.answer = 50.0;
  EXPECT_EQ(keda.Read(14, 10), 37'000);
  keda.Poll(15);
  EXPECT_EQ(keda.Read(16, 10), 50'000);
  EXPECT_EQ(endpoint.gets, 2);
}

TEST(KedaTest, WithoutTheCacheEverySyncAsksByItself) {
  Endpoint endpoint;
  Keda::Options options = Cached();
  options.cached = false;
  Keda keda(options, endpoint.source());
  keda.Poll(0);
  endpoint.answer = 50.0;
  EXPECT_EQ(keda.Read(1, 10), 50'000);
  EXPECT_EQ(endpoint.gets, 2);
}

TEST(KedaTest, AFailureIsTriedOnceMoreAtOnce) {
  Endpoint endpoint;
  endpoint.answer = Fail(ErrorCode::kTimeout, "");
  Keda keda(Cached(), endpoint.source());
  keda.Poll(0);
  EXPECT_EQ(endpoint.gets, 2);
  EXPECT_EQ(keda.failures(), 1);
}

// Both readers count, so that a threshold of 3 is passed with the fourth reading: 30 s, not 60.
TEST(KedaTest, FallbackAfterTheFourthFailure) {
  Endpoint endpoint;
  endpoint.answer = Fail(ErrorCode::kTimeout, "");
  Keda keda(Cached(), endpoint.source());
  keda.Poll(0);
  EXPECT_EQ(keda.Read(1, 34), std::nullopt);
  keda.Poll(15);
  EXPECT_EQ(keda.Read(16, 34), 34'000);  // the higher of 30 and now
  EXPECT_EQ(keda.Read(16, 20), 30'000);
  endpoint.answer = 12.0;
  keda.Poll(30);
  EXPECT_EQ(keda.Read(31, 34), 12'000);
  EXPECT_EQ(keda.failures(), 0);
}

TEST(KedaTest, TheFallbackIsInUnitsOfTheTarget) {
  Endpoint endpoint;
  endpoint.answer = Fail(ErrorCode::kTimeout, "");
  for (const auto& [behavior, replicas] : {std::pair(FallbackBehavior::kStatic, 30),
                                           {FallbackBehavior::kCurrentReplicas, 34},
                                           {FallbackBehavior::kCurrentReplicasIfHigher, 34},
                                           {FallbackBehavior::kCurrentReplicasIfLower, 30}}) {
    Keda::Options options = Cached();
    options.target = 500;
    options.fallback->behavior = behavior;
    options.fallback->failure_threshold = 0;
    Keda keda(options, endpoint.source());
    EXPECT_EQ(keda.Read(0, 34), replicas * 500'000L);
  }
}

TEST(KedaTest, WithoutAFallbackErrorsStayErrors) {
  Endpoint endpoint;
  endpoint.answer = Fail(ErrorCode::kTimeout, "");
  Keda keda({}, endpoint.source());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(keda.Read(i * 15, 34), std::nullopt);
}

TEST(KedaTest, WhatIsNoUsableNumberIsZero) {
  EXPECT_EQ(KedaValue(-1), 0);
  EXPECT_EQ(KedaValue(std::nan("")), 0);
  EXPECT_EQ(KedaValue(std::numeric_limits<double>::infinity()), 0);
  EXPECT_EQ(KedaValue(0.5), 0.5);
}

// Go's int64(value * 1000) cuts.
TEST(KedaTest, ValuesAreCutToThousandths) {
  Endpoint endpoint;
  endpoint.answer = 39.5999;
  Keda keda(Cached(), endpoint.source());
  EXPECT_EQ(keda.Read(0, 1), 39'599);
}

}  // namespace
}  // namespace coolkit::scaler
