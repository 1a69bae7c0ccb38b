#include "scaler/workload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "json/value.h"
#include "scaler/handler.h"
#include "support/manual_loop.h"
#include "support/pipe_connection.h"

namespace coolkit::scaler {
namespace {

using testing::HasSubstr;

// Pods that count requests at a rate of their own, or hang, refuse, or talk nonsense.
class FakePods final : public Network {
 public:
  enum class Mood { kFine, kHangs, kRefuses, kLies, kGarbage };
  struct Pod {
    double rate = 500;
    Mood mood = Mood::kFine;
    std::string revision = "a";
  };

  explicit FakePods(support::ManualLoop& loop) : loop_(loop) {}

  void Resolve(net::Loop&, const std::string&, BootTime,
               Completion<Result<std::vector<std::string>>> done) override {
    ++resolved;
    if (!resolvable) return done(Fail(ErrorCode::kTimeout, "no answer"));
    std::vector<std::string> hosts;
    for (const auto& [host, pod] : pods) hosts.push_back(host);
    done(std::move(hosts));
  }

  void Connect(net::Loop&, const std::string& address, BootTime,
               Completion<Result<std::unique_ptr<net::Connection>>> done) override {
    const std::string host = address.substr(0, address.find(':'));
    const auto pod = pods.find(host);
    if (pod == pods.end() || pod->second.mood == Mood::kRefuses) {
      return done(Fail(ErrorCode::kConnectionClosed, "refused"));
    }
    ++connects;
    auto pair = support::PipeConnection::Make(loop_);
    if (pod->second.mood != Mood::kHangs) pair.second->Send(Respond(pod->second));
    peers_.push_back(std::move(pair.second));
    done(std::unique_ptr<net::Connection>(std::move(pair.first)));
  }

  std::map<std::string, Pod> pods;
  bool resolvable = true;
  int resolved = 0;
  int connects = 0;

 private:
  std::string Respond(const Pod& pod) const {
    const double now = std::chrono::duration<double>(loop_.Now().time_since_epoch()).count();
    std::string body = "coolkit_build_info{version=\"1\",revision=\"" + pod.revision +
                       "\"} 1\ncoolkit_http_requests_total{code=\"200\"} " +
                       std::to_string(pod.rate * now) + "\n";
    if (pod.mood == Mood::kLies) body += "process_cpu_seconds_total -5\n";
    if (pod.mood == Mood::kGarbage) body = "<html>busy</html>";
    return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  support::ManualLoop& loop_;
  std::vector<std::unique_ptr<support::PipeConnection>> peers_;
};

class WorkloadTest : public testing::Test {
 protected:
  WorkloadTest() {
    options_.name = "coolkit";
    options_.pods.name = "coolkit-headless";
    options_.pods.port = 2345;
    options_.policy.min = 2;
    options_.policy.stale_s = 30;
    for (int i = 0; i < 10; ++i) pods_.pods["10.0.0." + std::to_string(i)] = {};
  }
  void Start() {
    workload_ =
        std::make_unique<Workload>(Workload::Parts{loop_, pods_, *metrics_, log_}, options_);
    workload_->Start();
  }
  void TearDown() override {
    if (workload_ == nullptr) return;
    // Stop blocks until the loop has run its tasks: ask first, then run, on one thread.
    workload_->AskToStop();
    loop_.RunFor(seconds(10));
    workload_->Stop();
  }
  std::shared_ptr<const Answer> After(seconds span) {
    loop_.RunFor(span);
    return workload_->Current();
  }
  static std::string Member(const std::string& body, std::string_view name) {
    const auto root = json::Parse(body);
    EXPECT_TRUE(root) << body;
    const json::Value* value = root ? root->Find(name) : nullptr;
    return value == nullptr ? "" : json::Serialize(*value);
  }

