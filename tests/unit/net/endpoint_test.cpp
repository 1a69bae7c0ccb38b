#include <gtest/gtest.h>

#include "net/tcp.h"

namespace coolkit::net {
namespace {

TEST(ParseEndpoint, TakesNamesAndBothKindsOfAddresses) {
  for (const char* text : {"127.0.0.1:8080", "localhost:0", "[::1]:65535", "0.0.0.0:80"}) {
    const auto endpoint = ParseEndpoint(text);
    ASSERT_TRUE(endpoint.has_value()) << text;
    EXPECT_EQ(FormatEndpoint(*endpoint), text);
  }
  EXPECT_EQ(ParseEndpoint("[::1]:1")->host, "::1");
}

TEST(ParseEndpoint, RefusesWhatIsNotHostAndPort) {
  for (const char* text : {"", ":", "8080", ":8080", "host:", "host:65536", "host:-1", "host:080",
                           "::1:80", "[::1]", "[]:80", "[abc]:80", "a b:80", "host:8o", "h/x:1"}) {
    EXPECT_FALSE(ParseEndpoint(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace coolkit::net
