#include "api/write_request.h"

#include <gtest/gtest.h>

#include "unit/api/request_maker.h"

namespace coolkit::api {
namespace {

std::string ErrorOf(const std::string& method, Headers headers,
                    const std::string& target = "/v1/kv/c/k") {
  const MadeRequest made(method, target, std::move(headers));
  WriteRequest write;
  const Result<void> parsed = write.Parse(made.head, Locate(made.head.target));
  return parsed ? "(valid)" : std::string(ErrorCodeName(parsed.error().code));
}
std::string TypeOf(Headers headers) {
  const MadeRequest made("PUT", "/v1/kv/c/k", std::move(headers));
  WriteRequest write;
  EXPECT_TRUE(write.Parse(made.head, Locate(made.head.target)));
  return write.content_type;
}

// PUT: "refuses what it would not keep: `Content-Range` 400, `Content-Encoding` other than identity
// 415".
TEST(Put, RefusesWhatItWouldNotKeep) {
  EXPECT_EQ(ErrorOf("PUT", {{"Content-Range", "bytes 0-1/5"}}), "invalid_header");
  EXPECT_EQ(ErrorOf("PUT", {{"Content-Encoding", "gzip"}}), "unsupported_encoding");
  EXPECT_EQ(ErrorOf("PUT", {{"Content-Encoding", "identity, br"}}), "unsupported_encoding");
  EXPECT_EQ(ErrorOf("PUT", {{"Content-Encoding", "identity"}, {"Content-Encoding", "gzip"}}),
            "unsupported_encoding");
  EXPECT_EQ(ErrorOf("PUT", {{"Content-Encoding", "Identity"}}), "(valid)");
  EXPECT_EQ(ErrorOf("PUT", {{"Content-Encoding", ""}}), "(valid)");
}

TEST(Put, KeepsTheContentTypeAsItIs) {
  EXPECT_EQ(TypeOf({{"Content-Type", "Text/Plain; charset=\"UTF-8\""}}),
            "Text/Plain; charset=\"UTF-8\"");
  EXPECT_EQ(TypeOf({}), "application/octet-stream");
  EXPECT_EQ(TypeOf({{"Content-Type", ""}}), "application/octet-stream");
  EXPECT_EQ(TypeOf({{"Content-Type", std::string(255, 'a')}}), std::string(255, 'a'));
}

TEST(Put, RefusesContentTypesThatAreNoText) {
  EXPECT_EQ(ErrorOf("PUT", {{"Content-Type", std::string(256, 'a')}}), "invalid_header");
  EXPECT_EQ(ErrorOf("PUT", {{"Content-Type", "text/\x80"}}), "invalid_header");
  EXPECT_EQ(ErrorOf("PUT", {{"Content-Type", "text/\tplain"}}), "invalid_header");
  EXPECT_EQ(ErrorOf("PUT", {{"Content-Type", "a/b"}, {"Content-Type", "a/b"}}), "invalid_header");
}

TEST(Put, TakesATtlThatOthersRefuse) {
  EXPECT_EQ(ErrorOf("PUT", {}, "/v1/kv/c/k?ttl=5s"), "(valid)");
  EXPECT_EQ(ErrorOf("PUT", {}, "/v1/kv/c/k?ttl=5"), "invalid_ttl");
  EXPECT_EQ(ErrorOf("DELETE", {}, "/v1/kv/c/k?ttl=5s"), "invalid_query");
  EXPECT_EQ(
      ErrorOf("PATCH", {{"Content-Type", "application/merge-patch+json"}}, "/v1/kv/c/k?ttl=5s"),
      "invalid_query");
}

// PATCH: "`application/merge-patch+json` (RFC 7396) or `application/json-patch+json` (RFC 6902)";
// "unknown type 415".
TEST(Patch, TakesItsTwoTypes) {
  EXPECT_EQ(ErrorOf("PATCH", {{"Content-Type", "application/merge-patch+json"}}), "(valid)");
  EXPECT_EQ(ErrorOf("PATCH", {{"Content-Type", "Application/JSON-Patch+json ;charset=utf-8"}}),
            "(valid)");
  EXPECT_EQ(ErrorOf("PATCH", {{"Content-Type", "application/json"}}), "unsupported_media_type");
  EXPECT_EQ(ErrorOf("PATCH", {}), "unsupported_media_type");
  EXPECT_EQ(ErrorOf("PATCH", {{"Content-Type", "application/json-patch+json"},
                              {"Content-Encoding", "gzip"}}),
            "unsupported_encoding");
}

TEST(Write, ChecksKeyConditionsAndPosition) {
  EXPECT_EQ(ErrorOf("PUT", {}, "/v1/kv/c/"), "invalid_key");
  EXPECT_EQ(ErrorOf("PUT", {}, "/v1/kv/C/k"), "invalid_collection");
  EXPECT_EQ(ErrorOf("DELETE", {{"If-Match", "7"}}), "invalid_header");
  EXPECT_EQ(ErrorOf("DELETE", {{"Coolkit-Position", "7"}}), "invalid_position");
}

}  // namespace
}  // namespace coolkit::api
