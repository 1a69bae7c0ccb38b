// A load against a scripted service over pipes, on a manual clock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "bench/history_reader.h"
#include "bench/load_client.h"
#include "bench/load_report.h"
#include "support/manual_loop.h"
#include "support/pipe_connection.h"
#include "unit/bench/model_history.h"

namespace coolkit::bench {
namespace {

using support::ManualClock;
using support::ManualLoop;
using support::PipeConnection;
using testing::HasSubstr;

class TextSink final : public HistorySink {
 public:
  Result<void> Write(std::string_view bytes) override {
    text += bytes;
    return {};
  }
  std::string text;
};

// Answers every request after `delay` with what `answer` makes of it.
class Service {
 public:
  explicit Service(ManualLoop& loop) : loop_(loop) {}

  Connect MakeConnect() {
    return [this](std::size_t target, BootTime /*deadline*/,
                  Completion<Result<std::unique_ptr<net::Connection>>> done) {
      ++connects[target];
      if (refuse) return done(Fail(ErrorCode::kConnectionClosed, "refused"));
      auto pair = PipeConnection::Make(loop_);
      ends_.push_back(std::move(pair.second));
      done(std::unique_ptr<net::Connection>(std::move(pair.first)));
    };
  }

  // Looks for requests and answers them, in simulated steps of `step`.
  void RunFor(nanoseconds span, nanoseconds step = microseconds(100)) {
    const BootTime end = loop_.Now() + span;
    while (loop_.Now() < end) {
      for (const auto& connection : ends_) Take(*connection);
      loop_.RunFor(step);
    }
  }

  milliseconds delay{1};
  bool refuse = false;
  bool silent = false;
  std::function<std::string(const std::string& head)> answer = [](const std::string& head) {
    return head.starts_with("GET") ? "HTTP/1.1 404 N\r\nContent-Length: 0\r\n\r\n"
                                   : "HTTP/1.1 204 N\r\nETag: \"5\"\r\n\r\n";
  };
  std::map<std::size_t, int> connects;
  std::vector<std::string> requests;

 private:
  void Take(PipeConnection& connection) {
    std::string& input = inputs_[&connection];
    input += connection.TakeReceived();
    for (;;) {
      const std::size_t end = input.find("\r\n\r\n");
      if (end == std::string::npos) return;
      const std::string head = input.substr(0, end + 4);
      std::size_t body = 0;
      const std::size_t length = head.find("Content-Length: ");
      if (length != std::string::npos) body = std::stoul(head.substr(length + 16));
      if (input.size() < head.size() + body) return;
      requests.push_back(input.substr(0, head.size() + body));
      input.erase(0, head.size() + body);
      if (silent) continue;
      PipeConnection* to = &connection;
      const std::string text = answer(head);
      static_cast<void>(loop_.At(loop_.Now() + delay, [to, text] { to->Send(text); }));
    }
  }

  ManualLoop& loop_;
  std::vector<std::unique_ptr<PipeConnection>> ends_;
  std::map<PipeConnection*, std::string> inputs_;
};

class LoadTest : public testing::Test {
 protected:
  LoadTest() {
    options.targets = {{"one:80", ""}};
    options.mix = ParseMix("get=1").value();
    options.keys = 10;
    options.timeout = seconds(2);
  }

  void Start(unsigned clients, double rate, milliseconds duration, std::uint64_t calls = 0) {
    thread = std::make_unique<LoadThread>(loop, options, clients, 0, service.MakeConnect(),
                                          file ? &*file : nullptr);
    begin_ns = loop.Now().time_since_epoch().count();
    const std::int64_t end_ns = begin_ns + nanoseconds(duration).count();
    thread->Run(std::make_unique<MixSource>(options, MakeKeyChoice(options.law, options.keys), 1),
                Schedule(rate, begin_ns, end_ns, calls), begin_ns, milliseconds(100),
                [this] { ended = true; });
  }

  // To its end, with a little time for the last answers.
  void Finish() {
    for (int i = 0; i < 500 && !ended; ++i) service.RunFor(milliseconds(10));
    ASSERT_TRUE(ended);
    thread->Close();
    ASSERT_TRUE(!file || file->Finish());
  }

