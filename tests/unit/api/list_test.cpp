#include "api/list.h"

#include "unit/api/fixture.h"

namespace coolkit::api {
namespace {

class List : public ApiTest {
 protected:
  Seen Page(const std::string& query) { return Send("GET", "/v1/kv/c?" + query); }
  static std::vector<std::string> Keys(const Seen& page) {
    std::vector<std::string> keys;
    const json::Value body = page.Json();
    for (const json::Value& item : body.Find("items")->items()) {
      keys.emplace_back(item.Find("key")->string());
    }
    return keys;
  }
  static std::string NextToken(const Seen& page) {
    const json::Value body = page.Json();
    const json::Value* token = body.Find("next_page_token");
    return token == nullptr ? "" : std::string(token->string());
  }
};

// JSON shapes: `{"items":[{"key","version","content_type","size","modified_at","ttl_ms",…}]}`.
TEST_F(List, ShowsEachItem) {
  const Seen put = Send("PUT", "/v1/kv/c/k%2F1?ttl=90s", {{"Content-Type", "text/plain"}}, "grüße");
  const Seen page = Send("GET", "/v1/kv/c");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page["content-type"], "application/json");
  EXPECT_EQ(page["cache-control"], "no-store");
  EXPECT_EQ(page["cache-status"], "coolkit-pod-1; fwd=bypass");
  EXPECT_TRUE(page.Has("coolkit-position"));
  const json::Value body = page.Json();
  EXPECT_EQ(body.members().size(), 1U);
  const json::Value& item = body.Find("items")->items().at(0);
  EXPECT_EQ(item.members().size(), 6U);
  EXPECT_EQ(item.Find("key")->string(), "k/1");
  EXPECT_EQ("\"" + std::string(item.Find("version")->string()) + "\"", put["etag"]);
  EXPECT_EQ(item.Find("content_type")->string(), "text/plain");
  EXPECT_EQ(item.Find("size")->number_token(), "7");
  EXPECT_EQ(item.Find("modified_at")->string(), "2023-11-14T22:30:00.000000Z");
  EXPECT_EQ(item.Find("ttl_ms")->number_token(), "90000");
}

TEST_F(List, HasValuesIfAskedFor) {
  Put("text", "a");
  Put("bytes", "\xff");
  const json::Value body = Page("values=true").Json();
  const auto& items = body.Find("items")->items();
  EXPECT_EQ(items.at(0).Find("base64")->string(), "/w==");
  EXPECT_EQ(items.at(0).Find("ttl_ms"), nullptr);
  EXPECT_EQ(items.at(1).Find("text")->string(), "a");
  const json::Value plain = Page("values=false").Json();
  EXPECT_EQ(plain.Find("items")->items().at(0).Find("base64"), nullptr);
}

// "ordered listing, read from the database".
TEST_F(List, IsInByteOrderAndOnlyOfLiveKeysOfItsCollection) {
  for (const char* key : {"b", "a", "B", "ä", "a/b", "gone"}) Put(key, "v");
  Send("DELETE", "/v1/kv/c/gone");
  Send("PUT", "/v1/kv/other/x", {}, "v");
  EXPECT_EQ(Keys(Send("GET", "/v1/kv/c")), (std::vector<std::string>{"B", "a", "a/b", "b", "ä"}));
  EXPECT_EQ(Send("GET", "/v1/kv/nothing").body, "{\"items\":[]}");
}

TEST_F(List, ByPrefix) {
  for (const char* key : {"user", "user/1", "user/2", "users", "use"}) Put(key, "v");
  EXPECT_EQ(Keys(Page("prefix=user%2F")), (std::vector<std::string>{"user/1", "user/2"}));
  EXPECT_EQ(Keys(Page("prefix=user/")), (std::vector<std::string>{"user/1", "user/2"}));
  EXPECT_EQ(Keys(Page("prefix=x")), (std::vector<std::string>{}));
  EXPECT_EQ(Keys(Page("prefix=")).size(), 5U);
}

TEST_F(List, PagesWithoutHolesOrRepetitions) {
  std::vector<std::string> all;
  for (int i = 0; i < 25; ++i) {
    all.push_back("k" + std::to_string(100 + i));
    Put(all.back(), "v");
  }
  std::vector<std::string> seen;
  std::string token;
  int pages = 0;
  do {
    const Seen page = Page("prefix=k&page_size=10" + (token.empty() ? "" : "&page_token=" + token));
    for (const std::string& key : Keys(page)) seen.push_back(key);
    token = NextToken(page);
    ++pages;
  } while (!token.empty());
  EXPECT_EQ(seen, all);
  EXPECT_EQ(pages, 3);
}

// "`page_size` is 100 by default, 1,000 at most".
TEST_F(List, PageSizeIs100ByDefault) {
  for (int i = 0; i < 101; ++i) Put("k" + std::to_string(i), "v");
  EXPECT_EQ(Keys(Send("GET", "/v1/kv/c")).size(), 100U);
  EXPECT_EQ(Keys(Page("page_size=1000")).size(), 101U);
  EXPECT_EQ(Page("page_size=1001").Code(), "invalid_query");
}

TEST_F(List, RefusesBadTokensAndParameters) {
  for (int i = 0; i < 3; ++i) Put("k" + std::to_string(i), "v");
  const std::string token = NextToken(Page("page_size=1&prefix=k"));
  ASSERT_FALSE(token.empty());
  EXPECT_EQ(Page("page_size=1&prefix=k&page_token=" + token).status, 200);
  EXPECT_EQ(Page("page_token=" + token).Code(), "invalid_page_token");
  EXPECT_EQ(Page("prefix=k&page_token=x").Code(), "invalid_page_token");
  EXPECT_EQ(Page("prefix=k&page_token=").Code(), "invalid_page_token");
  EXPECT_EQ(Send("GET", "/v1/kv/d?prefix=k&page_token=" + token).Code(), "invalid_page_token");
  EXPECT_EQ(Page("limit=1").Code(), "invalid_query");
  EXPECT_EQ(Send("GET", "/v1/kv/C").Code(), "invalid_collection");
  EXPECT_EQ(Send("GET", "/v1/kv/c:other").Code(), "invalid_collection");
  EXPECT_EQ(Send("GET", "/v1/kv/c%3AbatchGet").Code(), "invalid_collection");
  EXPECT_EQ(Send("GET", "/v1/kv/c", {{"Coolkit-Position", "x"}}).Code(), "invalid_position");
}

// "A batchGet or list answer stops at 8 MiB: … `next_page_token`."
TEST_F(List, StopsAt8MiBAndGoesOn) {
  // Each byte takes six in JSON: 1 MiB of values would be 6 MiB of answer.
  const std::string value(1 << 20, '\x01');
  for (const char* key : {"a", "b", "c"}) Put(key, value);
  std::vector<std::string> seen;
  std::string token;
  do {
    const Seen page = Page("values=true" + (token.empty() ? "" : "&page_token=" + token));
    EXPECT_LE(page.body.size(), (8u << 20) + 200);
    for (const std::string& key : Keys(page)) seen.push_back(key);
    token = NextToken(page);
  } while (!token.empty());
  EXPECT_EQ(seen, (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(List, LeavesOutKeysThatJsonCannotName) {
  store::WriteOp op;
  op.key = model::Key("c", "b\xff");
  op.value = std::make_shared<const std::string>("v");
  memory_.Write(op, kNever, [](const Result<store::WriteAnswer>& answer) { EXPECT_TRUE(answer); });
  loop_.RunReady();
  Put("a", "v");
  Put("c", "v");
  const Seen first = Page("page_size=2");
  EXPECT_EQ(Keys(first), (std::vector<std::string>{"a"}));
  EXPECT_EQ(Keys(Page("page_size=2&page_token=" + NextToken(first))),
            (std::vector<std::string>{"c"}));
}

TEST_F(List, ErrorsOfTheStoreKeepTheirCode) {
  memory_.FailWith(Error{ErrorCode::kDatabaseUnavailable, "gone", {}});
  const Seen page = Send("GET", "/v1/kv/c");
  EXPECT_EQ(page.status, 503);
  EXPECT_EQ(page["retry-after"], "1");
  EXPECT_EQ(page["cache-control"], "no-store");
}

}  // namespace
}  // namespace coolkit::api
