#include "http/target.h"

#include <gtest/gtest.h>

namespace coolkit::http {
namespace {

TEST(TargetTest, AcceptsAuthorities) {
  for (const char* good :
       {"x", "X.example", "127.0.0.1", "127.0.0.1:8080", "x:", "x:0", "a_b~c!$&'()*+,;=", "a%2Fb",
        "[::1]", "[::1]:80", "[::ffff:1.2.3.4]:65535", "x:65535"}) {
    EXPECT_TRUE(IsValidAuthority(good)) << good;
  }
  for (const char* bad :
       {"", ":80", "x:80:80", "x:65536", "x:1e1", "x y", "x/y", "u@x", "x%", "x%2", "x%2g", "[]",
        "[::1", "::1", "[x]", "[1]", "[::1]80", "[::1]:x", "x\\y"}) {
    EXPECT_FALSE(IsValidAuthority(bad)) << bad;
  }
}

TEST(TargetTest, CutsAbsoluteFormsToTheirPath) {
  const auto cut = [](Method method, std::string_view target) {
    const char* wrong = CheckTarget(method, target);
    return wrong == nullptr ? std::string(target) : std::string("refused");
  };
  EXPECT_EQ(cut(Method::kGet, "/a?b"), "/a?b");
  EXPECT_EQ(cut(Method::kGet, "http://x/a?b"), "/a?b");
  EXPECT_EQ(cut(Method::kGet, "http://x:80//a"), "//a");
  EXPECT_EQ(cut(Method::kGet, "http://x"), "/");
  EXPECT_EQ(cut(Method::kOptions, "https://x"), "*");
  EXPECT_EQ(cut(Method::kOptions, "*"), "*");
  EXPECT_EQ(cut(Method::kGet, "*"), "refused");
  EXPECT_EQ(cut(Method::kGet, "http://x?b"), "refused");
  EXPECT_EQ(cut(Method::kGet, "ws://x/"), "refused");
  EXPECT_EQ(cut(Method::kGet, "/a#b"), "refused");
  EXPECT_EQ(cut(Method::kConnect, "x:443"), "x:443");
  EXPECT_EQ(cut(Method::kConnect, "[::1]:443"), "[::1]:443");
  EXPECT_EQ(cut(Method::kConnect, "x"), "refused");
  EXPECT_EQ(cut(Method::kConnect, "/a"), "refused");
}

}  // namespace
}  // namespace coolkit::http
