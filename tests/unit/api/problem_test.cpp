#include "api/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "json/value.h"

namespace coolkit::api {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";

// Errors are application/problem+json (RFC 9457): type, title, status, detail, code, retryable,
// trace_id.
TEST(Problem, HasTheMembersOfRfc9457AndOurs) {
  const http::Response response =
      Problem(Error{ErrorCode::kInvalidKey, "the key is \"odd\"", {}}, kTrace);
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.headers, HasSubstr("Content-Type: application/problem+json\r\n"));
  const Result<json::Value> body = json::Parse(response.body.view());
  ASSERT_TRUE(body);
  EXPECT_EQ(body->members().size(), 7U);
  EXPECT_EQ(body->Find("type")->string(), "/errors/invalid_key");
  EXPECT_EQ(body->Find("title")->string(), "The key is not valid");
  EXPECT_EQ(body->Find("status")->number_token(), "400");
  EXPECT_EQ(body->Find("detail")->string(), "the key is \"odd\"");
  EXPECT_EQ(body->Find("code")->string(), "invalid_key");
  EXPECT_FALSE(body->Find("retryable")->bool_value());
  EXPECT_EQ(body->Find("trace_id")->string(), kTrace);
}

TEST(Problem, TellsCachesWhatToDo) {
  const Error error{ErrorCode::kNotFound, "", {}};
  EXPECT_THAT(Problem(error, kTrace).headers, HasSubstr("Cache-Control: no-store\r\n"));
  EXPECT_THAT(Problem(error, kTrace, Caching::kAskAgain).headers,
              HasSubstr("Cache-Control: no-cache\r\n"));
  EXPECT_THAT(Problem(error, kTrace).headers, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(Problem(error, kTrace).headers, HasSubstr("Content-Security-Policy: sandbox\r\n"));
}

TEST(Problem, CarriesRetryAfterWith503InWholeSecondsAtLeastOne) {
  const auto headers = [](ErrorCode code, milliseconds retry_after) {
    return Problem(Error{code, "", retry_after}, kTrace).headers;
  };
  EXPECT_THAT(headers(ErrorCode::kOverloaded, {}), HasSubstr("Retry-After: 1\r\n"));
  EXPECT_THAT(headers(ErrorCode::kOverloaded, milliseconds(2001)), HasSubstr("Retry-After: 3\r\n"));
  EXPECT_THAT(headers(ErrorCode::kDatabaseUnavailable, milliseconds(1)),
              HasSubstr("Retry-After: 1\r\n"));
  EXPECT_THAT(headers(ErrorCode::kNotFound, {}), Not(HasSubstr("Retry-After")));
}

TEST(Problem, AStatusThatTheCallerKnowsStands) {
  const http::Response response =
      ProblemWithStatus(503, Error{ErrorCode::kMalformedRequest, "", {}}, kTrace);
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.headers, HasSubstr("Retry-After: 1\r\n"));
  EXPECT_THAT(response.body.view(), HasSubstr("\"status\":503"));
}

TEST(Problem, HidesWhatOnlyTheProcessKnowsAndWhatIsNoText) {
  const auto internal =
      ProblemBody(Error{ErrorCode::kConnectionClosed, "10.1.2.3 reset", {}}, 503, kTrace);
  EXPECT_THAT(internal, Not(HasSubstr("10.1.2.3")));
  EXPECT_THAT(internal, HasSubstr("\"code\":\"database_unavailable\""));
  const auto bytes = ProblemBody(Error{ErrorCode::kInvalidKey, "\xff", {}}, 400, kTrace);
  EXPECT_TRUE(json::Parse(bytes));
}

}  // namespace
}  // namespace coolkit::api
