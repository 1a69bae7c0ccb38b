#include "cloudsql/instance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
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
  Result<WebAnswer> Answer(const WebRequest& request, BootTime now) {
    if (status != 200) return Answered(status);
    while (!taken_.empty() && now - taken_.front() >= seconds(60)) taken_.pop_front();
    if (taken_.size() >= quota) return Answered(429);
    taken_.push_back(now);
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
  std::size_t quota = 1'000'000;  // answers in any minute

 private:
  std::deque<BootTime> taken_;
};

class InstanceTest : public testing::Test {
 protected:
  InstanceTest() {
    web_.answer = [this](const WebRequest& request) {
      times_.push_back(loop_.Now());
      return api_.Answer(request, loop_.Now());
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
  // As the pool does: again after a passing failure.
  bool Ready(Instance& instance, seconds within) {
    const BootTime deadline = loop_.Now() + within;
    while (loop_.Now() < deadline) {
      if (Get(instance, within)) return true;
      loop_.RunFor(milliseconds(500));
    }
    return false;
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
  EXPECT_TRUE(Ready(*instance, seconds(200)));
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

TEST_F(InstanceTest, TheSettingsAreNotAskedForAgainWhenTheCertificateIsRefused) {
  api_.quota = 1;
  const auto instance = Make();
  instance->Start();
  const auto refused = Get(*instance, seconds(300));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, reason::kQuota) << "who waits is told at once";
  EXPECT_TRUE(Ready(*instance, seconds(300)));
  std::size_t settings = 0;
  for (const WebRequest& request : web_.asked) settings += request.method == "GET" ? 1 : 0;
  EXPECT_EQ(settings, 1U);
  instance->Stop();
}

// 110 refreshers on one clock, started in one moment: the real code.
class ManyTest : public InstanceTest {
 protected:
  void Start(milliseconds spread) {
    SeededRandom random(7);
    began_ = loop_.Now();
    const auto most = static_cast<std::uint64_t>(spread.count());
    for (std::uint64_t i = 0; i < 110; ++i) {
      pods_.push_back(Make(loop_.Now() + milliseconds(random.Below(most + 1)), i + 1));
      pods_.back()->Start();
    }
  }
  // When all of them can connect, after the start.
  seconds AllReady() {
    std::size_t ready = 0;
    for (const auto& pod : pods_) Wait(*pod, ready);
    while (ready < pods_.size() && loop_.Now() - began_ < seconds(3'000)) loop_.RunFor(seconds(1));
    EXPECT_EQ(ready, pods_.size());
    return std::chrono::floor<seconds>(loop_.Now() - began_);
  }
  void Wait(Instance& pod, std::size_t& ready) {
    net::Detach(pod.Get(loop_.Now() + seconds(60)), [this, &pod, &ready](const auto& info) {
      if (info) {
        ++ready;
      } else {
        static_cast<void>(
            loop_.At(loop_.Now() + milliseconds(500), [this, &pod, &ready] { Wait(pod, ready); }));
      }
    });
  }
  // Requests of all in any minute.
  [[nodiscard]] std::size_t Worst() const {
    std::size_t worst = 0;
    for (std::size_t first = 0, last = 0; last < times_.size(); ++last) {
      while (times_[last] - times_[first] >= seconds(60)) ++first;
      worst = std::max(worst, last - first + 1);
    }
    return worst;
  }
  void TearDown() override {
    for (const auto& pod : pods_) pod->Stop();
  }

  BootTime began_{};
  std::vector<std::unique_ptr<Instance>> pods_;
};

TEST_F(ManyTest, AHundredAndTenStayBelowTheQuota) {
  Start(StartSpread(110));
  const seconds ready = AllReady();
  EXPECT_LE(ready, seconds(115));
  loop_.RunFor(seconds(4'000));
  RecordProperty("requests_in_the_worst_minute", static_cast<int>(Worst()));
  RecordProperty("seconds_until_all_are_ready", static_cast<int>(ready.count()));
  EXPECT_LT(Worst(), 180U);
}

// If each took itself for the only one: the API refuses what is too much, and all get there.
TEST_F(ManyTest, AHundredAndTenAtOnceAllGetThereThroughTheQuota) {
  api_.quota = 180;
  Start(milliseconds(0));
  const seconds ready = AllReady();
  RecordProperty("seconds_until_all_are_ready", static_cast<int>(ready.count()));
  EXPECT_LE(ready, seconds(240));
  EXPECT_GT(Worst(), 180U) << "the quota was met";
}

TEST_F(InstanceTest, OneAloneIsReadyAtOnce) {
  const auto instance = Make(loop_.Now() + StartSpread(1));
  instance->Start();
  const BootTime before = loop_.Now();
  EXPECT_TRUE(Get(*instance, seconds(60)));
  EXPECT_LT(loop_.Now() - before, seconds(1));
  instance->Stop();
}

}  // namespace
}  // namespace coolkit::cloudsql
