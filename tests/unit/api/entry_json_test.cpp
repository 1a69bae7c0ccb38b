#include "api/entry_json.h"

#include <gtest/gtest.h>

namespace coolkit::api {
namespace {

TEST(FormatTimestamp, IsRfc3339InUtcWithMicroseconds) {
  EXPECT_EQ(FormatTimestamp(DbTime(microseconds(0))), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(FormatTimestamp(DbTime(microseconds(784'111'777'000'123))),
            "1994-11-06T08:49:37.000123Z");
  EXPECT_EQ(FormatTimestamp(DbTime(microseconds(-1))), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(FormatTimestamp(DbTime(microseconds(1'709'164'799'999'999))),
            "2024-02-28T23:59:59.999999Z");
}

// JSON shapes: "A value is "text" when it is valid UTF-8, else "base64"".
TEST(WriteValue, IsTextIfItCanBe) {
  const auto written = [](std::string_view value) {
    std::string out;
    json::Writer writer(out);
    writer.BeginObject();
    WriteValue(writer, value);
    writer.EndObject();
    return out;
  };
  EXPECT_EQ(written("grüße\n"), R"({"text":"grüße\n"})");
  EXPECT_EQ(written(""), R"({"text":""})");
  EXPECT_EQ(written(std::string_view("\0", 1)), R"({"text":"\u0000"})");
  EXPECT_EQ(written("\xff\xfe"), R"({"base64":"//4="})");
}

// Versions: "In JSON a version is a decimal string (it exceeds 2^53)".
TEST(WriteEntryMembers, HasVersionsAsStringsAndTtlOnlyIfItExpires) {
  model::Entry::Fields fields;
  fields.version = {9'007'199'254'740'993};
  fields.present = true;
  fields.content_type = "text/plain";
  fields.value = "abc";
  const model::EntryPtr entry = model::Entry::Create(fields);
  const auto written = [&entry](std::optional<milliseconds> ttl) {
    std::string out;
    json::Writer writer(out);
    writer.BeginObject();
    WriteEntryMembers(writer, *entry, 3, ttl);
    writer.EndObject();
    return out;
  };
  EXPECT_EQ(written(std::nullopt),
            R"({"version":"9007199254740993","content_type":"text/plain","size":3,)"
            R"("modified_at":"1970-01-01T00:00:00.000000Z"})");
  EXPECT_TRUE(written(milliseconds(5)).ends_with(R"(,"ttl_ms":5})"));
}

}  // namespace
}  // namespace coolkit::api
