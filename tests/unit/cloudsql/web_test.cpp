#include "cloudsql/web.h"

#include <gtest/gtest.h>

namespace coolkit::cloudsql {
namespace {

TEST(WebUrl, HasSchemeHostPortAndTarget) {
  const auto url = ParseWebUrl("https://sts.googleapis.com/v1/token?x=y#z");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "sts.googleapis.com");
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->target, "/v1/token?x=y");
  const auto plain = ParseWebUrl("http://127.0.0.1:8080");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->target, "/");
  EXPECT_EQ(plain->port, 8080);
  const auto v6 = ParseWebUrl("http://[::1]/x");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "::1");
}

TEST(WebUrl, RefusesOthers) {
  for (const char* text : {"ftp://x/", "https://", "https:///x", "https://u@x/", "http://x:0/",
                           "http://x:99999/", "http://x/a b", "x", ""}) {
    EXPECT_FALSE(ParseWebUrl(text)) << text;
  }
}

TEST(WebUrl, SecretsGoToHttpsOrThisMachineOnly) {
  EXPECT_TRUE(IsSafe(*ParseWebUrl("https://example.com/")));
  EXPECT_TRUE(IsSafe(*ParseWebUrl("http://metadata.google.internal/")));
  EXPECT_TRUE(IsSafe(*ParseWebUrl("http://169.254.169.254/")));
  EXPECT_FALSE(IsSafe(*ParseWebUrl("http://example.com/")));
  EXPECT_FALSE(IsSafe(*ParseWebUrl("http://localhost.example.com/")));
}

TEST(FormEncode, EscapesEverythingElse) {
  EXPECT_EQ(FormEncode({{"a", "x y&z="}, {"b", "_-."}}), "a=x%20y%26z%3d&b=_-.");
}

}  // namespace
}  // namespace coolkit::cloudsql
