#include "api/batch.h"

#include "base/text.h"
#include "unit/api/fixture.h"

namespace coolkit::api {
namespace {

using testing::HasSubstr;

class BatchCall : public ApiTest {
 protected:
  // `key status code` of each item; `-` without a code.
  static std::vector<std::string> Lines(const Seen& seen) {
    std::vector<std::string> lines;
    const json::Value body = seen.Json();
    const json::Value* items = body.Find("items");
    if (items == nullptr) return {"no items: " + seen.body.substr(0, 200)};
    for (const json::Value& item : items->items()) {
      const json::Value* code = item.Find("code");
      lines.push_back(std::string(item.Find("key")->string()) + " " +
                      std::string(item.Find("status")->number_token()) + " " +
                      (code == nullptr ? "-" : std::string(code->string())));
    }
    return lines;
  }
  static std::string UnquotedTag(const Seen& seen) {
    const std::string tag = seen["etag"];
    return tag.substr(1, tag.size() - 2);
  }
  using Expected = std::vector<std::string>;
};

TEST_F(BatchCall, TakesJsonOnly) {
  for (const char* method : {"batchGet", "batchWrite"}) {
    const std::string target = "/v1/kv/c:" + std::string(method);
    EXPECT_EQ(Send("POST", target, {{"Content-Type", "text/plain"}}, "{}").Code(),
              "unsupported_media_type");
    EXPECT_EQ(Send("POST", target, {}, "{}").status, 415);
    EXPECT_EQ(Post(method, "{").Code(), "invalid_json");
    EXPECT_EQ(Post(method, "[]").Code(), "invalid_request");
    EXPECT_EQ(Post(method, "{}", {{"Content-Encoding", "gzip"}}).status, 415);
    EXPECT_EQ(Send("POST", target + "?x=1", {{"Content-Type", "application/json"}}, "{}").Code(),
              "invalid_query");
    EXPECT_EQ(Post(method, "{}", {{"Coolkit-Position", "x"}}).Code(), "invalid_position");
  }
  EXPECT_EQ(Send("POST", "/v1/kv/c:batchGet", {{"Content-Type", "Application/JSON; charset=utf-8"}},
                 R"({"keys":[]})")
                .body,
            "{\"items\":[]}");
  EXPECT_EQ(Send("POST", "/v1/kv/C:batchGet", {{"Content-Type", "application/json"}}, "{}").Code(),
            "invalid_collection");
}

// JSON shapes: batchGet: `{"keys":[…]}` → `{"items":[{"key","status",…}]}`.
TEST_F(BatchCall, GetsInTheOrderAsked) {
  Put("a", "text", {{"Content-Type", "text/plain"}});
  const Seen put = Send("PUT", "/v1/kv/c/b?ttl=90s", {}, "\xff");
  const Seen got = Post("batchGet", R"({"keys":["b","none","","a","b"]})");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got["content-type"], "application/json");
  EXPECT_EQ(got["cache-control"], "no-store");
  EXPECT_TRUE(got.Has("coolkit-position"));
  EXPECT_EQ(Lines(got),
            (Expected{"b 200 -", "none 404 not_found", " 400 invalid_key", "a 200 -", "b 200 -"}));
  const json::Value body = got.Json();
  const json::Value& first = body.Find("items")->items().at(0);
  EXPECT_EQ(first.members().size(), 8U);
  EXPECT_EQ("\"" + std::string(first.Find("version")->string()) + "\"", put["etag"]);
  EXPECT_EQ(first.Find("base64")->string(), "/w==");
  EXPECT_EQ(first.Find("size")->number_token(), "1");
  EXPECT_EQ(first.Find("ttl_ms")->number_token(), "90000");
  EXPECT_EQ(body.Find("items")->items().at(3).Find("text")->string(), "text");
  EXPECT_EQ(body.Find("items")->items().at(1).members().size(), 3U);
}

// The freshness fields apply to each item.
TEST_F(BatchCall, GetObeysFreshness) {
  Put("a", "v");
  Feed();
  const int before = store_.reads;
  EXPECT_EQ(Lines(Post("batchGet", R"({"keys":["a"]})")), (Expected{"a 200 -"}));
  EXPECT_EQ(store_.reads, before);
  EXPECT_EQ(Lines(Post("batchGet", R"({"keys":["a"]})", {{"Cache-Control", "no-cache"}})),
            (Expected{"a 200 -"}));
  EXPECT_EQ(store_.reads, before + 1);
  EXPECT_EQ(Lines(Post("batchGet", R"({"keys":["a","b"]})", {{"Cache-Control", "only-if-cached"}})),
            (Expected{"a 200 -", "b 504 not_cached"}));
  EXPECT_EQ(Post("batchGet", R"({"keys":[]})", {{"Coolkit-Max-Staleness-Ms", "x"}}).Code(),
            "invalid_header");
}

TEST_F(BatchCall, GetAnswersAreCoveredByOnePosition) {
  Put("a", "v");
  const std::string second = Put("b", "v")["coolkit-position"];
  EXPECT_EQ(Post("batchGet", R"({"keys":["b","a"]})")["coolkit-position"], second);
  EXPECT_EQ(Post("batchGet", R"({"keys":[]})", {{"Coolkit-Position", second}})["coolkit-position"],
            second);
}

TEST_F(BatchCall, GetFailsByItem) {
  Put("a", "v");
  Feed();
  memory_.FailWith(Error{ErrorCode::kOverloaded, "full", {}});
  EXPECT_EQ(Lines(Post("batchGet", R"({"keys":["a","b"]})")),
            (Expected{"a 200 -", "b 503 overloaded"}));
}

// "A batchGet … answer stops at 8 MiB: remaining items 413".
// Database gone: "reads are then answered stale and marked".
TEST_F(BatchCall, GetMarksStaleItems) {
  Put("k", "v");
  EXPECT_EQ(Send("GET", "/v1/kv/c/none", {}, "").status, 404);
  Feed();
  const Seen fresh = Post("batchGet", R"({"keys":["k"]})");
  EXPECT_THAT(fresh.body, testing::Not(HasSubstr("stale")));
  clock_.Advance(milliseconds(2'500));
  memory_.FailWith(Error{ErrorCode::kDatabaseUnavailable, "gone", {}});
  const Seen got = Post("batchGet", R"({"keys":["k","none"]})");
  const json::Value body = got.Json();
  for (const json::Value& item : body.Find("items")->items()) {
    ASSERT_NE(item.Find("stale"), nullptr) << got.body;
    EXPECT_EQ(item.Find("staleness_ms")->number_token(), "2500");
  }
}

TEST_F(BatchCall, GetStopsAt8MiB) {
  const std::string value(1 << 20, '\x01');  // six bytes of JSON for each
  for (const char* key : {"a", "b"}) Put(key, value);
  Put("small", "x");
  const Seen got = Post("batchGet", R"({"keys":["a","b","small","none"]})");
  EXPECT_LE(got.body.size(), 8u << 20);
  EXPECT_EQ(Lines(got), (Expected{"a 200 -", "b 413 payload_too_large",
                                  "small 413 payload_too_large", "none 413 payload_too_large"}));
}

// JSON shapes: batchWrite → `{"items":[{"key","status","version"|"code"}]}`.
TEST_F(BatchCall, WritesEachItem) {
  Put("old", "v");
  Put("gone", "v");
  const Seen wrote =
      Post("batchWrite", R"({"items":[{"key":"new","text":"grüße","content_type":"text/plain"},)"
                         R"({"method":"put","key":"old","base64":"/w==","ttl":"90s"},)"
                         R"({"method":"delete","key":"gone"},{"method":"delete","key":"none"},)"
                         R"({"key":"a/../b","text":"x"},{"key":"old","text":"x","ttl":"0s"}]})");
  EXPECT_EQ(wrote.status, 200);
  EXPECT_EQ(wrote["cache-control"], "no-store");
  EXPECT_TRUE(wrote.Has("coolkit-position"));
  EXPECT_EQ(Lines(wrote), (Expected{"new 201 -", "old 204 -", "gone 204 -", "none 404 not_found",
                                    "a/../b 400 invalid_key", "old 400 invalid_ttl"}));
  const json::Value body = wrote.Json();
  const json::Value& first = body.Find("items")->items().at(0);
  EXPECT_EQ(first.members().size(), 3U);
  EXPECT_EQ("\"" + std::string(first.Find("version")->string()) + "\"", Get("new")["etag"]);
  EXPECT_EQ(Get("new").body, "grüße");
  EXPECT_EQ(Get("new")["content-type"], "text/plain");
  EXPECT_EQ(Get("old").body, "\xff");
  EXPECT_TRUE(Get("old").Has("coolkit-ttl-ms"));
  EXPECT_EQ(Get("gone").status, 404);
}

// "the same key twice applies in order".
TEST_F(BatchCall, TheSameKeyTwiceAppliesInOrder) {
  const Seen wrote = Post(
      "batchWrite",
      R"({"items":[{"key":"k","text":"1"},{"key":"k","text":"2","if_none_match":"*"},)"
      R"({"method":"delete","key":"k"},{"key":"k","text":"3","if_none_match":"*"},)"
      R"({"key":"k","text":"4","if_match":"*","if_none_match":"\"1\""},{"key":"k","text":"5"}]})");
  EXPECT_EQ(Lines(wrote), (Expected{"k 201 -", "k 412 precondition_failed", "k 204 -", "k 201 -",
                                    "k 204 -", "k 204 -"}));
  EXPECT_EQ(Get("k").body, "5");
}

