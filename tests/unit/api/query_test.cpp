#include "api/query.h"

#include <gtest/gtest.h>

namespace coolkit::api {
namespace {

std::string PutError(std::string_view query) {
  const auto parsed = ParsePutQuery(query);
  return parsed ? "(valid)" : std::string(ErrorCodeName(parsed.error().code));
}
std::string ListError(std::string_view query) {
  const auto parsed = ParseListQuery(query);
  return parsed ? "(valid)" : std::string(ErrorCodeName(parsed.error().code));
}

// PUT: "`?ttl=90s` (`^[1-9][0-9]*(ms|s|m|h|d)$`, at most 3650d; without it no expiry)".
TEST(PutQuery, TakesATimeToLive) {
  EXPECT_EQ(**ParsePutQuery("ttl=90s"), seconds(90));
  EXPECT_EQ(**ParsePutQuery("ttl=1ms"), milliseconds(1));
  EXPECT_EQ(**ParsePutQuery("ttl=3650d"), std::chrono::hours(3650 * 24));
  EXPECT_EQ(**ParsePutQuery("ttl=87600h"), std::chrono::hours(3650 * 24));
  EXPECT_EQ(**ParsePutQuery("%74tl=%39s"), seconds(9));
  EXPECT_FALSE(ParsePutQuery("")->has_value());
  EXPECT_FALSE(ParsePutQuery("&")->has_value());
}

TEST(PutQuery, RefusesOtherTimesToLive) {
  for (const std::string ttl : {"", "0s", "09s", "s", "90", "-1s", "+1s", "1.5s", "1S", "1%20s",
                                "90s%20", "3651d", "87601h", "99999999999999999999s", "1w"}) {
    EXPECT_EQ(PutError("ttl=" + ttl), "invalid_ttl") << ttl;
  }
  EXPECT_EQ(PutError("ttl"), "invalid_ttl");
}

// Keys: 400 for "an unknown query parameter".
TEST(Query, RefusesUnknownAndRepeatedParameters) {
  EXPECT_EQ(PutError("tll=90s"), "invalid_query");
  EXPECT_EQ(PutError("TTL=90s"), "invalid_query");
  EXPECT_EQ(PutError("ttl=90s&ttl=90s"), "invalid_query");
  EXPECT_EQ(PutError("=x"), "invalid_query");
  EXPECT_EQ(PutError("ttl=90s&x"), "invalid_query");
  EXPECT_EQ(PutError("ttl=%zz"), "invalid_query");
  EXPECT_EQ(PutError("ttl=%FF"), "invalid_query");
  EXPECT_FALSE(ParseNoQuery("ttl=90s"));
  EXPECT_TRUE(ParseNoQuery(""));
  EXPECT_TRUE(ParseNoQuery("&"));
}

TEST(ListQuery, HasDefaults) {
  const auto query = ParseListQuery("");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->prefix, "");
  EXPECT_EQ(query->page_size, 100U);
  EXPECT_FALSE(query->page_token);
  EXPECT_FALSE(query->values);
}

TEST(ListQuery, TakesEachParameter) {
  const auto query = ParseListQuery("prefix=a%2Fb+c&page_size=1000&page_token=x_y-z&values=true");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->prefix, "a/b+c");
  EXPECT_EQ(query->page_size, 1000U);
  EXPECT_EQ(query->page_token, "x_y-z");
  EXPECT_TRUE(query->values);
  EXPECT_FALSE(ParseListQuery("values=false")->values);
}

TEST(ListQuery, RefusesWhatIsOutOfRange) {
  for (const char* query : {"page_size=0", "page_size=1001", "page_size=-1", "page_size=",
                            "page_size=010", "page_size=1e2", "values=", "values=1", "values=True",
                            "prefix=%00", "prefix=%FF", "limit=5", "prefix=a&prefix=b"}) {
    EXPECT_EQ(ListError(query), "invalid_query") << query;
  }
  EXPECT_EQ(ListError("prefix=" + std::string(512, 'a')), "(valid)");
  EXPECT_EQ(ListError("prefix=" + std::string(513, 'a')), "invalid_query");
}

}  // namespace
}  // namespace coolkit::api
