#include "api/item_read.h"

#include "unit/api/fixture.h"

namespace coolkit::api {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

using ItemRead = ApiTest;

// GET: "the bytes, `ETag`, `Last-Modified`, `Content-Type`, …".
TEST_F(ItemRead, GivesTheBytesAndTheirFields) {
  const Seen put = Put("k", std::string("a\0b", 3), {{"Content-Type", "text/x; v=\"1\""}});
  ASSERT_EQ(put.status, 201);
  const Seen got = Get("k");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, std::string("a\0b", 3));
  EXPECT_EQ(got["content-type"], "text/x; v=\"1\"");
  EXPECT_EQ(got["etag"], put["etag"]);
  EXPECT_THAT(got["etag"], MatchesRegex("\"[1-9][0-9]*\""));
  EXPECT_THAT(got["last-modified"], MatchesRegex("[A-Z][a-z][a-z], .* GMT"));
  EXPECT_EQ(got["accept-ranges"], "none");
  EXPECT_EQ(got["cache-control"], "no-cache");
  EXPECT_EQ(got["x-content-type-options"], "nosniff");
  EXPECT_EQ(got["content-security-policy"], "sandbox");
  EXPECT_THAT(got["server-timing"], MatchesRegex("total;dur=[0-9]+\\.[0-9][0-9][0-9]"));
  EXPECT_FALSE(got.Has("coolkit-ttl-ms"));
  EXPECT_FALSE(got.Has("content-encoding"));
}

TEST_F(ItemRead, GivesLastModifiedByTheDatabasesClock) {
  Put("k", "v");
  EXPECT_EQ(Get("k")["last-modified"], "Tue, 14 Nov 2023 22:30:00 GMT");
}

// "HEAD has GET's headers" (the server leaves out the body).
TEST_F(ItemRead, HeadHasTheHeadersOfGet) {
  Put("k", "value");
  Feed();
  const Seen got = Get("k");
  const Seen head = Send("HEAD", "/v1/kv/c/k");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers, got.headers);
  EXPECT_EQ(Send("HEAD", "/v1/kv/c/none").headers["content-type"], "application/problem+json");
}

TEST_F(ItemRead, AnEmptyValueIsAValue) {
  EXPECT_EQ(Put("k", "").status, 201);
  const Seen got = Get("k");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, "");
}

TEST_F(ItemRead, AnAbsentKeyIs404ThatMustBeAskedForAgain) {
  const Seen got = Get("none");
  EXPECT_EQ(got.status, 404);
  EXPECT_EQ(got.Code(), "not_found");
  EXPECT_EQ(got["cache-control"], "no-cache");
  EXPECT_TRUE(got.Has("coolkit-position"));
  EXPECT_FALSE(got.Has("etag"));
}

// Cache-Status (RFC 9211): "named by pod"; Age and Coolkit-Staleness-Ms only from the cache.
TEST_F(ItemRead, SaysWhereTheAnswerCameFrom) {
  Put("k", "v");
  cache_.Reset(state_.Read().incarnation, state_.Read().applied);
  Feed();
  const Seen miss = Get("k");
  EXPECT_THAT(miss["cache-status"], StartsWith("coolkit-pod-1; fwd=uri-miss"));
  EXPECT_FALSE(miss.Has("age"));
  EXPECT_FALSE(miss.Has("coolkit-staleness-ms"));
  clock_.Advance(milliseconds(12) + nanoseconds(1));
  const Seen hit = Get("k");
  EXPECT_EQ(hit["cache-status"], "coolkit-pod-1; hit");
  EXPECT_EQ(hit["age"], "0");
  EXPECT_EQ(hit["coolkit-staleness-ms"], "13");
}

TEST_F(ItemRead, AMissIsStoredAndSaysSo) {
  Put("k", "v");
  Feed();
  cache_.Reset(state_.Read().incarnation, state_.Read().applied);
  EXPECT_EQ(Get("k")["cache-status"], "coolkit-pod-1; fwd=uri-miss; stored");
  EXPECT_EQ(Get("none")["cache-status"], "coolkit-pod-1; fwd=uri-miss; stored");
  EXPECT_EQ(Get("none")["cache-status"], "coolkit-pod-1; hit");
}