  support::ManualClock clock_;
  support::ManualLoop loop_{clock_};
  FakePods pods_{loop_};
  telemetry::Registry registry_;
  std::unique_ptr<WorkloadMetrics> metrics_ =
      std::make_unique<WorkloadMetrics>(registry_, "coolkit");
  std::string lines_;
  telemetry::Log log_{telemetry::LogFormat::kJson, telemetry::LogLevel::kError, "t", &lines_};
  WorkloadOptions options_;
  std::unique_ptr<Workload> workload_;
};

TEST_F(WorkloadTest, AnswersWhatThePodsDo) {
  Start();
  EXPECT_FALSE(workload_->Current()->usable);
  const auto answer = After(seconds(400));
  ASSERT_TRUE(answer->usable);
  EXPECT_EQ(Member(answer->body, "workload"), "\"coolkit\"");
  EXPECT_EQ(Member(answer->body, "desired_replicas"), "10");
  EXPECT_EQ(Member(answer->body, "load"), "5000");
  EXPECT_EQ(Member(answer->body, "per_pod_target"), "500");
  EXPECT_EQ(Member(answer->body, "reason"), "\"steady\"");
  EXPECT_EQ(Member(answer->body, "stale"), "false");
  EXPECT_EQ(Member(answer->body, "explain"), "");
  EXPECT_THAT(answer->explain_body, HasSubstr("\"candidates\":{\"stable\":10"));
}

TEST_F(WorkloadTest, SlowLyingAndGonePodsCountLikeTheOthers) {
  pods_.pods["10.0.0.1"].mood = FakePods::Mood::kHangs;
  Start();
  After(seconds(100));
  pods_.pods["10.0.0.2"].mood = FakePods::Mood::kLies;
  pods_.pods["10.0.0.3"].mood = FakePods::Mood::kGarbage;
  pods_.pods["10.0.0.4"].mood = FakePods::Mood::kRefuses;
  const auto answer = After(seconds(300));
  ASSERT_TRUE(answer->usable);
  EXPECT_EQ(Member(answer->body, "desired_replicas"), "10");
  EXPECT_THAT(answer->body, HasSubstr("\"discovered\":10,\"reporting\":6"));
}

TEST_F(WorkloadTest, TooFewPodsIsStaleThenNothing) {
  Start();
  ASSERT_TRUE(After(seconds(100))->usable);
  for (int i = 0; i < 6; ++i) {
    pods_.pods["10.0.0." + std::to_string(i)].mood = FakePods::Mood::kRefuses;
  }
  const auto stale = After(seconds(20));
  ASSERT_TRUE(stale->usable);
  EXPECT_EQ(Member(stale->body, "stale"), "true");
  EXPECT_EQ(Member(stale->body, "reason"), "\"stale\"");
  EXPECT_EQ(Member(stale->body, "desired_replicas"), "10");
  const auto gone = After(seconds(30));
  EXPECT_FALSE(gone->usable);
  EXPECT_THAT(gone->why_not, HasSubstr("4 of 10 pods report"));
  for (auto& [host, pod] : pods_.pods) pod.mood = FakePods::Mood::kFine;
  EXPECT_TRUE(After(seconds(20))->usable);
}

TEST_F(WorkloadTest, WithoutNamesTheLastListStands) {
  Start();
  After(seconds(100));
  pods_.resolvable = false;
  const auto answer = After(seconds(100));
  ASSERT_TRUE(answer->usable);
  EXPECT_EQ(Member(answer->body, "stale"), "false");
}

// Two replicas of the scaler look at the same moments and say the same.
TEST_F(WorkloadTest, TwoReplicasAgree) {
  Start();
  loop_.RunFor(milliseconds(1700));  // the other one starts later
  telemetry::Registry registry;
  WorkloadMetrics metrics(registry, "coolkit");
  Workload other(Workload::Parts{loop_, pods_, metrics, log_}, options_);
  other.Start();
  for (int i = 0; i < 30; ++i) {
    pods_.pods["10.0.0." + std::to_string(i % 10)].rate += 40;
    const auto answer = After(seconds(20));
    if (i < 4) continue;
    EXPECT_EQ(Member(answer->body, "desired_replicas"),
              Member(other.Current()->body, "desired_replicas"));
  }
  other.AskToStop();
  loop_.RunFor(seconds(10));
  other.Stop();
}

http::Response Get(Handler& handler, support::ManualLoop& loop, std::string_view target) {
  http::RequestHead head;
  head.method = http::Method::kGet;
  head.method_text = "GET";
  head.target = target;
  http::Request request;
  request.head = &head;
  std::optional<http::Response> response;
  net::Detach(handler.Handle(request, loop),
              [&](http::Response r) { response.emplace(std::move(r)); });
  return std::move(*response);
}

TEST_F(WorkloadTest, TheEndpoint) {
  Start();
  Handler handler({workload_.get()}, registry_, clock_);
  EXPECT_EQ(Get(handler, loop_, "/estimate/coolkit").status, 503);
  After(seconds(100));
  const http::Response good = Get(handler, loop_, "/estimate/coolkit");
  EXPECT_EQ(good.status, 200);
  EXPECT_THAT(good.headers, HasSubstr("Content-Type: application/json"));
  EXPECT_EQ(Get(handler, loop_, "/estimate/coolkit?explain=1").status, 200);
  EXPECT_EQ(Get(handler, loop_, "/estimate/coolkit?x=1").status, 400);
  EXPECT_EQ(Get(handler, loop_, "/estimate/other").status, 404);
  EXPECT_EQ(Get(handler, loop_, "/estimate").status, 200);
  EXPECT_EQ(Get(handler, loop_, "/healthz").status, 200);
  EXPECT_EQ(Get(handler, loop_, "/").status, 404);
  // The loop hangs: what it said last is too old.
  clock_.Advance(seconds(200));
  EXPECT_EQ(Get(handler, loop_, "/estimate/coolkit").status, 503);
}

}  // namespace
}  // namespace coolkit::scaler
