#include "cloudsql/instance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "json/value.h"
#include "support/manual_loop.h"
#include "unit/cloudsql/scripted_web.h"
#include "unit/cloudsql/test_identity.h"

namespace coolkit::cloudsql {
namespace {

class FixedToken final : public TokenSource {
 public:
  net::Task<Outcome<AccessToken>> Fetch(std::string /*scope*/, BootTime /*deadline*/) override {
    co_return AccessToken{"token", kNever};
  }
};

// The Admin API: certificates live an hour by its clock.
class Api {
 public:
  Result<WebAnswer> Answer(const WebRequest& request) {
    if (status != 200) return Answered(status);
    const std::string pem(kTestCertificate);
    WebAnswer answer;
    if (request.method == "GET") {
      answer = Answered(
          200,
          json::Serialize(json::Value::Object(
              {{"region", json::Value::String("r")},
               {"serverCaCert", json::Value::Object({{"cert", json::Value::String(pem + pem)}})},
               {"ipAddresses", json::Value::Array({json::Value::Object(
                                   {{"type", json::Value::String("PRIMARY")},
                                    {"ipAddress", json::Value::String("10.0.0.1")}})})}})));
    } else {
      answer = Answered(
          200,
          json::Serialize(json::Value::Object(
              {{"ephemeralCert", json::Value::Object({{"cert", json::Value::String(pem)}})}})));
    }
    const auto facts = crypto::ReadCertificate(pem);
    answer.server_time = std::chrono::system_clock::to_time_t(facts->not_after) - 3599;
    return answer;
  }
  int status = 200;
};

class InstanceTest : public testing::Test {
 protected:
  InstanceTest() {
    web_.answer = [this](const WebRequest& request) {
      times_.push_back(loop_.Now());
      return api_.Answer(request);
    };
  }
  std::unique_ptr<Instance> Make(BootTime first_at = {}, std::uint64_t seed = 1) {
    Instance::Options options;
    options.name = {"p", "r", "i"};
    options.first_at = first_at;
    options.seed = seed;
    return std::make_unique<Instance>(Instance::Parts{loop_, admin_, tokens_, key_, metrics_, log_},
                                      options);
  }
  Outcome<std::shared_ptr<const ConnectInfo>> Get(Instance& instance, seconds within) {
    std::optional<Outcome<std::shared_ptr<const ConnectInfo>>> got;
    net::Detach(instance.Get(loop_.Now() + within),
                [&got](Outcome<std::shared_ptr<const ConnectInfo>> info) { got.emplace(info); });
    for (int i = 0; i < 10'000 && !got; ++i) loop_.RunFor(milliseconds(100));
    return got.value_or(Failed("never", "no answer"));
  }

  support::ManualClock clock_;
  support::ManualLoop loop_{clock_};
  ScriptedWeb web_;
  Api api_;
  std::vector<BootTime> times_;
  FixedToken tokens_;
  AdminApi admin_{loop_, web_, tokens_, "https://api", {}};
  const crypto::RsaKey key_ = *crypto::RsaKey::FromPem(kTestKey);
  telemetry::Registry registry_;
  Metrics metrics_{registry_};
  std::string written_;
  telemetry::Log log_{telemetry::LogFormat::kText, telemetry::LogLevel::kError, "pod", &written_};
};

TEST_F(InstanceTest, IsRefreshedAheadOfItsEndForHours) {
  const auto instance = Make();
  instance->Start();
  for (int minute = 0; minute < 600; ++minute) {
    loop_.RunFor(seconds(60));
    const auto info = Get(*instance, seconds(1));
    ASSERT_TRUE(info) << minute;
    EXPECT_GT((*info)->expires, loop_.Now());
  }
  // About one refresh of two requests per 53 minutes, not more.
  EXPECT_LE(times_.size(), 2U * 13);
  EXPECT_GE(times_.size(), 2U * 10);
  instance->Stop();
}

TEST_F(InstanceTest, ForcedRefreshesKeepToTheLimit) {
  const auto instance = Make();
  instance->Start();
  auto info = Get(*instance, seconds(5));
  for (int i = 0; i < 600; ++i) {
    ASSERT_TRUE(info);
    instance->ForceRefresh(*info);
    loop_.RunFor(seconds(1));
    info = Get(*instance, seconds(60));
  }
  const auto minutes = (loop_.Now() - times_.front()) / seconds(60) + 1;
  EXPECT_LE(times_.size(), static_cast<std::size_t>(2 * 2 * minutes + 4));
  instance->Stop();
}

TEST_F(InstanceTest, AnEndedOneIsReplacedAfterAnOutageOfTheApi) {
  const auto instance = Make();
  instance->Start();
  ASSERT_TRUE(Get(*instance, seconds(5)));
  api_.status = 503;
  loop_.RunFor(seconds(3000));
  EXPECT_TRUE(Get(*instance, seconds(5)));  // not ended yet
  loop_.RunFor(seconds(1000));
  const auto none = Get(*instance, seconds(5));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().reason, reason::kApi);
  api_.status = 200;
  loop_.RunFor(seconds(200));
  EXPECT_TRUE(Get(*instance, seconds(5)));
  instance->Stop();
}

TEST_F(InstanceTest, WhatTimeDoesNotCureIsSaidAtOnce) {
  api_.status = 404;
  const auto instance = Make();
  instance->Start();
  const BootTime before = loop_.Now();
  const auto none = Get(*instance, seconds(60));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().reason, reason::kInstance);
  EXPECT_LT(loop_.Now() - before, seconds(10));
  instance->Stop();
}

// 110 refreshers on one clock, started in one moment with the spread of 110: the real code, until
// all have refreshed once.
TEST_F(InstanceTest, AHundredAndTenStayBelowTheQuota) {
  SeededRandom random(7);
  std::vector<std::unique_ptr<Instance>> pods;
  const auto spread = static_cast<std::uint64_t>(StartSpread(110).count());
  for (std::uint64_t i = 0; i < 110; ++i) {
    pods.push_back(Make(loop_.Now() + milliseconds(random.Below(spread)), i + 1));
    pods.back()->Start();
  }
  loop_.RunFor(seconds(4'000));
  for (const auto& pod : pods) EXPECT_TRUE(Get(*pod, seconds(1)));
  std::size_t worst = 0;
  for (std::size_t first = 0, last = 0; last < times_.size(); ++last) {
    while (times_[last] - times_[first] >= seconds(60)) ++first;
    worst = std::max(worst, last - first + 1);
  }
  RecordProperty("requests_in_the_worst_minute", static_cast<int>(worst));
  EXPECT_LT(worst, 180U);
  for (const auto& pod : pods) pod->Stop();
}

}  // namespace
}  // namespace coolkit::cloudsql
