#include "ops/handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "json/value.h"
#include "support/manual_loop.h"

namespace coolkit::ops {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

struct Answer {
  int status = 0;
  std::string headers;
  std::string body;
  bool refused = false;  // before the body
};

class HandlerTest : public ::testing::Test {
 protected:
  Options MakeOptions() {
    Options options;
    options.registry = &registry_;
    for (const std::string_view name :
         {kProcessCheck, kCacheCheck, kDatabaseCheck, kServingCheck}) {
      options.checks.push_back({std::string(name), [this, name] {
                                  return failing_ == name ? CheckResult{false, "why not"}
                                                          : CheckResult{};
                                }});
    }
    options.started = [this] { return started_; };
    options.ring = [] { return RingOfOne("default", "pod-1", "127.0.0.1:8080", 16384); };
    return options;
  }

  // What the server does with a request.
  Answer Ask(Handler& handler, http::Method method, std::string_view target,
             std::string_view accept = {}) {
    const std::vector<http::Header> headers{{http::Field::kAccept, "Accept", accept}};
    http::RequestHead head;
    head.method = method;
    head.target = target;
    if (!accept.empty()) head.headers = headers;
    std::optional<http::Response> response;
    http::Admission admission = handler.Admit(head);
    const bool refused = admission.refusal.has_value();
    if (refused) {
      response = std::move(admission.refusal);
    } else {
      http::Request request;
      request.head = &head;
      net::Detach(handler.Handle(request, loop_),
                  [&](http::Response given) { response = std::move(given); });
    }
    http::ExchangeRecord record;
    record.head = &head;
    record.status = response->status;
    handler.Observe(record);
    return {response->status, response->headers, std::string(response->body.view()), refused};
  }
  Answer Get(std::string_view target, std::string_view accept = {}) {
    return Ask(handler_, http::Method::kGet, target, accept);
  }

  support::ManualClock clock_;
  support::ManualLoop loop_{clock_};
  telemetry::Registry registry_;
  std::string_view failing_;
  bool started_ = true;
  Handler handler_{MakeOptions()};
};

TEST_F(HandlerTest, AnswersProbesWithOk) {
  for (const char* target : {"/healthz", "/livez", "/readyz", "/startupz", "/healthz/process",
                             "/healthz/database", "/healthz?exclude=database", "/healthz?"}) {
    const Answer answer = Get(target);
    EXPECT_EQ(answer.status, 200) << target;
    EXPECT_EQ(answer.body, "ok") << target;
    EXPECT_THAT(answer.headers, HasSubstr("Content-Type: text/plain; charset=utf-8\r\n"));
    EXPECT_THAT(answer.headers, HasSubstr("Cache-Control: no-store\r\n"));
    EXPECT_FALSE(answer.refused);
  }
}

// Which probe sees which check: a row per failing check.
TEST_F(HandlerTest, AsksEachProbeForItsOwnChecks) {
  struct Row {
    std::string_view failing;
    std::vector<std::pair<const char*, int>> expected;
  };
  const std::vector<Row> rows{
      {kProcessCheck,
       {{"/healthz", 503},
        {"/livez", 503},
        {"/readyz", 503},
        {"/healthz/process", 503},
        {"/healthz/cache", 200},
        {"/healthz?exclude=process", 200}}},
      {kCacheCheck,
       {{"/healthz", 503}, {"/livez", 200}, {"/readyz", 503}, {"/healthz/cache", 503}}},
      {kDatabaseCheck,
       {{"/healthz", 503},
        {"/livez", 200},
        {"/readyz", 200},
        {"/healthz?exclude=database", 200},
        {"/healthz/process", 200},
        {"/healthz/database", 503}}},
      {kServingCheck,
       {{"/healthz", 503},
        {"/livez", 200},
        {"/readyz", 503},
        {"/healthz?exclude=database", 503},
        {"/healthz?exclude=database&exclude=serving", 200},
        {"/startupz", 200}}},
  };
  for (const Row& row : rows) {
    failing_ = row.failing;
    for (const auto& [target, status] : row.expected) {
      EXPECT_EQ(Get(target).status, status) << row.failing << " " << target;
    }
  }
}

TEST_F(HandlerTest, SaysWhatFailed) {
  failing_ = kDatabaseCheck;
  const Answer plain = Get("/healthz");
  EXPECT_EQ(plain.body, "[-]database failed: why not\nhealthz check failed\n");
  EXPECT_THAT(plain.headers, HasSubstr("Retry-After: 1\r\n"));
  EXPECT_EQ(Get("/healthz?verbose").body,
            "[+]process ok\n[+]cache ok\n[-]database failed: why not\n[+]serving ok\n"
            "healthz check failed\n");
  EXPECT_EQ(Get("/healthz/database?verbose").body,
            "[-]database failed: why not\nhealthz/database check failed\n");
  EXPECT_EQ(Get("/livez?verbose").body, "[+]process ok\nlivez check passed\n");
}

TEST_F(HandlerTest, TurnsNoTypoIntoAnOutage) {
  const Answer answer = Get("/healthz?exclude=databse");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, StartsWith("ok\n"));
  EXPECT_THAT(answer.body, HasSubstr("databse"));
}

