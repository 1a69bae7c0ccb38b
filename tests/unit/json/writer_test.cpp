#include "json/writer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace coolkit::json {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendQuoted(out, text);
  EXPECT_EQ(out.size(), QuotedSize(text));
  return out;
}

TEST(Quote, EscapesOnlyWhatItMust) {
  EXPECT_EQ(Quoted(""), R"("")");
  EXPECT_EQ(Quoted("plain / text"), R"("plain / text")");
  EXPECT_EQ(Quoted("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(Quoted("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(Quoted(std::string_view("\0\x01\x1f\x7f", 4)), "\"\\u0000\\u0001\\u001f\x7f\"");
  EXPECT_EQ(Quoted("grüße 😀"), "\"grüße 😀\"");
}

TEST(Writer, WritesEveryKind) {
  std::string out = "> ";
  Writer writer(out);
  writer.BeginObject();
  writer.Field("text", "a\nb");
  writer.Field("string", std::string("s"));
  writer.Field("view", std::string_view("v"));
  writer.Field("yes", true);
  writer.Field("small", std::numeric_limits<std::int64_t>::min());
  writer.Field("large", std::numeric_limits<std::uint64_t>::max());
  writer.Field("half", 0.5);
  writer.Key("null").Null();
  writer.Key("no\"ne").Number(std::numeric_limits<double>::infinity());
  writer.Key("raw").Raw("[1, 2]");
  writer.Key("list").BeginArray();
  writer.Number(1);
  writer.BeginObject();
  writer.EndObject();
  writer.BeginArray();
  writer.EndArray();
  writer.Bool(false);
  writer.String("x");
  writer.EndArray();
  writer.EndObject();
  EXPECT_EQ(out,
            R"(> {"text":"a\nb","string":"s","view":"v","yes":true,"small":-9223372036854775808,)"
            R"("large":18446744073709551615,"half":0.5,"null":null,"no\"ne":null,"raw":[1, 2],)"
            R"("list":[1,{},[],false,"x"]})");
  EXPECT_EQ(writer.size(), out.size());
}

TEST(Writer, RewindsAnItemThatDidNotFit) {
  std::string out;
  Writer writer(out);
  writer.BeginArray();
  const auto empty = writer.mark();
  writer.BeginObject();
  writer.Key("k");
  writer.Rewind(empty);
  writer.Number(1);
  const auto one = writer.mark();
  writer.String("too long");
  writer.Rewind(one);
  writer.Number(2);
  writer.EndArray();
  EXPECT_EQ(out, "[1,2]");
}

// Strings are looked at eight bytes at a time.
TEST(Writer, EscapesEveryByteWhereverItStands) {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t at = 0; at < 20; ++at) {
      std::string text(20, 'x');
      text[at] = static_cast<char>(byte);
      std::string out;
      Writer(out).String(text);
      const std::string_view all = out;
      ASSERT_EQ(all.substr(0, at + 1), "\"" + std::string(at, 'x'));
      ASSERT_EQ(all.substr(all.size() - (20 - at)), std::string(19 - at, 'x') + "\"");
      const bool escaped = byte < 0x20 || byte == '"' || byte == '\\';
      ASSERT_EQ(all.size() > 22, escaped) << byte << " at " << at;
      ASSERT_EQ(all.size(), QuotedSize(text));
      ASSERT_EQ(all[at + 1], escaped ? '\\' : static_cast<char>(byte));
    }
  }
}

TEST(WriterDeathTest, RefusesAnEndWithoutABegin) {
  std::string out;
  Writer writer(out);
  EXPECT_DEATH(writer.EndObject(), "depth_");
}

}  // namespace
}  // namespace coolkit::json