TEST_F(BatchCall, WriteObeysConditions) {
  // Header syntax inside a JSON string: the quotes are escaped.
  const std::string quoted = "\\\"" + UnquotedTag(Put("k", "v")) + "\\\"";
  EXPECT_EQ(Lines(Post("batchWrite", R"({"items":[{"key":"k","text":"w","if_match":"\"1\""},)"
                                     R"({"key":"k","text":"w","if_none_match":")" +
                                         quoted + R"("},{"key":"k","text":"w","if_match":")" +
                                         quoted + R"("}]})")),
            (Expected{"k 412 precondition_failed", "k 412 precondition_failed", "k 204 -"}));
}

TEST_F(BatchCall, WriteFailsByItem) {
  memory_.FailWith(Error{ErrorCode::kOutcomeUnknown, "no answer", {}});
  const Seen wrote = Post("batchWrite", R"({"items":[{"key":"k","text":"w"}]})");
  EXPECT_EQ(wrote.status, 200);
  EXPECT_EQ(Lines(wrote), (Expected{"k 504 outcome_unknown"}));
}

TEST_F(BatchCall, EmptyBatchesDoNothing) {
  EXPECT_EQ(Post("batchWrite", R"({"items":[]})").body, "{\"items\":[]}");
  EXPECT_EQ(Post("batchWrite", R"({"atomic":true,"items":[]})").status, 200);
}

