#include "http/message.h"

#include <gtest/gtest.h>

#include <vector>

#include "http/status.h"

namespace coolkit::http {
namespace {

TEST(MessageTest, FindsAndJoinsFields) {
  const std::vector<Header> headers{{Field::kIfMatch, "If-Match", "\"1\""},
                                    {Field::kOther, "X", "y"},
                                    {Field::kIfMatch, "if-match", "\"2\""}};
  RequestHead head;
  head.headers = headers;
  EXPECT_EQ(head.Find(Field::kIfMatch), &headers[0]);
  EXPECT_EQ(head.Find(Field::kAccept), nullptr);
  EXPECT_EQ(head.Find(Field::kOther), nullptr);
  EXPECT_EQ(head.Joined(Field::kIfMatch), "\"1\", \"2\"");
  EXPECT_EQ(head.Joined(Field::kAccept), "");
}

TEST(MessageTest, JoinsEmptyValuesToo) {
  const std::vector<Header> headers{{Field::kAccept, "Accept", ""},
                                    {Field::kAccept, "Accept", "a"}};
  RequestHead head;
  head.headers = headers;
  EXPECT_EQ(head.Joined(Field::kAccept), ", a");
}

TEST(MessageTest, AddsHeaderLines) {
  Response response;
  response.AddHeader("ETag", "\"1\"");
  response.AddHeader("Vary", "");
  EXPECT_EQ(response.headers, "ETag: \"1\"\r\nVary: \r\n");
}

TEST(MessageTest, KnowsReasonsAndStatusLines) {
  EXPECT_EQ(ReasonPhrase(413), "Content Too Large");
  EXPECT_EQ(ReasonPhrase(431), "Request Header Fields Too Large");
  EXPECT_EQ(ReasonPhrase(299), "Unknown");
  EXPECT_EQ(StatusLine(204), "HTTP/1.1 204 No Content\r\n");
  EXPECT_EQ(StatusLine(299), "");
  EXPECT_TRUE(IsBodyless(100));
  EXPECT_TRUE(IsBodyless(204));
  EXPECT_TRUE(IsBodyless(304));
  EXPECT_FALSE(IsBodyless(200));
  EXPECT_FALSE(IsBodyless(205));
}

TEST(MessageTest, NamesMethods) { EXPECT_EQ(MethodName(Method::kOther), "OTHER"); }

}  // namespace
}  // namespace coolkit::http
