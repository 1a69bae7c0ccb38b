#include "cli/service_url.h"

#include <gtest/gtest.h>

namespace coolkit::cli {
namespace {

TEST(ServiceUrlTest, PartsOfAUrl) {
  const auto plain = ParseServiceUrl("http://coolkit");
  ASSERT_TRUE(plain);
  EXPECT_EQ(net::FormatEndpoint(plain->endpoint), "coolkit:80");
  EXPECT_EQ(plain->authority, "coolkit");
  EXPECT_EQ(plain->path, "");

  const auto whole = ParseServiceUrl("http://127.0.0.1:8080/team/kv//");
  ASSERT_TRUE(whole);
  EXPECT_EQ(net::FormatEndpoint(whole->endpoint), "127.0.0.1:8080");
  EXPECT_EQ(whole->authority, "127.0.0.1:8080");
  EXPECT_EQ(whole->path, "/team/kv");

  const auto v6 = ParseServiceUrl("http://[::1]/");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->endpoint.host, "::1");
  EXPECT_EQ(v6->endpoint.port, 80);
  EXPECT_EQ(v6->authority, "[::1]");
  EXPECT_EQ(ParseServiceUrl("http://[::1]:81")->endpoint.port, 81);
}

TEST(ServiceUrlTest, WhatIsRefused) {
  for (const char* url :
       {"", "coolkit", "coolkit:8080", "http://", "http:///x", "http://h:0", "http://h:65536",
        "http://h:", "http://u:p@h", "http://h/?q", "http://h/#f", "http://h/a b", "http://h/\r\n",
        "http://h\r\nx", "https://h", "ftp://h", "http://a:b:c"}) {
    EXPECT_FALSE(ParseServiceUrl(url)) << url;
  }
}

TEST(ServiceUrlTest, AnyKeyIsEncodedSoThatItArrives) {
  EXPECT_EQ(*ItemTarget("c/k"), "/v1/kv/c/k");
  EXPECT_EQ(*ItemTarget("c/a/b//c/"), "/v1/kv/c/a/b//c/");
  EXPECT_EQ(*ItemTarget("c//"), "/v1/kv/c//");
  EXPECT_EQ(*ItemTarget("c/100%"), "/v1/kv/c/100%25");
  EXPECT_EQ(*ItemTarget("c/%2F"), "/v1/kv/c/%252F");
  EXPECT_EQ(*ItemTarget("c/a b+c"), "/v1/kv/c/a%20b%2Bc");
  EXPECT_EQ(*ItemTarget("c/ä€😀"), "/v1/kv/c/%C3%A4%E2%82%AC%F0%9F%98%80");
  EXPECT_EQ(*ItemTarget("c/x?y#z&=:@!"), "/v1/kv/c/x%3Fy%23z%26%3D%3A%40%21");
  EXPECT_EQ(*ItemTarget("c/-._~"), "/v1/kv/c/-._~");
  EXPECT_EQ(*ItemTarget("c/\x01\x7f\xff"), "/v1/kv/c/%01%7F%FF");
  EXPECT_EQ(*ItemTarget("a:b/k"), "/v1/kv/a%3Ab/k");
  EXPECT_EQ(CollectionTarget("a/b"), "/v1/kv/a%2Fb");
}

TEST(ServiceUrlTest, AKeyNeedsACollection) {
  for (const char* name : {"", "k", "/k", "c/", "/"}) {
    const auto target = ItemTarget(name);
    ASSERT_FALSE(target) << name;
    EXPECT_EQ(target.error().detail, "'" + std::string(name) + "' is not COLLECTION/KEY");
  }
}

}  // namespace
}  // namespace coolkit::cli
