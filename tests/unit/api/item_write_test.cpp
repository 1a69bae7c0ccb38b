#include "api/item_write.h"

#include "unit/api/fixture.h"

namespace coolkit::api {
namespace {

using testing::HasSubstr;

using ItemWrite = ApiTest;

std::int64_t VersionOf(const Seen& seen) {
  const std::string tag = seen["etag"];
  EXPECT_EQ(tag.front(), '"');
  return std::stoll(tag.substr(1));
}

// PUT: "201 created, 204 replaced, `ETag`".
TEST_F(ItemWrite, PutCreatesThenReplaces) {
  const Seen created = Put("k", "one");
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(created.body, "");
  EXPECT_EQ(created["cache-control"], "no-cache");
  EXPECT_EQ(created["cache-status"], "coolkit-pod-1; fwd=method");
  EXPECT_TRUE(created.Has("coolkit-position"));
  EXPECT_TRUE(created.Has("server-timing"));
  const Seen replaced = Put("k", "two");
  EXPECT_EQ(replaced.status, 204);
  EXPECT_GT(VersionOf(replaced), VersionOf(created));
  EXPECT_EQ(Get("k").body, "two");
}

// PUT: "store the body with its `Content-Type`".
TEST_F(ItemWrite, PutKeepsTheContentType) {
  Put("typed", "x", {{"Content-Type", "image/png"}});
  Put("untyped", "x");
  EXPECT_EQ(Get("typed")["content-type"], "image/png");
  EXPECT_EQ(Get("untyped")["content-type"], "application/octet-stream");
}

// Versions: "grow with every write of a key, also across delete and re-create".
TEST_F(ItemWrite, VersionsGrowAcrossDeleteAndRecreate) {
  const std::int64_t put = VersionOf(Put("k", "v"));
  const Seen deleted = Send("DELETE", "/v1/kv/c/k");
  EXPECT_EQ(deleted.status, 204);
  EXPECT_GT(VersionOf(deleted), put);
  const Seen again = Put("k", "v");
  EXPECT_EQ(again.status, 201);
  EXPECT_GT(VersionOf(again), VersionOf(deleted));
  EXPECT_GT(put, 1LL << 53);  // why JSON has them as strings
}

// Keys: "400 for an empty key …"; PUT: "Content-Range 400, Content-Encoding … 415".
TEST_F(ItemWrite, PutRefusesWhatItWouldNotKeep) {
  EXPECT_EQ(Put("", "v").Code(), "invalid_key");
  EXPECT_EQ(Put("k", "v", {{"Content-Range", "bytes 0-0/1"}}).status, 400);
  const Seen coded = Put("k", "v", {{"Content-Encoding", "gzip"}});
  EXPECT_EQ(coded.status, 415);
  EXPECT_EQ(coded.Code(), "unsupported_encoding");
  EXPECT_EQ(coded["accept-encoding"], "identity");
  EXPECT_EQ(Put("k", "v", {{"Content-Type", "a/\x80"}}).Code(), "invalid_header");
  EXPECT_EQ(Send("PUT", "/v1/kv/c/k?ttl=0s", {}, "v").Code(), "invalid_ttl");
  EXPECT_EQ(Send("PUT", "/v1/kv/c/k?tll=9s", {}, "v").Code(), "invalid_query");
  EXPECT_EQ(Get("k").status, 404);
}

// Preconditions of a PUT, as far as the store judges them.
TEST_F(ItemWrite, PutWithConditions) {
  EXPECT_EQ(Put("k", "v", {{"If-Match", "*"}}).status, 412);
  const std::string first = Put("k", "v", {{"If-None-Match", "*"}})["etag"];
  const Seen exists = Put("k", "w", {{"If-None-Match", "*"}});
  EXPECT_EQ(exists.status, 412);
  EXPECT_EQ(exists.Code(), "precondition_failed");
  EXPECT_EQ(exists["cache-control"], "no-cache");
  EXPECT_TRUE(exists.Has("coolkit-position"));
  const std::string second = Put("k", "w", {{"If-Match", first}})["etag"];
  EXPECT_EQ(Put("k", "x", {{"If-Match", first}}).status, 412);
  EXPECT_EQ(Put("k", "x", {{"If-Match", "W/" + second}}).status, 412);
  EXPECT_EQ(Put("k", "x", {{"If-Match", "\"somebody-else\""}}).status, 412);
  EXPECT_EQ(Put("k", "x", {{"If-None-Match", second}}).status, 412);
  EXPECT_EQ(Put("k", "x", {{"If-None-Match", first}}).status, 204);
  EXPECT_EQ(Put("k", "y", {{"If-Match", "unquoted"}}).Code(), "invalid_header");
}

// "What the write statement can't express (dates, combinations) is judged on a strong read and then
// written by compare-and-set."
TEST_F(ItemWrite, PutWithConditionsThatNeedARead) {
  const std::string tag = Put("k", "v")["etag"];
  const std::string date = Get("k")["last-modified"];
  const std::string before = "Sun, 06 Nov 1994 08:49:37 GMT";
  EXPECT_EQ(Put("k", "w", {{"If-Unmodified-Since", before}}).status, 412);
  EXPECT_EQ(Put("k", "w", {{"If-Match", "*"}, {"If-None-Match", tag}}).status, 412);
  EXPECT_EQ(Get("k").body, "v");
  EXPECT_EQ(Put("k", "w", {{"If-Unmodified-Since", date}}).status, 204);
  EXPECT_EQ(Put("k", "x", {{"If-Match", "*"}, {"If-None-Match", tag}}).status, 204);
  EXPECT_EQ(Put("none", "x", {{"If-Match", "*"}, {"If-None-Match", tag}}).status, 412);
  EXPECT_EQ(Put("none", "x", {{"If-Unmodified-Since", before}}).status, 201);
  EXPECT_EQ(Get("k").body, "x");
}

TEST_F(ItemWrite, AReadConditionIsWrittenByCompareAndSet) {
  Put("k", "v");
  const std::string date = Get("k")["last-modified"];
  store_.before_write = [this] {
    store_.before_write = nullptr;
    clock_.Advance(seconds(2));  // the other write is younger than the date
    EXPECT_EQ(Put("k", "other").status, 204);
  };
  EXPECT_EQ(Put("k", "w", {{"If-Unmodified-Since", date}}).status, 412);
  EXPECT_EQ(Get("k").body, "other");
}

// DELETE: "204 with the `ETag` of the deletion; `If-Match`; 404 when absent", "even with
// `If-Match`".
TEST_F(ItemWrite, Delete) {
  const std::string tag = Put("k", "v")["etag"];
  EXPECT_EQ(Send("DELETE", "/v1/kv/c/k", {{"If-Match", "\"1\""}}).status, 412);
  const Seen deleted = Send("DELETE", "/v1/kv/c/k", {{"If-Match", tag}});
  EXPECT_EQ(deleted.status, 204);
  EXPECT_NE(deleted["etag"], tag);
  EXPECT_TRUE(deleted.Has("coolkit-position"));
  for (const Headers& headers : {Headers{}, Headers{{"If-Match", tag}}, Headers{{"If-Match", "*"}},
                                 Headers{{"If-Match", "*"}, {"If-None-Match", tag}}}) {
    const Seen again = Send("DELETE", "/v1/kv/c/k", headers);
    EXPECT_EQ(again.status, 404);
    EXPECT_EQ(again.Code(), "not_found");
    EXPECT_EQ(again["cache-control"], "no-cache");
    EXPECT_TRUE(again.Has("coolkit-position"));
  }
  EXPECT_EQ(Get("k").status, 404);
}

// `?ttl=90s`: "without it no expiry".
TEST_F(ItemWrite, AValueExpires) {
  Send("PUT", "/v1/kv/c/k?ttl=2s", {}, "v");
  EXPECT_EQ(Get("k", {{"Cache-Control", "no-cache"}}).status, 200);
  clock_.Advance(seconds(2));
  EXPECT_EQ(Get("k", {{"Cache-Control", "no-cache"}}).status, 404);
  EXPECT_EQ(Put("k", "w").status, 201);
  clock_.Advance(std::chrono::hours(24));
  EXPECT_EQ(Get("k", {{"Cache-Control", "no-cache"}}).status, 200);
}

// G3: the position of a write makes it visible to the next read.
TEST_F(ItemWrite, AClientReadsItsOwnWrite) {
  Put("k", "v1");
  Feed();
  Get("k");
  // Another pod writes; this one has not heard of it.
  store::WriteOp op;
  op.key = model::Key("c", "k");
  op.value = std::make_shared<const std::string>("v2");
  std::optional<store::Snapshot> after;
  memory_.Write(op, kNever,
                [&after](Result<store::WriteAnswer> answer) { after = answer->snapshot; });
  loop_.RunReady();
  EXPECT_EQ(Get("k").body, "v1");
  const std::string position = model::FormatToken({after->incarnation, after->position});
  EXPECT_EQ(Get("k", {{"Coolkit-Position", position}}).body, "v2");
}

// Errors: "A write whose outcome is unknown says so (504, `code: outcome_unknown`)".
TEST_F(ItemWrite, AnUnknownOutcomeClaimsNothing) {
  memory_.FailWith(Error{ErrorCode::kOutcomeUnknown, "no answer to the commit", {}});
  for (const char* method : {"PUT", "DELETE"}) {
    const Seen seen = Send(method, "/v1/kv/c/k", {}, "v");
    EXPECT_EQ(seen.status, 504);
    EXPECT_EQ(seen.Code(), "outcome_unknown");
    EXPECT_FALSE(seen.Json().Find("retryable")->bool_value());
    EXPECT_FALSE(seen.Has("etag"));
  }
}

TEST_F(ItemWrite, ASlowUploadStillHasItsTime) {
  MadeRequest made("PUT", "/v1/kv/c/k", {}, "v");
  made.head.arrived = clock_.Now() - seconds(29);
  int status = 0;
  net::Detach(handler_.Handle(made.request, loop_),
              [&status](const http::Response& response) { status = response.status; });
  loop_.RunReady();
  EXPECT_EQ(status, 201);
}

TEST_F(ItemWrite, RefusalsOfTheStoreKeepTheirCode) {
  const std::vector<std::pair<ErrorCode, int>> statuses = {
      {ErrorCode::kDatabaseUnavailable, 503}, {ErrorCode::kOverloaded, 503},
      {ErrorCode::kStorageFull, 507},         {ErrorCode::kDeadlineExceeded, 504},
      {ErrorCode::kStorageError, 500},
  };
  for (const auto& [code, status] : statuses) {
    memory_.FailWith(Error{code, "why", {}});
    const Seen seen = Put("k", "v");
    EXPECT_EQ(seen.status, status);
    EXPECT_EQ(seen.Code(), ErrorCodeName(code));
    EXPECT_EQ(seen["cache-control"], "no-store");
  }
}

class ItemPatch : public ApiTest {
 protected:
  Seen Merge(const std::string& key, const std::string& patch, Headers headers = {}) {
    headers.emplace_back("Content-Type", "application/merge-patch+json");
    return Send("PATCH", "/v1/kv/c/" + key, std::move(headers), patch);
  }
  Seen Operations(const std::string& key, const std::string& patch, Headers headers = {}) {
    headers.emplace_back("Content-Type", "application/json-patch+json");
    return Send("PATCH", "/v1/kv/c/" + key, std::move(headers), patch);
  }
};

// PATCH: "success 204 with the new `ETag`"; "leaves every byte of untouched members as it was".
TEST_F(ItemPatch, MergesAndKeepsUntouchedBytes) {
  const Seen put = Put("k", R"({ "big": 12345678901234567890.10, "b":1 , "a" : 2})");
  const Seen patched = Merge("k", R"({"b":3})");
  EXPECT_EQ(patched.status, 204);
  EXPECT_GT(VersionOf(patched), VersionOf(put));
  EXPECT_TRUE(patched.Has("coolkit-position"));
  EXPECT_EQ(Get("k").body, R"({ "big": 12345678901234567890.10, "b":3 , "a" : 2})");
  EXPECT_EQ(Get("k")["etag"], patched["etag"]);
}

TEST_F(ItemPatch, AppliesOperations) {
  Put("k", R"({"n":[1,2]})");
  EXPECT_EQ(Operations("k", R"([{"op":"test","path":"/n/0","value":1},)"
                            R"({"op":"add","path":"/n/-","value":3}])")
                .status,
            204);
  EXPECT_EQ(Get("k").body, R"({"n":[1,2,3]})");
}

// PATCH: "type and expiry are kept".
TEST_F(ItemPatch, KeepsTypeAndExpiry) {
  Send("PUT", "/v1/kv/c/k?ttl=10s", {{"Content-Type", "application/x"}}, "{}");
  clock_.Advance(seconds(4));
  Merge("k", R"({"a":1})");
  const Seen got = Get("k");
  EXPECT_EQ(got["content-type"], "application/x");
  EXPECT_EQ(got["coolkit-ttl-ms"], "6000");
  clock_.Advance(seconds(6));
  EXPECT_EQ(Get("k", {{"Cache-Control", "no-cache"}}).status, 404);
}

// PATCH: "not JSON 409, failed `test` 409, bad patch 400, unknown type 415 with `Accept-Patch`,
// absent 404, too large 413".
TEST_F(ItemPatch, ErrorsByTheirCause) {
  Put("json", R"({"a":1})");
  Put("text", "not json");
  const Seen absent = Merge("none", "{}");
  EXPECT_EQ(absent.status, 404);
  EXPECT_EQ(absent["cache-control"], "no-cache");
  const Seen not_json = Merge("text", "{}");
  EXPECT_EQ(not_json.status, 409);
  EXPECT_EQ(not_json.Code(), "not_json");
  EXPECT_EQ(not_json["cache-control"], "no-store");
  EXPECT_TRUE(not_json.Has("coolkit-position"));
  const Seen test = Operations("json", R"([{"op":"test","path":"/a","value":2}])");
  EXPECT_EQ(test.status, 409);
  EXPECT_EQ(test.Code(), "patch_test_failed");
  for (const char* patch :
       {"", "{", "{}", R"([{"op":"add"}])", R"([{"op":"remove","path":"/none"}])"}) {
    EXPECT_EQ(Operations("json", patch).Code(), "invalid_patch") << patch;
  }
  EXPECT_EQ(Merge("json", "{").Code(), "invalid_patch");
  const Seen type = Send("PATCH", "/v1/kv/c/json", {{"Content-Type", "text/plain"}}, "{}");
  EXPECT_EQ(type.status, 415);
  EXPECT_EQ(type["accept-patch"], "application/merge-patch+json, application/json-patch+json");
  EXPECT_EQ(Get("json").body, R"({"a":1})");
}

TEST_F(ItemPatch, RefusesAResultThatIsTooLarge) {
  Put("k", "{\"a\":\"" + std::string(600'000, 'a') + "\"}");
  const Seen seen = Merge("k", "{\"b\":\"" + std::string(600'000, 'b') + "\"}");
  EXPECT_EQ(seen.status, 413);
  EXPECT_EQ(seen.Code(), "payload_too_large");
}

TEST_F(ItemPatch, ObeysPreconditions) {
  const std::string tag = Put("k", R"({"a":1})")["etag"];
  EXPECT_EQ(Merge("k", R"({"a":2})", {{"If-Match", "\"1\""}}).status, 412);
  EXPECT_EQ(Merge("k", R"({"a":2})", {{"If-None-Match", tag}}).status, 412);
  EXPECT_EQ(Merge("k", R"({"a":2})", {{"If-Match", tag}}).status, 204);
  EXPECT_EQ(Merge("none", R"({"a":2})", {{"If-Match", "*"}}).status, 404);
}

// PATCH: "atomic at the owner (its own compare-and-set, at most 8 tries)"; "503 `contention` after
// 8 tries".
TEST_F(ItemPatch, TriesAgainAfterALostRace) {
  Put("k", R"({"a":1})");
  int lost = 3;
  store_.before_write = [this, &lost] {
    const auto hook = std::exchange(store_.before_write, nullptr);
    if (lost-- > 0) Put("k", R"({"a":1,"other":)" + std::to_string(lost) + "}");
    store_.before_write = hook;
  };
  EXPECT_EQ(Merge("k", R"({"a":2})").status, 204);
  store_.before_write = nullptr;
  EXPECT_EQ(Get("k").body, R"({"a":2,"other":0})");
}

TEST_F(ItemPatch, GivesUpAfterEightLostRaces) {
  Put("k", R"({"a":1})");
  int tries = 0;
  store_.before_write = [this, &tries] {
    const auto hook = std::exchange(store_.before_write, nullptr);
    Put("k", R"({"a":)" + std::to_string(++tries) + "}");
    store_.before_write = hook;
  };
  const Seen seen = Merge("k", R"({"b":2})");
  EXPECT_EQ(seen.status, 503);
  EXPECT_EQ(seen.Code(), "contention");
  EXPECT_EQ(seen["retry-after"], "1");
  EXPECT_EQ(tries, 8);
}

}  // namespace
}  // namespace coolkit::api