TEST_F(ItemRead, WhatCannotBeProvenIsRevalidated) {
  Put("k", "v");
  Feed();
  clock_.Advance(milliseconds(251));
  EXPECT_THAT(Get("k")["cache-status"], StartsWith("coolkit-pod-1; fwd=stale"));
}

// Freshness: "`Cache-Control: no-cache` or `max-age=0` = strong (G4)".
TEST_F(ItemRead, NoCacheReadsTheDatabase) {
  Put("k", "v");
  Feed();
  const int before = store_.reads;
  for (const char* value : {"no-cache", "max-age=0"}) {
    const Seen got = Get("k", {{"Cache-Control", value}});
    EXPECT_EQ(got.status, 200);
    EXPECT_THAT(got["cache-status"], StartsWith("coolkit-pod-1; fwd=request"));
  }
  EXPECT_EQ(store_.reads, before + 2);
}

// Freshness: "`max-age=N` = at most N seconds stale; `Coolkit-Max-Staleness-Ms: N` tightens B".
TEST_F(ItemRead, ATighterBoundReadsTheDatabase) {
  Put("k", "v");
  Feed();
  clock_.Advance(milliseconds(100));
  EXPECT_EQ(Get("k", {{"Coolkit-Max-Staleness-Ms", "100"}})["cache-status"], "coolkit-pod-1; hit");
  EXPECT_EQ(Get("k", {{"Cache-Control", "max-age=1"}})["cache-status"], "coolkit-pod-1; hit");
  EXPECT_THAT(Get("k", {{"Coolkit-Max-Staleness-Ms", "99"}})["cache-status"],
              HasSubstr("fwd=stale"));
}

// Freshness: "`only-if-cached` answers 504 rather than ask the database".
TEST_F(ItemRead, OnlyIfCachedNeverAsksTheDatabase) {
  const int before = store_.reads;
  const Seen got = Get("k", {{"Cache-Control", "only-if-cached"}});
  EXPECT_EQ(got.status, 504);
  EXPECT_EQ(got.Code(), "not_cached");
  EXPECT_EQ(got["cache-control"], "no-store");
  EXPECT_EQ(store_.reads, before);
  Put("k", "v");
  Feed();
  EXPECT_EQ(Get("k", {{"Cache-Control", "only-if-cached"}}).status, 200);
}

// Freshness: "`no-store` reads the database and stores nothing".
TEST_F(ItemRead, NoStoreStoresNothing) {
  Put("k", "v");
  Feed();
  cache_.Reset(state_.Read().incarnation, state_.Read().applied);
  const Seen got = Get("k", {{"Cache-Control", "no-store"}});
  EXPECT_EQ(got["cache-status"], "coolkit-pod-1; fwd=request");
  EXPECT_EQ(Get("k", {{"Cache-Control", "only-if-cached"}}).status, 504);
}

