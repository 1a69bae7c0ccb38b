#include <gtest/gtest.h>

#include <string>

#include "json/scan.h"
#include "json/value.h"
#include "unit/json/random_json.h"

namespace coolkit::json {
namespace {

std::string Nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

std::string DetailOf(std::string_view text, ParseLimits limits = {}) {
  const auto parsed = Parse(text, limits);
  EXPECT_FALSE(Validate(text, limits).has_value() || parsed.has_value()) << text;
  return parsed ? "" : parsed.error().detail;
}

TEST(Parse, ReadsEveryKind) {
  const auto root = Parse(
      R"( {"null":null,"yes":true,"no":false,"n":-1.50E+3,"s":"a\u00e9\n\uD83D\uDE00b","e":"",)"
      R"("list":[1,"two",{}],"na\"me":{"x":[]}} )");
  ASSERT_TRUE(root) << root.error().detail;
  ASSERT_EQ(root->kind(), Kind::kObject);
  ASSERT_EQ(root->members().size(), 8u);
  EXPECT_EQ(root->members()[7].name, "na\"me");
  EXPECT_EQ(root->Find("null")->kind(), Kind::kNull);
  EXPECT_TRUE(root->Find("yes")->bool_value());
  EXPECT_EQ(root->Find("no")->kind(), Kind::kBool);
  EXPECT_FALSE(root->Find("no")->bool_value());
  EXPECT_EQ(root->Find("n")->number_token(), "-1.50E+3");
  EXPECT_EQ(root->Find("s")->string(), "aé\n😀b");
  EXPECT_EQ(root->Find("e")->kind(), Kind::kString);
  EXPECT_EQ(root->Find("e")->string(), "");
  ASSERT_EQ(root->Find("list")->items().size(), 3u);
  EXPECT_EQ(root->Find("list")->items()[1].string(), "two");
  EXPECT_EQ(root->Find("list")->source(), R"([1,"two",{}])");
  EXPECT_EQ(root->Find("absent"), nullptr);
}

TEST(Parse, ScalarsAloneAreDocuments) {
  EXPECT_EQ(Parse("12345678901234567890123")->number_token(), "12345678901234567890123");
  EXPECT_EQ(Parse(" \"x\" ")->string(), "x");
  EXPECT_EQ(Parse("\t-0\r\n")->number_token(), "-0");
  EXPECT_EQ(Parse("null")->kind(), Kind::kNull);
}

TEST(Parse, KeepsNulAndLongStringsWithEscapes) {
  EXPECT_EQ(Parse(R"("a\u0000b")")->string(), std::string_view("a\0b", 3));
  // Longer than any buffer of the parser, with an escape at every place relative to its edges.
  for (std::size_t before = 4080; before < 4110; ++before) {
    const std::string filler(before, 'x');
    const auto value = Parse("[\"" + filler + R"(\uD83D\uDE00\t)" + filler + "\",1]");
    ASSERT_TRUE(value);
    EXPECT_EQ(value->items()[0].string(), filler + "😀\t" + filler);
    EXPECT_EQ(value->items()[1].number_token(), "1");
  }
}

TEST(Parse, OfRepeatedNamesTheLastOneIsFound) {
  const auto value = Parse(R"({"a":1,"b":2,"a":3})");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->members().size(), 3u);
  EXPECT_EQ(value->Find("a")->number_token(), "3");
}

TEST(Parse, RefusesWhatRfc8259DoesNotKnow) {
  for (const std::string_view text :
       {"{",         "[",        "[1,]",       "{\"a\":1,}", "{a:1}",    "{'a':1}",  "[1 2]",
        "{\"a\" 1}", "{\"a\":}", "{1:2}",      "01",         "-",        "+1",       "1.",
        ".5",        "1e",       "1e+",        "0x1",        "NaN",      "Infinity", "nul",
        "True",      "\"",       "\"\\x\"",    "\"\\u12\"",  "\"\t\"",   "\"\n\"",   "1 1",
        "[] []",     "// c\n1",  "/* c */1",   "[1]//",      "\xFE\xFF", " ",        "]",
        "\"\\",      "\"\\u12",  "[\"a\",",    "--1",        "1.e1",     "-01",      "[,1]",
        "\v1",       "\f1",      "\xC2\xA0 1", "tru",        "nullx",    "1,",       "{,}"}) {
    const auto parsed = Parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidJson) << text;
    EXPECT_FALSE(Validate(text)) << text;
  }
  EXPECT_FALSE(Parse(std::string_view("\0", 1)));
  EXPECT_FALSE(Parse(std::string_view("1\0", 2)));
  EXPECT_FALSE(Parse(std::string_view("[\0]", 3)));
}

TEST(Parse, RefusesHalvesOfSurrogatePairs) {
  const std::string filler(5000, 'x');  // another path of the parser: across its buffer
  for (const char* escape :
       {R"(\ud800)", R"(\udc00)", R"(\ud800\ud800)", R"(\ud800x)", R"(\ud800\n)", R"(\udc00\ud800)",
        R"(\uD800\u0041)", R"(\ud83d\u00e9)"}) {
    for (const std::string& before : {std::string(), filler, std::string(4090, 'y')}) {
      const std::string text = "\"" + before + escape + "\"";
      EXPECT_FALSE(Parse(text)) << escape;
      EXPECT_FALSE(Parse(text + "            ")) << escape;
      EXPECT_FALSE(Parse("{" + text + ":1}")) << escape;
    }
  }
}