TEST_F(HandlerTest, AnswersProbesInJson) {
  failing_ = kCacheCheck;
  const Answer answer = Get("/healthz", "application/json");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.headers, HasSubstr("Content-Type: application/json\r\n"));
  const auto parsed = json::Parse(answer.body);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->Find("status")->string(), "failed");
  EXPECT_EQ(parsed->Find("checks")->items().size(), 4U);
  EXPECT_EQ(Get("/livez", "*/*").body, "ok");
}

TEST_F(HandlerTest, StartsWhenStarted) {
  started_ = false;
  EXPECT_EQ(Get("/startupz").status, 503);
  EXPECT_THAT(Get("/startupz").body, HasSubstr("still starting"));
  EXPECT_EQ(Get("/livez").status, 200);
  started_ = true;
  failing_ = kDatabaseCheck;  // a start that is over stays over
  EXPECT_EQ(Get("/startupz").status, 200);
}

TEST_F(HandlerTest, ServesMetricsInBothFormats) {
  const Answer text = Get("/metrics");
  EXPECT_EQ(text.status, 200);
  EXPECT_THAT(text.headers,
              HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(text.headers, HasSubstr("Vary: Accept\r\n"));
  EXPECT_THAT(text.body, Not(HasSubstr("# EOF")));
  const Answer open_metrics = Get("/metrics", "application/openmetrics-text;version=1.0.0");
  EXPECT_THAT(
      open_metrics.headers,
      HasSubstr("Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"));
  EXPECT_THAT(open_metrics.body, EndsWith("# EOF\n"));
}

TEST_F(HandlerTest, ShowsChecksAsMetrics) {
  failing_ = kDatabaseCheck;
  const std::string text = Get("/metrics").body;
  EXPECT_THAT(text, HasSubstr("\ncoolkit_health_check_status{check=\"database\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("\ncoolkit_health_check_status{check=\"cache\"} 1\n"));
}

TEST_F(HandlerTest, CountsByPathAndCode) {
  EXPECT_THAT(registry_.PrometheusText(),
              HasSubstr("\ncoolkit_ops_requests_total{path=\"/metrics\",code=\"200\"} 0\n"));
  static_cast<void>(Get("/metrics"));
  static_cast<void>(Get("/healthz/cache"));
  static_cast<void>(Get("/healthz/nonsense"));
  static_cast<void>(Get("/a/b/c"));
  static_cast<void>(Get("/x/y?z"));
  http::ExchangeRecord unreadable;
  unreadable.status = 400;
  handler_.Observe(unreadable);
  const std::string text = Get("/metrics").body;
  EXPECT_THAT(text, HasSubstr("\ncoolkit_ops_requests_total{path=\"/metrics\",code=\"200\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\ncoolkit_ops_requests_total{path=\"/healthz\",code=\"200\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\ncoolkit_ops_requests_total{path=\"/healthz\",code=\"404\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\ncoolkit_ops_requests_total{path=\"other\",code=\"404\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("\ncoolkit_ops_requests_total{path=\"other\",code=\"400\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("nonsense")));
}

TEST_F(HandlerTest, ShowsTheRing) {
  const Answer answer = Get("/ring");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.headers, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(answer.body, HasSubstr("\"slots\":16384"));
}

TEST_F(HandlerTest, HasOnlyItsPaths) {
  for (const char* target : {"/", "", "/healthz/", "/healthz/nonsense", "/livez/process", "/other",
                             "/metrics/", "/Metrics", "*", "/healthz/process/x"}) {
    const Answer answer = Get(target);
    EXPECT_EQ(answer.status, 404) << target;
    EXPECT_THAT(answer.headers, HasSubstr("Content-Type: application/problem+json\r\n"));
    EXPECT_THAT(answer.headers, HasSubstr("Cache-Control: no-store\r\n"));
    const auto parsed = json::Parse(answer.body);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->Find("code")->string(), "no_such_route");
    EXPECT_EQ(parsed->Find("status")->number_token(), "404");
  }
}

TEST_F(HandlerTest, RefusesOtherMethodsBeforeTheirBody) {
  for (const http::Method method : {http::Method::kPost, http::Method::kPut, http::Method::kDelete,
                                    http::Method::kTrace, http::Method::kOther}) {
    const Answer answer = Ask(handler_, method, "/metrics");
    EXPECT_EQ(answer.status, 405);
    EXPECT_TRUE(answer.refused);
    EXPECT_THAT(answer.headers, HasSubstr("Allow: GET, HEAD, OPTIONS\r\n"));
    EXPECT_EQ(Ask(handler_, method, "/nothing").status, 404);
  }
  EXPECT_EQ(Ask(handler_, http::Method::kConnect, "host:1").status, 501);
}

TEST_F(HandlerTest, SaysWhatIsAllowed) {
  for (const char* target : {"/metrics", "/healthz/cache", "*"}) {
    const Answer answer = Ask(handler_, http::Method::kOptions, target);
    EXPECT_EQ(answer.status, 204) << target;
    EXPECT_THAT(answer.headers, HasSubstr("Allow: GET, HEAD, OPTIONS\r\n"));
    EXPECT_THAT(answer.body, IsEmpty());
  }
  EXPECT_EQ(Ask(handler_, http::Method::kOptions, "/nothing").status, 404);
}

TEST_F(HandlerTest, AnswersHeadAsGet) {
  EXPECT_EQ(Ask(handler_, http::Method::kHead, "/healthz").body, "ok");
  EXPECT_EQ(Ask(handler_, http::Method::kHead, "/metrics").status, 200);
}

TEST_F(HandlerTest, RendersTheServersErrors) {
  http::Response response =
      handler_.RenderError(503, Error{ErrorCode::kOverloaded, "too many", milliseconds(2500)});
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.headers, HasSubstr("Retry-After: 3\r\n"));
  EXPECT_THAT(std::string(response.body.view()), HasSubstr("\"code\":\"overloaded\""));
  response = handler_.RenderError(400, Error{ErrorCode::kMalformedRequest, "bad \xFF", {}});
  EXPECT_TRUE(json::Parse(response.body.view()));
  EXPECT_THAT(response.headers, Not(HasSubstr("Retry-After")));
}

TEST_F(HandlerTest, LivesWithoutARing) {
  telemetry::Registry registry;
  Options options;
  options.registry = &registry;
  options.checks.push_back({"process", [] { return CheckResult{}; }});
  Handler handler(std::move(options));
  EXPECT_EQ(Ask(handler, http::Method::kGet, "/ring").status, 404);
  EXPECT_EQ(Ask(handler, http::Method::kGet, "/startupz").status, 200);
  EXPECT_EQ(Ask(handler, http::Method::kGet, "/healthz/database").status, 404);
}

TEST(HandlerDeathTest, NeedsTheProcessCheckOnce) {
  telemetry::Registry registry;
  const Check process{"process", [] { return CheckResult{}; }};
  EXPECT_DEATH(Handler(Options{&registry, {}, {}, {}}), "CHECK");
  EXPECT_DEATH(Handler(Options{&registry, {process, process}, {}, {}}), "CHECK");
  EXPECT_DEATH(Handler(Options{nullptr, {process}, {}, {}}), "CHECK");
}

}  // namespace
}  // namespace coolkit::ops