// "`"atomic": true` is one transaction on the receiving pod".
TEST_F(BatchCall, AtomicWritesAll) {
  Put("gone", "v");
  const Seen wrote =
      Post("batchWrite", R"({"atomic":true,"items":[{"key":"a","text":"1"},)"
                         R"({"key":"a","text":"2"},{"method":"delete","key":"gone"}]})");
  EXPECT_EQ(wrote.status, 200);
  EXPECT_EQ(Lines(wrote), (Expected{"a 201 -", "a 204 -", "gone 204 -"}));
  EXPECT_TRUE(wrote.Has("coolkit-position"));
  EXPECT_EQ(Get("a").body, "2");
  EXPECT_EQ(Get("gone").status, 404);
}

// "when one item fails the answer is 412 with all items, the others 424".
TEST_F(BatchCall, AtomicWritesNothingWhenAnItemFails) {
  Put("k", "v");
  const Seen wrote = Post("batchWrite", R"({"atomic":true,"items":[{"key":"a","text":"1"},)"
                                        R"({"key":"k","text":"w","if_match":"\"1\""},)"
                                        R"({"key":"b","text":"2"}]})");
  EXPECT_EQ(wrote.status, 412);
  EXPECT_EQ(wrote["content-type"], "application/json");
  EXPECT_EQ(Lines(wrote), (Expected{"a 424 dependency_failed", "k 412 precondition_failed",
                                    "b 424 dependency_failed"}));
  EXPECT_EQ(Get("a").status, 404);
  EXPECT_EQ(Get("k").body, "v");
  EXPECT_EQ(Lines(Post("batchWrite", R"({"atomic":true,"items":[{"key":"a","text":"1"},)"
                                     R"({"method":"delete","key":"none"}]})")),
            (Expected{"a 424 dependency_failed", "none 404 not_found"}));
}