TEST(Parse, RefusesWhatIsNotUtf8) {
  for (const std::string_view bytes :
       {"\x80", "\xFF", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC3",
        "\xE2\x82", "\xF0\x9F\x98", "\xF8\x88\x80\x80\x80"}) {
    EXPECT_FALSE(Parse("\"" + std::string(bytes) + "\""));
    EXPECT_FALSE(Parse("\"\\n" + std::string(bytes) + "\""));
    EXPECT_FALSE(Parse("{\"" + std::string(bytes) + "\":1}"));
    EXPECT_FALSE(Parse("\"" + std::string(bytes)));
  }
  EXPECT_TRUE(Parse("\"\xF4\x8F\xBF\xBF\xED\x9F\xBF\""));
}

TEST(Parse, ErrorsSayWhatAndWhere) {
  EXPECT_EQ(DetailOf(""), "empty; a JSON value was expected");
  EXPECT_EQ(DetailOf("\xEF\xBB\xBF{}"), "not JSON at byte 0: a byte order mark");
  EXPECT_EQ(DetailOf("[1, 2 3]").substr(0, 18), "not JSON at byte 6");
  EXPECT_EQ(DetailOf("{} x"), "not JSON at byte 3: extra data after the value");
  EXPECT_EQ(DetailOf("[1").substr(0, 18), "not JSON at byte 2");
  EXPECT_EQ(DetailOf(Nested(65)), "not JSON at byte 64: nested deeper than 64 levels");
}

TEST(Parse, HoldsItsLimits) {
  EXPECT_TRUE(Parse(Nested(64)));
  EXPECT_FALSE(Parse(Nested(1'000'000)));
  EXPECT_EQ(DepthOf(Nested(64)), 64u);
  EXPECT_TRUE(Parse("[1,2]", {.bytes_max = 5}));
  EXPECT_EQ(Parse("[1,2]", {.bytes_max = 4}).error().code, ErrorCode::kPayloadTooLarge);
  EXPECT_EQ(Validate("[1,2]", {.bytes_max = 4}).error().code, ErrorCode::kPayloadTooLarge);
  for (const char* text : {"[1,2]", "[{},[]]", R"(["",null])", R"({"a":true,"b":2e0})"}) {
    EXPECT_TRUE(Parse(text, {.values_max = 3})) << text;
    EXPECT_EQ(Parse(text, {.values_max = 2}).error().code, ErrorCode::kPayloadTooLarge) << text;
    EXPECT_EQ(Parse(text, {.values_max = 1}).error().code, ErrorCode::kPayloadTooLarge) << text;
    EXPECT_TRUE(Validate(text, {.values_max = 0})) << text;
  }
}

TEST(Parse, ExponentsBeyond32BitsAreRefusedAndOthersKept) {
  EXPECT_EQ(Parse("1e2147483647")->number_token(), "1e2147483647");
  EXPECT_EQ(Parse("-0.1E-99999")->number_token(), "-0.1E-99999");
  EXPECT_FALSE(Parse("1e2147483648"));
}

TEST(Parse, ABatchMayBeLarge) {
  std::string text = R"({"items":[)";
  const std::string value(8000, 'v');
  for (int i = 0; i < 1000; ++i) {
    text += (i == 0 ? "" : ",");
    text += R"({"method":"put","key":"k)" + std::to_string(i) + R"(","text":")" + value + "\"}";
  }
  text += "]}";
  const auto parsed = Parse(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->Find("items")->items()[999].Find("text")->string(), value);
  EXPECT_EQ(Serialize(*parsed), text);
}

// The cursor of the builder and the walk of the patches agree with the parser about every place.
TEST(Parse, SourcesOfRandomDocumentsAreTheirParts) {
  RandomJson random(7);
  for (int round = 0; round < 2000; ++round) {
    const std::string text = random.Document();
    const auto root = Parse(text);
    ASSERT_TRUE(root) << text;
    const std::size_t begin = SkipSpace(text, 0);
    EXPECT_EQ(root->source(), text.substr(begin, SkipValue(text, begin) - begin));
    std::vector<const Value*> open{&*root};
    while (!open.empty()) {
      const Value& value = *open.back();
      open.pop_back();
      const auto again = Parse(value.source());
      ASSERT_TRUE(again) << value.source();
      EXPECT_EQ(again->source(), value.source());
      EXPECT_TRUE(*again == value) << value.source();
      EXPECT_EQ(KindOf(value.source().front()), value.kind());
      if (value.kind() == Kind::kString) {
        EXPECT_EQ(Unquote(value.source()), value.string());
      }
      for (const Value& item : value.items()) open.push_back(&item);
      for (const Member& member : value.members()) open.push_back(&member.value);
    }
  }
}

}  // namespace
}  // namespace coolkit::json
