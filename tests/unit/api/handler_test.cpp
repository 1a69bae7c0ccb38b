#include "api/handler.h"

#include "api/openapi.h"
#include "unit/api/fixture.h"

namespace coolkit::api {
namespace {

using testing::HasSubstr;
using testing::Not;

using HandlerTest = ApiTest;

constexpr const char* kTargets[] = {
    "/v1/kv/c/k",        "/v1/kv/c", "/v1/kv/c:batchGet", "/v1/kv/c:batchWrite", "/openapi.json",
    "/errors/not_found", "/"};

// "405 with `Allow` for every method a route does not have (TRACE and unknown ones too; CONNECT
// 501)".
TEST_F(HandlerTest, RefusesMethodsThatARouteDoesNotHave) {
  for (const char* target : kTargets) {
    for (const char* method :
         {"GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "TRACE", "BREW", "get"}) {
      const Route& route = RouteOf(Locate(target).route);
      const bool has = FindOperation(route.id, http::MethodFromText(method)) != nullptr;
      if (has) continue;
      const Seen seen = Send(method, target);
      EXPECT_EQ(seen.status, 405) << method << " " << target;
      EXPECT_EQ(seen["allow"], route.allow);
      EXPECT_EQ(seen.Code(), "method_not_allowed");
      EXPECT_TRUE(seen.before_body);
    }
  }
  EXPECT_EQ(Send("POST", "/v1/kv/c")["allow"], "GET, HEAD, OPTIONS");
  EXPECT_EQ(Send("CONNECT", "example.org:443").Code(), "method_not_implemented");
  EXPECT_EQ(Send("CONNECT", "example.org:443").status, 501);
}

// "OPTIONS on every route and `*`".
TEST_F(HandlerTest, AnswersOptionsEverywhere) {
  for (const char* target : kTargets) {
    const Seen seen = Send("OPTIONS", target);
    EXPECT_EQ(seen.status, 204) << target;
    EXPECT_EQ(seen["allow"], RouteOf(Locate(target).route).allow);
    EXPECT_EQ(seen.body, "");
  }
  EXPECT_EQ(Send("OPTIONS", "*")["allow"], "GET, HEAD, PUT, POST, DELETE, PATCH, OPTIONS");
  EXPECT_EQ(Send("OPTIONS", "/v1/kv/c/k")["accept-patch"],
            "application/merge-patch+json, application/json-patch+json");
  EXPECT_FALSE(Send("OPTIONS", "/v1/kv/c").Has("accept-patch"));
  EXPECT_EQ(Send("OPTIONS", "/nowhere").status, 404);
  EXPECT_EQ(Send("OPTIONS", "/v1/kv/c/").Code(), "invalid_key");
  EXPECT_EQ(Send("OPTIONS", "/v1/kv/C:batchGet").Code(), "invalid_collection");
  EXPECT_EQ(Send("OPTIONS", "/errors/nonsense").status, 404);
}

TEST_F(HandlerTest, AnUnknownPathIs404) {
  for (const char* target : {"/v1", "/v1/kv", "/v2/kv/c/k", "/favicon.ico"}) {
    const Seen seen = Send("GET", target);
    EXPECT_EQ(seen.status, 404) << target;
    EXPECT_EQ(seen.Code(), "no_such_route");
    EXPECT_EQ(seen["cache-control"], "no-store");
  }
}

// "`Expect: 100-continue` is answered after path, size and admission checks".
TEST_F(HandlerTest, ChecksBeforeTheBodyIsAskedFor) {
  const Headers expect = {{"Expect", "100-continue"}};
  const auto with = [&expect](const char* name, const char* value) {
    Headers headers = expect;
    headers.emplace_back(name, value);
    return headers;
  };
  EXPECT_TRUE(Send("PUT", "/v1/kv/c/", expect, "v").before_body);
  EXPECT_TRUE(Send("PUT", "/v1/kv/c/k?tll=1s", expect, "v").before_body);
  EXPECT_TRUE(Send("PUT", "/v1/kv/c/k", with("Content-Encoding", "br"), "v").before_body);
  EXPECT_TRUE(Send("PUT", "/v1/kv/c/k", with("If-Match", "x"), "v").before_body);
  EXPECT_TRUE(Send("PUT", "/v1/kv/c/k", expect, std::string((1 << 20) + 1, 'v')).before_body);
  const Seen patch = Send("PATCH", "/v1/kv/c/k", expect, "{}");
  EXPECT_TRUE(patch.before_body);
  EXPECT_EQ(patch.status, 415);
  EXPECT_TRUE(patch.Has("accept-patch"));
  EXPECT_TRUE(Send("POST", "/v1/kv/c:batchGet", expect, "{}").before_body);
  EXPECT_FALSE(Send("PUT", "/v1/kv/c/k", expect, "v").before_body);
  // A large body is worth the same check without being asked.
  EXPECT_TRUE(Send("PUT", "/v1/kv/c/", {}, std::string(64 * 1024, 'v')).before_body);
  EXPECT_FALSE(Send("PUT", "/v1/kv/c/", {}, "v").before_body);
}

TEST_F(HandlerTest, OtherExpectationsFail) {
  const Seen seen = Send("PUT", "/v1/kv/c/k", {{"Expect", "miracles"}}, "v");
  EXPECT_EQ(seen.status, 417);
  EXPECT_EQ(seen.Code(), "expectation_failed");
  EXPECT_TRUE(seen.before_body);
}

// "413 … have named limits"; "chunked bodies are fine up to the limit".
TEST_F(HandlerTest, SaysHowLargeABodyMayBe) {
  const auto limit = [this](const char* method, const char* target) {
    MadeRequest made(method, target, {{"Content-Type", "application/json"}});
    made.head.chunked = true;
    return handler_.Admit(made.head).body_bytes_max;
  };
  EXPECT_EQ(limit("PUT", "/v1/kv/c/k"), 1u << 20);
  EXPECT_EQ(limit("POST", "/v1/kv/c:batchGet"), 8u << 20);
  EXPECT_EQ(limit("POST", "/v1/kv/c:batchWrite"), 8u << 20);
  EXPECT_EQ(limit("GET", "/v1/kv/c/k"), 16u * 1024);
  const Seen large = Send("PUT", "/v1/kv/c/k", {}, std::string((1 << 20) + 1, 'v'));
  EXPECT_EQ(large.status, 413);
  EXPECT_EQ(large.Code(), "payload_too_large");
  EXPECT_EQ(Put("k", std::string(1 << 20, 'v')).status, 201);
  EXPECT_EQ(Get("k").body.size(), 1u << 20);
  EXPECT_EQ(Send("GET", "/v1/kv/c/k", {}, "a body that means nothing").status, 200);
}

TEST_F(HandlerTest, ServesItsDescription) {
  const Seen seen = Send("GET", "/openapi.json");
  EXPECT_EQ(seen.status, 200);
  EXPECT_EQ(seen["content-type"], "application/json");
  EXPECT_EQ(seen.body, OpenApiJson());
  EXPECT_EQ(Send("HEAD", "/openapi.json").headers, seen.headers);
  EXPECT_EQ(Send("GET", "/openapi.json?x=1").Code(), "invalid_query");
}

// Errors: "`type` (`/errors/{code}`, a page that the service serves)".
TEST_F(HandlerTest, ServesThePageOfEveryTypeItNames) {
  const Seen problem = Get("none");
  const Seen page = Send("GET", std::string(problem.Json().Find("type")->string()));
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page["content-type"], "text/plain; charset=utf-8");
  EXPECT_EQ(page["x-content-type-options"], "nosniff");
  EXPECT_THAT(page.body, HasSubstr("# not_found"));
  for (const char* target : {"/errors/", "/errors/nonsense", "/errors/cancelled", "/errors/%FF"}) {
    EXPECT_EQ(Send("GET", target).Code(), "no_such_route") << target;
  }
}

TEST_F(HandlerTest, ServesAnIndex) {
  const Seen seen = Send("GET", "/");
  EXPECT_EQ(seen.status, 200);
  EXPECT_THAT(seen.body, HasSubstr("/openapi.json"));
  EXPECT_THAT(seen.body, HasSubstr("PUT     /v1/kv/{collection}/{key}"));
}

// The server's own errors look like all others.
TEST_F(HandlerTest, RendersTheServersErrors) {
  const Seen seen =
      See(handler_.RenderError(431, Error{ErrorCode::kHeadersTooLarge, "too many fields", {}}));
  EXPECT_EQ(seen.status, 431);
  EXPECT_EQ(seen.Code(), "headers_too_large");
  EXPECT_EQ(seen.Json().Find("trace_id")->string().size(), 32U);
  const Seen busy = See(handler_.RenderError(503, Error{ErrorCode::kOverloaded, "", {}}));
  EXPECT_EQ(busy["retry-after"], "1");
}

TEST_F(HandlerTest, CountsWhatLeft) {
  const MadeRequest made("GET", "/v1/kv/c/k?x");
  handler_.Observe({&made.head, 200, 120, 450, milliseconds(2)});
  handler_.Observe({nullptr, 400, 10, 300, milliseconds(1)});
  const std::string text = registry_.PrometheusText();
  EXPECT_THAT(text, HasSubstr("coolkit_http_requests_total{route=\"/v1/kv/{collection}/{key}\","
                              "method=\"GET\",code=\"200\"} 1"));
  EXPECT_THAT(text, HasSubstr("{route=\"none\",method=\"OTHER\",code=\"400\"} 1"));
  EXPECT_THAT(log_text_, HasSubstr("\"target\":\"/v1/kv/c/k?x\""));
}

TEST_F(HandlerTest, LogsFaultsWithTheTraceOfTheAnswer) {
  memory_.FailWith(Error{ErrorCode::kStorageError, "disk I/O error", {}});
  const Seen seen = Get("k");
  EXPECT_THAT(log_text_, HasSubstr("\"code\":\"storage_error\""));
  EXPECT_THAT(log_text_, HasSubstr(std::string(seen.Json().Find("trace_id")->string())));
  log_text_.clear();
  Get("k", {{"Cache-Control", "only-if-cached"}});
  EXPECT_THAT(log_text_, Not(HasSubstr("request failed")));
}

class NamedPod : public ApiTest {
 protected:
  static Options Named() {
    Options options;
    options.pod_name = "host \"a\"\r\nX: y:8080/" + std::string(300, 'n');
    return options;
  }
  NamedPod() : ApiTest(Named()) {}
};

TEST_F(NamedPod, ANameBecomesATokenOfTheField) {
  Put("k", "v");
  const std::string status = Get("k")["cache-status"];
  EXPECT_THAT(status, testing::StartsWith("coolkit-host--a---X:-y:8080/nnn"));
  EXPECT_LT(status.size(), 200U);
}

}  // namespace
}  // namespace coolkit::api