TEST_F(BatchCall, ABadItemFailsAnAtomicBatch) {
  const Seen wrote =
      Post("batchWrite", R"({"atomic":true,"items":[{"key":"a","text":"1"},)"
                         R"({"key":"","text":"w"},{"key":"b","text":"1","ttl":"x"}]})");
  EXPECT_EQ(wrote.status, 412);
  EXPECT_EQ(Lines(wrote),
            (Expected{"a 424 dependency_failed", " 400 invalid_key", "b 400 invalid_ttl"}));
  EXPECT_EQ(Get("a").status, 404);
}

// A condition that needs a read holds in a transaction too.
TEST_F(BatchCall, AtomicJudgesWhatNoConditionSays) {
  const std::string version = UnquotedTag(Put("k", "v"));
  const auto batch = [&version](const std::string& before) {
    return R"({"atomic":true,"items":[)" + before +
           R"({"key":"k","text":"w","if_match":"*","if_none_match":"\")" + version + R"(\""}]})";
  };
  EXPECT_EQ(Post("batchWrite", batch("")).status, 412);  // it is that version
  // After a put of the same batch it is another version; after a delete it is absent.
  EXPECT_EQ(Post("batchWrite", batch(R"({"method":"delete","key":"k"},)")).status, 412);
  EXPECT_EQ(Post("batchWrite", batch(R"({"key":"k","text":"u"},)")).status, 200);
  EXPECT_EQ(Get("k").body, "w");
  EXPECT_EQ(Post("batchWrite", batch("")).status, 200);  // it is another version by now
}

TEST_F(BatchCall, AtomicTriesAgainAfterALostRaceAndThenGivesUp) {
  Put("k", "v");
  const std::string batch =
      R"({"atomic":true,"items":[{"key":"k","text":"w","if_match":"*","if_none_match":"\"1\""}]})";
  int races = 0;
  int lost = 2;
  store_.before_write = [&] {
    const auto hook = std::exchange(store_.before_write, nullptr);
    ++races;
    if (lost-- > 0) Put("k", "other");
    store_.before_write = hook;
  };
  EXPECT_EQ(Post("batchWrite", batch).status, 200);
  EXPECT_EQ(races, 3);
  lost = 100;
  const Seen refused = Post("batchWrite", batch);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.Code(), "contention");
}

TEST_F(BatchCall, AtomicErrorsOfTheStoreKeepTheirCode) {
  memory_.FailWith(Error{ErrorCode::kOutcomeUnknown, "no answer", {}});
  const Seen wrote = Post("batchWrite", R"({"atomic":true,"items":[{"key":"k","text":"w"}]})");
  EXPECT_EQ(wrote.status, 504);
  EXPECT_EQ(wrote.Code(), "outcome_unknown");
}

}  // namespace
}  // namespace coolkit::api