  History Recorded() {
    History history;
    const auto summary = ReadBinaryHistory(sink.text, SerialWorkers(), history);
    EXPECT_TRUE(summary && !summary->cut_off);
    return history;
  }

  ManualClock clock;
  ManualLoop loop{clock};
  Service service{loop};
  LoadOptions options;
  TextSink sink;
  std::optional<HistoryFile> file;
  std::unique_ptr<LoadThread> thread;
  std::int64_t begin_ns = 0;
  bool ended = false;
};

TEST_F(LoadTest, ClosedLoopAsksAgainOnceAnswered) {
  Start(2, 0, milliseconds(100));
  service.RunFor(milliseconds(200));
  ASSERT_TRUE(ended);
  // Each answer takes a millisecond and a step or two.
  EXPECT_GE(thread->stats().good(), 140U);
  EXPECT_LE(thread->stats().good(), 202U);
  EXPECT_EQ(thread->stats().good(), service.requests.size());
  EXPECT_EQ(service.connects[0], 2);
  EXPECT_GE(thread->stats().latency(Call::kGet).Quantile(0.5), 1'000'000);
  EXPECT_LE(thread->stats().latency(Call::kGet).max_ns(), 1'500'000);
  EXPECT_EQ(thread->stats().status(404), thread->stats().good());
  Finish();
}

TEST_F(LoadTest, OpenLoopCountsFromWhenACallWasDue) {
  // One client, a call due every 10 ms, and a service that stalls once for half a second: the
  // calls that were due meanwhile have waited, each less than the one before.
  bool stalled = false;
  service.answer = [&](const std::string&) {
    service.delay = milliseconds(!stalled && service.requests.size() == 20 ? 500 : 1);
    stalled = stalled || service.requests.size() == 20;
    return "HTTP/1.1 404 N\r\nContent-Length: 0\r\n\r\n";
  };
  Start(1, 100, milliseconds(2000));
  Finish();
  EXPECT_EQ(thread->stats().good(), 200U);
  EXPECT_EQ(thread->stats().unsent(), 0U);
  const Histogram& latency = thread->stats().latency(Call::kGet);
  EXPECT_GE(latency.max_ns(), 500'000'000);
  // About 50 of 200 had waited; a client that only counts from its own sends would see one.
  EXPECT_GE(latency.Quantile(0.80), 20'000'000);
  EXPECT_LE(latency.Quantile(0.60), 5'000'000);
}

TEST_F(LoadTest, OpenLoopTellsWhatItCouldNotSend) {
  service.delay = milliseconds(100);
  Start(1, 100, milliseconds(1000));
  Finish();
  const std::uint64_t sent = thread->stats().good();
  EXPECT_GE(sent, 9U);
  EXPECT_LE(sent, 11U);
  EXPECT_EQ(sent + thread->stats().unsent(), 100U);
}

TEST_F(LoadTest, OpenLoopIsEvenlySpaced) {
  Start(4, 50, milliseconds(1000));
  service.RunFor(milliseconds(500));
  EXPECT_NEAR(static_cast<double>(service.requests.size()), 25, 1);
  Finish();
  EXPECT_EQ(service.requests.size(), 50U);
}

TEST_F(LoadTest, AConnectionThatWasIdleForLongIsNotUsedAgain) {
  Start(1, 1, milliseconds(3000));  // every second
  Finish();
  EXPECT_EQ(service.requests.size(), 3U);
  EXPECT_EQ(service.connects[0], 3);
}

TEST_F(LoadTest, AConnectionThatIsUsedStays) {
  Start(1, 10, milliseconds(3000));
  Finish();
  EXPECT_EQ(service.connects[0], 1);
}

TEST_F(LoadTest, EndsAfterSoManyCalls) {
  Start(3, 0, milliseconds(10'000), 25);
  Finish();
  EXPECT_EQ(service.requests.size(), 25U);
}

TEST_F(LoadTest, PipelineKeepsSomeUnderWay) {
  options.pipeline = 8;
  service.delay = milliseconds(10);
  Start(1, 0, milliseconds(100));
  Finish();
  EXPECT_GE(thread->stats().good(), 72U);
  EXPECT_LE(thread->stats().good(), 88U);
}

TEST_F(LoadTest, TargetsAreChosenPerClientOrPerCall) {
  options.targets.push_back({"two:80", "/prefix"});
  Start(2, 0, milliseconds(20));
  Finish();
  EXPECT_EQ(service.connects[0], 1);
  EXPECT_EQ(service.connects[1], 1);
  EXPECT_THAT(service.requests, testing::Contains(HasSubstr("GET /prefix/v1/kv/bench/k0000000")));
  EXPECT_THAT(service.requests, testing::Contains(HasSubstr("\r\nHost: one:80\r\n")));
  ended = false;
  options.random_target = true;
  Start(1, 0, milliseconds(100));
  Finish();
  EXPECT_EQ(service.connects[0], 2);
  EXPECT_EQ(service.connects[1], 2);
}

TEST_F(LoadTest, FailuresHaveKinds) {
  service.refuse = true;
  Start(1, 0, milliseconds(200));
  service.RunFor(milliseconds(90));
  EXPECT_EQ(thread->TakeProgress().failed, 2U);
  service.refuse = false;
  service.RunFor(milliseconds(30));
  service.answer = [](const std::string&) { return "nonsense\r\n\r\n"; };
  service.RunFor(milliseconds(20));
  service.answer = [](const std::string&) {
    return "HTTP/1.1 503 N\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  };
  service.RunFor(milliseconds(20));
  service.silent = true;
  Finish();
  const LoadStats& stats = thread->stats();
  EXPECT_EQ(stats.failures(Failure::kConnect), 2U);
  EXPECT_GE(stats.failures(Failure::kMalformed), 5U);
  EXPECT_GE(stats.status(503), 5U);
  EXPECT_EQ(stats.failures(Failure::kTimeout), 1U);
  EXPECT_GT(stats.good(), 5U);
}

TEST_F(LoadTest, StopEndsEarly) {
  Start(2, 10, milliseconds(60'000));
  service.RunFor(milliseconds(450));
  thread->Stop();
  service.RunFor(milliseconds(50));
  EXPECT_TRUE(ended);
  EXPECT_EQ(service.requests.size(), 5U);
  thread->Close();
}

TEST_F(LoadTest, RecordsWhatWasAskedAndLearnt) {
  file.emplace(sink);
  options.mix = ParseMix("get=1,put=1,delete=1,session=1").value();
  std::int64_t position = 40;
  service.answer = [&](const std::string& head) {
    const std::string token =
        "Coolkit-Position: " + std::string(kTestIncarnation) + ":" + std::to_string(++position);
    if (head.starts_with("GET")) {
      return "HTTP/1.1 200 N\r\nContent-Length: 5\r\nETag: \"9\"\r\n" + token + "\r\n\r\nhello";
    }
    if (head.starts_with("PUT"))
      return "HTTP/1.1 201 N\r\nETag: \"9\"\r\nContent-Length: 0\r\n" + token + "\r\n\r\n";
    return std::string("HTTP/1.1 504 N\r\nContent-Length: 0\r\n\r\n");
  };
  Start(1, 0, milliseconds(200));
  Finish();
  const History history = Recorded();
  EXPECT_EQ(history.size(), service.requests.size());
  std::map<std::pair<Kind, Outcome>, int> seen;
  int sessions = 0;
  for (std::uint32_t shard = 0; shard < History::kShards; ++shard) {
    for (const Operation& operation : history.Shard(shard)) {
      ++seen[{operation.kind, operation.outcome}];
      EXPECT_GE(operation.end_ns - operation.start_ns, 1'000'000);
      if (operation.kind == Kind::kGet) {
        EXPECT_EQ(operation.digest, DigestOf("hello"));
        EXPECT_EQ(operation.version, 9);
      }
      EXPECT_EQ(operation.digest != 0, operation.kind != Kind::kDelete);
      EXPECT_EQ(operation.received_incarnation, operation.kind == Kind::kDelete ? 0 : 1);
      if (operation.given_incarnation != 0) {
        ++sessions;
        EXPECT_LT(operation.given_position, operation.received_position);
      }
    }
  }
  EXPECT_EQ(seen.size(), 3U);
  EXPECT_GT((seen[{Kind::kDelete, Outcome::kUnknown}]), 10);
  EXPECT_GT((seen[{Kind::kPut, Outcome::kOk}]), 10);
  EXPECT_GT(sessions, 10);
}

TEST_F(LoadTest, ItemsOfABatchAreOperations) {
  file.emplace(sink);
  options.mix = ParseMix("batch-put=1").value();
  options.batch_size = 3;
  service.answer = [](const std::string&) {
    const std::string body = R"({"items":[{"key":"a","status":201,"version":"7"},)"
                             R"({"key":"b","status":503,"code":"overloaded"},)"
                             R"({"key":"c","status":504,"code":"outcome_unknown"}]})";
    return "HTTP/1.1 200 N\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  };
  Start(1, 0, milliseconds(10'000), 4);
  Finish();
  const History history = Recorded();
  std::map<Outcome, int> outcomes;
  for (std::uint32_t shard = 0; shard < History::kShards; ++shard) {
    for (const Operation& operation : history.Shard(shard)) {
      ++outcomes[operation.outcome];
      EXPECT_TRUE(operation.Has(kBatchMark));
      EXPECT_EQ(operation.version, operation.outcome == Outcome::kOk ? 7 : 0);
    }
  }
  EXPECT_EQ(outcomes, (std::map<Outcome, int>{
                          {Outcome::kOk, 4}, {Outcome::kFailed, 4}, {Outcome::kUnknown, 4}}));
}

TEST_F(LoadTest, ReportsSayTheSame) {
  Start(2, 100, milliseconds(1000));
  Finish();
  const LoadReport report{options, thread->stats(), 1.0, false, 0, "uniform"};
  EXPECT_THAT(LoadText(report), HasSubstr("  get               100       100"));
  EXPECT_THAT(LoadText(report), HasSubstr("no failures"));
  EXPECT_THAT(LoadJson(report), HasSubstr("\"answers\":100,\"failed\":0,"));
  EXPECT_THAT(LoadSvg(report), HasSubstr("100 answers/s"));
}

TEST(CallTest, MixesAreRead) {
  const Mix mix = ParseMix("get=1.5,batch-put=2").value();
  EXPECT_EQ(mix[static_cast<std::size_t>(Call::kGet)], 1.5);
  EXPECT_EQ(mix[static_cast<std::size_t>(Call::kBatchPut)], 2);
  for (const std::string_view wrong :
       {"", "get", "get=", "get=0", "get=-1", "get=x", "post=1", "get=1,,put=1", "get=inf", "=1"}) {
    EXPECT_FALSE(ParseMix(wrong)) << wrong;
  }
}

TEST(CallTest, MixHasItsShares) {
  LoadOptions options;
  options.mix = ParseMix("get=3,put=1").value();
  MixSource source(options, MakeKeyChoice({}, 10), 5);
  std::map<Call, int> drawn;
  Plan plan;
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(source.Next(plan));
    ++drawn[plan.call];
  }
  EXPECT_EQ(drawn.size(), 2U);
  EXPECT_NEAR(drawn[Call::kGet], 7500, 200);
}

TEST(CallTest, EveryKeyOnce) {
  EveryKeySource source(Call::kBatchGet, 5, 12, 3);
  Plan plan;
  std::vector<std::uint32_t> keys;
  while (source.Next(plan)) {
    EXPECT_TRUE(plan.strong);
    keys.insert(keys.end(), plan.keys.begin(), plan.keys.end());
  }
  EXPECT_EQ(keys, (std::vector<std::uint32_t>{5, 6, 7, 8, 9, 10, 11}));
}

TEST(ValueMakerTest, SizesAndShapes) {
  LoadOptions options;
  options.value_bytes_min = 40;
  options.value_bytes_max = 60;
  ValueMaker plain(options, 1);
  std::string last;
  for (int i = 0; i < 1000; ++i) {
    const std::string value(plain.Next());
    EXPECT_GE(value.size(), 40U);
    EXPECT_LE(value.size(), 60U);
    EXPECT_NE(value.substr(0, 16), last.substr(0, std::min<std::size_t>(16, last.size())));
    last = value;
  }
  options.mix[static_cast<std::size_t>(Call::kPatch)] = 1;
  ValueMaker json(options, 1);
  const std::string value(json.Next());
  EXPECT_TRUE(value.starts_with("{\"id\":\"") && value.ends_with("\"}")) << value;
  EXPECT_GE(value.size(), 40U);
}

}  // namespace
}  // namespace coolkit::bench