// Freshness: outage mode is marked, `stale-if-error=N` bounds it.
TEST_F(ItemRead, WhileTheDatabaseIsAwayAnswersAreStaleAndSaySo) {
  Put("k", "v");
  Feed();
  clock_.Advance(milliseconds(2'500));
  memory_.FailWith(Error{ErrorCode::kDatabaseUnavailable, "gone", {}});
  const Seen got = Get("k");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got["cache-status"], "coolkit-pod-1; hit; ttl=-3; detail=stale");
  EXPECT_EQ(got["age"], "2");
  EXPECT_EQ(got["coolkit-staleness-ms"], "2500");
  EXPECT_TRUE(got.Has("coolkit-position"));
  EXPECT_EQ(Get("k", {{"Cache-Control", "stale-if-error=3"}}).status, 200);
  for (const char* value : {"stale-if-error=2", "stale-if-error=0", "max-age=2", "no-cache"}) {
    const Seen refused = Get("k", {{"Cache-Control", value}});
    EXPECT_EQ(refused.status, 503) << value;
    EXPECT_EQ(refused.Code(), "database_unavailable");
    EXPECT_EQ(refused["retry-after"], "1");
  }
}

// Freshness: "`Coolkit-Position` = session (G3; a malformed one is 400, one of another incarnation
// reads the database)".
TEST_F(ItemRead, APositionMakesReadsMonotonic) {
  Put("k", "v1");
  Feed();
  Get("k");
  const Seen put = Put("other", "v");
  const std::string position = put["coolkit-position"];
  // The feed has not shown the write yet: memory can't prove that it includes it.
  EXPECT_THAT(Get("k", {{"Coolkit-Position", position}})["cache-status"], HasSubstr("fwd="));
  Feed();
  const Seen hit = Get("k", {{"Coolkit-Position", position}});
  EXPECT_EQ(hit["cache-status"], "coolkit-pod-1; hit");
  EXPECT_EQ(hit["coolkit-position"], position);  // never goes back
  EXPECT_EQ(Get("k", {{"Coolkit-Position", "1.2.3:4"}}).Code(), "invalid_position");
}

TEST_F(ItemRead, APositionOfAnotherLifeReadsTheDatabase) {
  Put("k", "v");
  Feed();
  const std::string stranger = "17.5.000102030405060708090a0b0c0d0e0f.99:42";
  const Seen got = Get("k", {{"Coolkit-Position", stranger}});
  EXPECT_EQ(got.status, 200);
  EXPECT_THAT(got["cache-status"], HasSubstr("fwd="));
  EXPECT_NE(got["coolkit-position"], stranger);
}

// "`If-None-Match` gives 304".
TEST_F(ItemRead, IfNoneMatchGives304WithoutABody) {
  const std::string tag = Put("k", "v", {{"Content-Type", "text/plain"}})["etag"];
  for (const std::string& value : {tag, "W/" + tag, "\"x\", " + tag, std::string("*")}) {
    const Seen got = Get("k", {{"If-None-Match", value}});
    EXPECT_EQ(got.status, 304) << value;
    EXPECT_EQ(got.body, "");
    EXPECT_EQ(got["etag"], tag);
    EXPECT_EQ(got["cache-control"], "no-cache");
    EXPECT_TRUE(got.Has("coolkit-position"));
    EXPECT_TRUE(got.Has("cache-status"));
    EXPECT_TRUE(got.Has("last-modified"));
    EXPECT_FALSE(got.Has("content-type"));
  }
  EXPECT_EQ(Get("k", {{"If-None-Match", "\"1\""}}).status, 200);
}

TEST_F(ItemRead, AFailedIfMatchIs412) {
  const std::string tag = Put("k", "v")["etag"];
  EXPECT_EQ(Get("k", {{"If-Match", tag}}).status, 200);
  const Seen got = Get("k", {{"If-Match", "\"1\""}});
  EXPECT_EQ(got.status, 412);
  EXPECT_EQ(got.Code(), "precondition_failed");
  EXPECT_EQ(got["cache-control"], "no-cache");
  EXPECT_TRUE(got.Has("coolkit-position"));
  EXPECT_EQ(Get("k", {{"If-Match", "7"}}).Code(), "invalid_header");
  EXPECT_EQ(Get("none", {{"If-Match", "*"}}).status, 404);
}

TEST_F(ItemRead, ConditionsOnDates) {
  Put("k", "v");
  const std::string date = Get("k")["last-modified"];
  EXPECT_EQ(Get("k", {{"If-Modified-Since", date}}).status, 304);
  EXPECT_EQ(Get("k", {{"If-Unmodified-Since", date}}).status, 200);
  EXPECT_EQ(Get("k", {{"If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"}}).status, 412);
}

TEST_F(ItemRead, ShowsTheTimeLeft) {
  Send("PUT", "/v1/kv/c/k?ttl=90s", {}, "v");
  Feed();
  clock_.Advance(milliseconds(200));
  const Seen got = Get("k");
  EXPECT_EQ(got["cache-status"], "coolkit-pod-1; hit");
  EXPECT_EQ(got["coolkit-ttl-ms"], "89800");
  clock_.Advance(seconds(90));
  Feed();
  EXPECT_EQ(Get("k").status, 404);
}

// "`traceparent` taken in and passed on".
TEST_F(ItemRead, KeepsTheTrace) {
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const Seen got = Get("k", {{"traceparent", "00-" + trace + "-00f067aa0ba902b7-01"}});
  EXPECT_THAT(got["traceparent"], MatchesRegex("00-" + trace + "-[0-9a-f]+-01"));
  EXPECT_THAT(got["traceparent"], Not(HasSubstr("00f067aa0ba902b7")));
  EXPECT_EQ(got.Json().Find("trace_id")->string(), trace);
  EXPECT_FALSE(Get("k").Has("traceparent"));
  EXPECT_FALSE(Get("k", {{"traceparent", "garbage"}}).Has("traceparent"));
}

TEST_F(ItemRead, RefusesBadKeysAndQueries) {
  EXPECT_EQ(Get("").Code(), "invalid_key");
  EXPECT_EQ(Get("a/../b").Code(), "invalid_key");
  EXPECT_EQ(Get("%FF").Code(), "invalid_key");
  EXPECT_EQ(Get("k?ttl=1s").Code(), "invalid_query");
  EXPECT_EQ(Send("GET", "/v1/kv/UPPER/k").Code(), "invalid_collection");
  EXPECT_EQ(Get("")["cache-control"], "no-store");
}

TEST_F(ItemRead, AKeyMayLookLikeACustomMethod) {
  EXPECT_EQ(Put("x:batchGet", "v").status, 201);
  EXPECT_EQ(Get("x:batchGet").body, "v");
  EXPECT_EQ(Get("x%3AbatchGet").body, "v");
}

// Errors: 503 and 504 of a read.
TEST_F(ItemRead, ARefusalOfTheStoreKeepsItsCode) {
  const std::vector<std::pair<ErrorCode, int>> statuses = {
      {ErrorCode::kOverloaded, 503},
      {ErrorCode::kStorageError, 500},
      {ErrorCode::kDeadlineExceeded, 504},
      {ErrorCode::kDraining, 503},
  };
  for (const auto& [code, status] : statuses) {
    memory_.FailWith(Error{code, "why", {}});
    const Seen got = Get("k");
    EXPECT_EQ(got.status, status);
    EXPECT_EQ(got.Code(), ErrorCodeName(code));
    EXPECT_EQ(got.Has("retry-after"), status == 503);
  }
}

TEST_F(ItemRead, ARequestHasATimeLimit) {
  MadeRequest made("GET", "/v1/kv/c/k");
  made.head.arrived = clock_.Now() - std::chrono::seconds(11);
  std::optional<http::Response> answer;
  net::Detach(handler_.Handle(made.request, loop_),
              [&answer](http::Response response) { answer.emplace(std::move(response)); });
  loop_.RunReady();
  while (!answer && loop_.RunNextTimer()) loop_.RunReady();
  ASSERT_TRUE(answer);
  EXPECT_EQ(See(std::move(*answer)).Code(), "deadline_exceeded");
}

// Plain SQL may write any content type; none may end the field.
TEST_F(ItemRead, AContentTypeThatIsNoFieldValueIsNotSent) {
  store::WriteOp op;
  op.key = model::Key("c", "k");
  op.value = std::make_shared<const std::string>("v");
  op.content_type = "text/html\r\nSet-Cookie: a=b";
  memory_.Write(op, kNever, [](const Result<store::WriteAnswer>& answer) { EXPECT_TRUE(answer); });
  loop_.RunReady();
  const Seen got = Get("k");
  EXPECT_EQ(got["content-type"], "application/octet-stream");
  EXPECT_FALSE(got.Has("set-cookie"));
}

TEST_F(ItemRead, AHitWaitsForNothing) {
  Put("k", "v");
  Feed();
  MadeRequest made("GET", "/v1/kv/c/k");
  made.head.arrived = clock_.Now();
  bool answered = false;
  net::Detach(handler_.Handle(made.request, loop_),
              [&answered](const http::Response& response) { answered = response.status == 200; });
  EXPECT_TRUE(answered);  // before the loop ran anything
}

}  // namespace
}  // namespace coolkit::api
