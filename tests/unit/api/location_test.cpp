#include "api/location.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace coolkit::api {
namespace {

RouteId RouteAt(std::string_view target) { return Locate(target).route; }

struct Named {
  std::string collection;
  std::string key;
};

Result<Named> Name(std::string_view target) {
  const Location location = Locate(target);
  EXPECT_EQ(location.route, RouteId::kItem) << target;
  ItemKey key;
  const Result<void> parsed = key.Parse(location);
  if (!parsed) return Fail(parsed.error());
  EXPECT_EQ(key.ref().hash, model::HashKey(key.ref().collection, key.ref().key));
  return Named{std::string(key.ref().collection), std::string(key.ref().key)};
}

std::string KeyAt(std::string_view target) {
  const Result<Named> named = Name(target);
  EXPECT_TRUE(named) << target << ": " << (named ? "" : named.error().detail);
  return named ? named->key : "(invalid)";
}

std::string ErrorAt(std::string_view target) {
  const Result<Named> named = Name(target);
  return named ? "(valid)" : std::string(ErrorCodeName(named.error().code));
}

TEST(Locate, FindsEachRoute) {
  EXPECT_EQ(RouteAt("/v1/kv/c/k"), RouteId::kItem);
  EXPECT_EQ(RouteAt("/v1/kv/c/k/l?ttl=1s"), RouteId::kItem);
  EXPECT_EQ(RouteAt("/v1/kv/c"), RouteId::kList);
  EXPECT_EQ(RouteAt("/v1/kv/c?prefix=a/b"), RouteId::kList);
  EXPECT_EQ(RouteAt("/v1/kv/c:batchGet"), RouteId::kBatchGet);
  EXPECT_EQ(RouteAt("/v1/kv/c:batchWrite"), RouteId::kBatchWrite);
  EXPECT_EQ(RouteAt("/openapi.json"), RouteId::kOpenApi);
  EXPECT_EQ(RouteAt("/errors/not_found"), RouteId::kErrorPage);
  EXPECT_EQ(RouteAt("/"), RouteId::kIndex);
  EXPECT_EQ(RouteAt("/?x"), RouteId::kIndex);
  EXPECT_EQ(RouteAt("*"), RouteId::kServer);
  for (const char* target :
       {"/v1/kv", "/v1", "/v2/kv/c/k", "/openapi.json/", "/errors", "/errors/a/b", "/V1/kv/c/k",
        "//v1/kv/c/k", "/v1//kv/c/k", "/v1/kv2/c/k", "", "v1/kv/c/k", "example.org:80"}) {
    EXPECT_EQ(RouteAt(target), RouteId::kNone) << target;
  }
}

// Keys: "The raw target is split at its first four `/`, then percent-decoded once".
TEST(Locate, SplitsTheRawTargetAtItsFirstFourSlashes) {
  EXPECT_EQ(KeyAt("/v1/kv/c/a/b/c"), "a/b/c");
  EXPECT_EQ(RouteAt("/v1%2Fkv/c/k"), RouteId::kNone);
  EXPECT_EQ(RouteAt("/v1/kv%2Fc/k"), RouteId::kNone);
  EXPECT_EQ(RouteAt("/v1/kv/c%2Fk"), RouteId::kList);
  EXPECT_FALSE(DecodeCollection(Locate("/v1/kv/c%2Fk")));
  // An encoded letter is the same letter (RFC 3986 section 6.2.2.2).
  EXPECT_EQ(KeyAt("/%76%31/k%76/%63/k"), "k");
  EXPECT_EQ(RouteAt("/openapi%2ejson"), RouteId::kOpenApi);
}

// Keys: "`%2F` equals `/`, `+` is a plus", decoded once.
TEST(ItemKey, IsPercentDecodedOnce) {
  EXPECT_EQ(KeyAt("/v1/kv/c/a%2Fb"), "a/b");
  EXPECT_EQ(KeyAt("/v1/kv/c/a%2fb"), "a/b");
  EXPECT_EQ(KeyAt("/v1/kv/c/a+b"), "a+b");
  EXPECT_EQ(KeyAt("/v1/kv/c/a%20b"), "a b");
  EXPECT_EQ(KeyAt("/v1/kv/c/a%252Fb"), "a%2Fb");
  EXPECT_EQ(KeyAt("/v1/kv/c/%E2%82%AC"), "€");
  EXPECT_EQ(KeyAt("/v1/kv/c/€"), "€");
  EXPECT_EQ(KeyAt("/v1/kv/c/%3Fx?ttl=1s"), "?x");
}

// Keys: "`//` is kept; no Unicode normalisation".
TEST(ItemKey, KeepsEmptySegmentsAndEveryByte) {
  EXPECT_EQ(KeyAt("/v1/kv/c/a//b"), "a//b");
  EXPECT_EQ(KeyAt("/v1/kv/c//a"), "/a");
  EXPECT_EQ(KeyAt("/v1/kv/c/a/"), "a/");
  EXPECT_EQ(KeyAt("/v1/kv/c//"), "/");
  EXPECT_NE(KeyAt("/v1/kv/c/%C3%A9"), KeyAt("/v1/kv/c/e%CC%81"));
}

// Keys: 400 for "an empty key, NUL, invalid UTF-8, a bad escape, a segment `.` or `..`".
TEST(ItemKey, RefusesWhatNoKeyMayBe) {
  for (const char* target :
       {"/v1/kv/c/", "/v1/kv/c/%00", "/v1/kv/c/a%00b", "/v1/kv/c/%FF", "/v1/kv/c/%C3",
        "/v1/kv/c/%ED%A0%80", "/v1/kv/c/%", "/v1/kv/c/%4", "/v1/kv/c/%4G", "/v1/kv/c/a%zz",
        "/v1/kv/c/.", "/v1/kv/c/..", "/v1/kv/c/a/./b", "/v1/kv/c/a/../b", "/v1/kv/c/a/..",
        "/v1/kv/c/%2e", "/v1/kv/c/%2E%2e", "/v1/kv/c/a%2F..%2Fb", "/v1/kv/c/a/.%2e/b"}) {
    EXPECT_EQ(ErrorAt(target), "invalid_key") << target;
  }
  EXPECT_EQ(KeyAt("/v1/kv/c/..."), "...");
  EXPECT_EQ(KeyAt("/v1/kv/c/.a/b."), ".a/b.");
}

// Keys: "1 to 512 bytes".
TEST(ItemKey, HasAtMost512BytesAfterDecoding) {
  const std::string longest(512, 'k');
  EXPECT_EQ(KeyAt("/v1/kv/c/" + longest), longest);
  EXPECT_EQ(ErrorAt("/v1/kv/c/" + longest + "k"), "invalid_key");
  std::string encoded;
  for (int i = 0; i < 512; ++i) encoded += "%6B";
  EXPECT_EQ(KeyAt("/v1/kv/c/" + encoded), longest);
}

// Keys: "collections `[a-z0-9][a-z0-9_-]{0,63}`".
TEST(ItemKey, ChecksTheCollection) {
  const std::string longest(64, 'c');
  EXPECT_EQ(Name("/v1/kv/" + longest + "/k")->collection, longest);
  EXPECT_EQ(Name("/v1/kv/0_-a/k")->collection, "0_-a");
  EXPECT_EQ(Name("/v1/kv/%63/k")->collection, "c");
  for (const std::string collection :
       {"", "C", "-a", "_a", "a.b", "a%2Fb", "%zz", "a b", "ä", ".", ".."}) {
    EXPECT_EQ(ErrorAt("/v1/kv/" + collection + "/k"), "invalid_collection") << collection;
  }
  EXPECT_EQ(ErrorAt("/v1/kv/" + longest + "c/k"), "invalid_collection");
}

// Keys: "A custom method is recognised only in the raw collection segment, and none will ever be
// added below a key".
TEST(Locate, RecognisesCustomMethodsOnlyInTheRawCollectionSegment) {
  EXPECT_EQ(KeyAt("/v1/kv/c/x:batchGet"), "x:batchGet");
  EXPECT_EQ(KeyAt("/v1/kv/c/:batchWrite"), ":batchWrite");
  EXPECT_EQ(RouteAt("/v1/kv/c%3AbatchGet"), RouteId::kList);
  EXPECT_EQ(RouteAt("/v1/kv/c:batch%47et"), RouteId::kList);
  EXPECT_EQ(ErrorAt("/v1/kv/c:batchGet/k"), "invalid_collection");
  EXPECT_EQ(Locate("/v1/kv/c:batchGet").collection, "c");
  EXPECT_FALSE(DecodeCollection(Locate("/v1/kv/:batchGet")));
  EXPECT_FALSE(DecodeCollection(Locate("/v1/kv/c:other")));
}

TEST(Locate, KeepsTheQueryApart) {
  EXPECT_EQ(Locate("/v1/kv/c/k?a=b/c?d").query, "a=b/c?d");
  EXPECT_EQ(Locate("/v1/kv/c/k?").query, "");
  EXPECT_EQ(Locate("/v1/kv/c?prefix=x").collection, "c");
  EXPECT_EQ(Locate("/v1/kv/c:batchGet?x").route, RouteId::kBatchGet);
}

TEST(PercentDecode, TakesWholeEscapesOnly) {
  EXPECT_EQ(PercentDecode("a%41%5a"), "aAZ");
  EXPECT_EQ(PercentDecode(""), "");
  EXPECT_FALSE(PercentDecode("%"));
  EXPECT_FALSE(PercentDecode("%1"));
  EXPECT_FALSE(PercentDecode("%+1"));
}

}  // namespace
}  // namespace coolkit::api
