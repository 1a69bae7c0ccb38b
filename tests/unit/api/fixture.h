// Why: the whole API over the in-memory store, a real cache and a manual clock: what a client sees
// is tested from request to answer, without a socket. Single-threaded.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/handler.h"
#include "json/value.h"
#include "kv/service.h"
#include "store/memory/memory_store.h"
#include "support/manual_loop.h"
#include "unit/api/request_maker.h"

namespace coolkit::api {

// A store that lets the test do something just before each write reaches it.
class HookedStore final : public store::Store {
 public:
  explicit HookedStore(store::Store& inner) : inner_(inner) {}

  Result<void> Start() override { return inner_.Start(); }
  void Stop() override { inner_.Stop(); }
  void Read(std::vector<model::Key> keys, BootTime deadline,
            Completion<Result<store::ReadAnswer>> done) override {
    ++reads;
    inner_.Read(std::move(keys), deadline, std::move(done));
  }
  void Write(store::WriteOp op, BootTime deadline,
             Completion<Result<store::WriteAnswer>> done) override {
    if (before_write) before_write();
    inner_.Write(std::move(op), deadline, std::move(done));
  }
  void WriteAtomic(std::vector<store::WriteOp> ops, BootTime deadline,
                   Completion<Result<store::AtomicAnswer>> done) override {
    if (before_write) before_write();
    inner_.WriteAtomic(std::move(ops), deadline, std::move(done));
  }
  void List(store::ListRequest request, BootTime deadline,
            Completion<Result<store::ListAnswer>> done) override {
    inner_.List(std::move(request), deadline, std::move(done));
  }
  void Poll(std::optional<store::FeedCursor> cursor, BootTime deadline,
            Completion<Result<store::FeedAnswer>> done) override {
    inner_.Poll(std::move(cursor), deadline, std::move(done));
  }
  void Collect(milliseconds retention, std::size_t limit,
               Completion<Result<std::size_t>> done) override {
    inner_.Collect(retention, limit, std::move(done));
  }
  void Prune(store::FeedCursor mark, std::size_t limit,
             Completion<Result<std::size_t>> done) override {
    inner_.Prune(std::move(mark), limit, std::move(done));
  }

  std::function<void()> before_write;
  int reads = 0;

 private:
  store::Store& inner_;
};

// What a client sees.
struct Seen {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case; a repeated one is joined
  std::string body;
  bool before_body = false;  // refused by the head alone

  [[nodiscard]] std::string operator[](const std::string& name) const {
    const auto it = headers.find(name);
    return it == headers.end() ? "" : it->second;
  }
  [[nodiscard]] bool Has(const std::string& name) const { return headers.contains(name); }
  [[nodiscard]] json::Value Json() const {
    Result<json::Value> parsed = json::Parse(body);
    EXPECT_TRUE(parsed) << body;
    return parsed ? *parsed : json::Value();
  }
  // The code of a problem document.
  [[nodiscard]] std::string Code() const {
    EXPECT_EQ((*this)["content-type"], "application/problem+json") << body;
    const json::Value problem = Json();
    const json::Value* code = problem.Find("code");
    return code == nullptr ? "(none)" : std::string(code->string());
  }
};

inline std::string LowerCase(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return text;
}

inline Seen See(http::Response response) {
  Seen seen;
  seen.status = response.status;
  seen.body = response.body.view();
  std::string_view rest = response.headers;
  while (!rest.empty()) {
    const std::size_t end = rest.find("\r\n");
    EXPECT_NE(end, std::string::npos) << "an unfinished line";
    const std::string_view line = rest.substr(0, end);
    const std::size_t colon = line.find(": ");
    EXPECT_NE(colon, std::string::npos) << line;
    std::string& value = seen.headers[LowerCase(std::string(line.substr(0, colon)))];
    EXPECT_TRUE(value.empty()) << "twice: " << line;
    value += line.substr(colon + 2);
    rest.remove_prefix(end + 2);
  }
  return seen;
}

class ApiTest : public testing::Test {
 protected:
  explicit ApiTest(Options options = TestOptions())
      : handler_({service_, registry_, log_, random_, clock_}, std::move(options)) {
    Feed();
  }
  static Options TestOptions() {
    Options options;
    options.pod_name = "pod-1";
    return options;
  }

  // One request as the server handles it: the head first, then the whole.
  Seen Send(const std::string& method, const std::string& target, Headers headers = {},
            std::string body = "") {
    MadeRequest made(method, target, std::move(headers), std::move(body));
    made.head.arrived = clock_.Now();
    http::Admission admission = handler_.Admit(made.head);
    if (admission.refusal) {
      Seen seen = See(std::move(*admission.refusal));
      seen.before_body = true;
      return seen;
    }
    EXPECT_LE(made.request.body.size(), admission.body_bytes_max);
    std::optional<http::Response> answer;
    net::Detach(handler_.Handle(made.request, loop_),
                [&answer](http::Response response) { answer.emplace(std::move(response)); });
    loop_.RunReady();
    while (!answer && loop_.RunNextTimer()) loop_.RunReady();
    EXPECT_TRUE(answer) << "no answer to " << method << " " << target;
    return answer ? See(std::move(*answer)) : Seen{};
  }
  Seen Get(const std::string& key, Headers headers = {}) {
    return Send("GET", "/v1/kv/c/" + key, std::move(headers));
  }
  Seen Put(const std::string& key, const std::string& value, Headers headers = {}) {
    return Send("PUT", "/v1/kv/c/" + key, std::move(headers), value);
  }
  Seen Post(const std::string& method, const std::string& body, Headers headers = {}) {
    headers.emplace_back("Content-Type", "application/json");
    return Send("POST", "/v1/kv/c:" + method, std::move(headers), body);
  }

  // The feed catches up with the store, proven at this moment (R2).
  void Feed() {
    memory_.Poll(cursor_, kNever, [this](Result<store::FeedAnswer> answer) {
      ASSERT_TRUE(answer);
      const store::Snapshot& at = answer->snapshot;
      if (answer->gap) {
        cache_.Reset(at.incarnation, at.position);
      } else {
        cache_.Apply(answer->changes, at.position);
      }
      state_.Publish(at.incarnation, at.position, {at.sent_at, at.db_now});
      cache_.Settle(at.position, at.sent_at);
      cursor_ = answer->next;
    });
    loop_.RunReady();
  }

  support::ManualClock clock_;
  support::ManualLoop loop_{clock_};
  store::MemoryStore memory_{loop_, {}};
  HookedStore store_{memory_};
  telemetry::Registry registry_;
  kv::Metrics kv_metrics_{registry_};
  cache::Cache cache_{{.bytes_max = 64u << 20}};
  cache::Flights flights_{{}};
  feed::State state_;
  kv::Service service_{{cache_, flights_, store_, state_, kv_metrics_, clock_}, {}};
  std::string log_text_;
  telemetry::Log log_{telemetry::LogFormat::kJson, telemetry::LogLevel::kDebug, "pod-1",
                      &log_text_};
  SeededRandom random_{11};
  Handler handler_;
  std::optional<store::FeedCursor> cursor_;
};

}  // namespace coolkit::api
