#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "json/patch.h"
#include "json/value.h"
#include "unit/json/random_json.h"

namespace coolkit::json {
namespace {

std::string Merge(std::string_view document, std::string_view patch) {
  const auto result = ApplyMergePatch(document, patch);
  return result ? *result : std::string(ErrorCodeName(result.error().code));
}

struct Case {
  std::string_view document;
  std::string_view patch;
  std::string_view result;
};

// The examples of RFC 7396, sections 1 and 3 and appendix A.
TEST(MergePatch, TheExamplesOfRfc7396) {
  const Case cases[] = {
      {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
      {R"({"a":"b"})", R"({"a":null})", R"({})"},
      {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
      {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
      {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
      {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
      {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
      {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
      {R"({"a":"foo"})", R"(null)", R"(null)"},
      {R"({"a":"foo"})", R"("bar")", R"("bar")"},
      {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
      {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
      {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
      {R"({"a":"b","c":{"d":"e","f":"g"}})", R"({"a":"z","c":{"f":null}})",
       R"({"a":"z","c":{"d":"e"}})"},
      {R"({"title":"Goodbye!","author":{"givenName":"John","familyName":"Doe"},)"
       R"("tags":["example","sample"],"content":"This will be unchanged"})",
       R"({"title":"Hello!","phoneNumber":"+01-123-456-7890","author":{"familyName":null},)"
       R"("tags":["example"]})",
       R"({"title":"Hello!","author":{"givenName":"John"},"tags":["example"],)"
       R"("content":"This will be unchanged","phoneNumber":"+01-123-456-7890"})"},
  };
  for (const Case& c : cases) EXPECT_EQ(Merge(c.document, c.patch), c.result) << c.patch;
}

TEST(MergePatch, LeavesUntouchedBytes) {
  const Case cases[] = {
      {"{ }\n", "{}", "{ }\n"},
      {" { \"a\" :1.0 ,\"b\": 1e2}\n", R"({"x":null})", " { \"a\" :1.0 ,\"b\": 1e2}\n"},
      {" { \"a\" :1.0 ,\"b\": 1e2}\n", R"({"b":2})", " { \"a\" :1.0 ,\"b\": 2}\n"},
      {" { \"a\" :1.0 ,\"b\": 1e2 }\n", R"({"b":null})", " { \"a\" :1.0  }\n"},
      {" { \"a\" :1.0 ,\"b\": 1e2 }\n", R"({"a":null})", " {\"b\": 1e2 }\n"},
      {R"({"id":123456789012345678901234567890,"x":1})", R"({"x":2})",
       R"({"id":123456789012345678901234567890,"x":2})"},
      {R"({"\u0061":1,"b":"\/"})", R"({"a":2})", R"({"\u0061":2,"b":"\/"})"},
      {R"({"a\n":1})", R"({"a\u000a":null})", "{}"},
      {R"({"\\n":1})", R"({"\n":2})", R"({"\\n":1,"\n":2})"},
      {R"({"a":{"b":[ 1, {"c" : 2} ],"d":0}})", R"({"a":{"d":1}})",
       R"({"a":{"b":[ 1, {"c" : 2} ],"d":1}})"},
      // An array is replaced as a whole, nulls inside it are values.
      {R"({"a":[1]})", R"({"a":[null, {"b":null}]})", R"({"a":[null, {"b":null}]})"},
      {R"([1])", R"(  [ null ] )", "[ null ]"},
      {" 5 ", "{\"a\" : {\"b\" : 1}}", " {\"a\":{\"b\":1}} "},
  };
  for (const Case& c : cases) EXPECT_EQ(Merge(c.document, c.patch), c.result) << c.patch;
}

TEST(MergePatch, NewMembersLookLikeTheirNeighbours) {
  EXPECT_EQ(Merge("{\n  \"a\": 1\n}\n", R"({"b":2,"c":3})"),
            "{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}\n");
  EXPECT_EQ(Merge("{ }", R"({"b" : 2})"), "{\"b\":2 }");
  EXPECT_EQ(Merge("{" + std::string(100, ' ') + "\"a\":1}", R"({"b":2})"),
            "{" + std::string(100, ' ') + "\"a\":1,\"b\":2}");
}

TEST(MergePatch, OfRepeatedNamesTheLastOneCounts) {
  EXPECT_EQ(Merge(R"({"a":1,"a":2})", R"({"a":3})"), R"({"a":1,"a":3})");
  EXPECT_EQ(Merge(R"({"a":1,"b":0,"\u0061":2})", R"({"a":null})"), R"({"b":0})");
  EXPECT_EQ(Merge(R"({})", R"({"a":{"x":1},"a":{"y":2}})"), R"({"a":{"y":2}})");
  EXPECT_EQ(Merge(R"({"a":1})", R"({"a":null,"a":2})"), R"({"a":2})");
  std::string document = "{\"a\":0";  // enough members for an index
  for (int i = 0; i < 40; ++i)
    document += ",\"n" + std::to_string(i % 20) + "\":" + std::to_string(i);
  std::string patch = "{\"a\":9";
  for (int i = 0; i < 20; ++i) patch += ",\"n" + std::to_string(i) + "\":null";
  EXPECT_EQ(Merge(document + "}", patch + "}"), "{\"a\":9}");
}

TEST(MergePatch, ErrorsSayWhichTextIsWrong) {
  EXPECT_EQ(Merge("{", "{}"), "not_json");
  EXPECT_EQ(Merge("", "{}"), "not_json");
  EXPECT_EQ(Merge("\xFF\xD8\xFF", "{}"), "not_json");
  EXPECT_EQ(Merge("{}", "{"), "invalid_patch");
  EXPECT_EQ(Merge("{}", ""), "invalid_patch");
  EXPECT_EQ(Merge("{", "{"), "invalid_patch");
  EXPECT_EQ(ApplyMergePatch("{}", "[1,").error().detail.substr(0, 33),
            "the patch is not JSON at byte 3: ");
  EXPECT_EQ(ApplyMergePatch("x", "{}").error().detail.substr(0, 40),
            "the stored value is not JSON at byte 0: ");
}

TEST(MergePatch, HoldsItsLimits) {
  EXPECT_TRUE(ApplyMergePatch(R"({"a":1})", R"({"b":2})", 13).has_value());
  EXPECT_EQ(ApplyMergePatch(R"({"a":1})", R"({"b":2})", 12).error().code,
            ErrorCode::kPayloadTooLarge);
  const std::string deep = std::string(65, '[') + std::string(65, ']');
  EXPECT_EQ(Merge("{}", "{\"a\":" + deep + "}"), "invalid_patch");
  EXPECT_EQ(Merge(deep, "{}"), "not_json");
}

// RFC 7396 section 2, word by word, on values.
Value Reference(const Value& target, const Value& patch) {
  if (patch.kind() != Kind::kObject) return patch;
  std::vector<Member> members;
  if (target.kind() == Kind::kObject) members = target.members();
  for (const Member& change : patch.members()) {
    const auto at = std::find_if(members.begin(), members.end(),
                                 [&](const Member& member) { return member.name == change.name; });
    if (change.value.kind() == Kind::kNull) {
      if (at != members.end()) members.erase(at);
    } else if (at != members.end()) {
      at->value = Reference(at->value, change.value);
    } else {
      members.push_back({change.name, Reference(Value(), change.value)});
    }
  }
  return Value::Object(std::move(members));
}

// Every member that the patch does not name has its old bytes, at every depth.
void ExpectUntouched(const Value& before, const Value& after, const Value& patch) {
  if (before.kind() != Kind::kObject || patch.kind() != Kind::kObject) return;
  for (const Member& member : before.members()) {
    const Value* change = patch.Find(member.name);
    const Value* now = after.Find(member.name);
    if (change == nullptr) {
      ASSERT_NE(now, nullptr);
      EXPECT_EQ(now->source(), member.value.source());
    } else if (now != nullptr) {
      ExpectUntouched(member.value, *now, *change);
    }
  }
}

TEST(MergePatch, RandomOnesAgreeWithTheReferenceAndKeepBytes) {
  RandomJson random(20);
  for (int round = 0; round < 2000; ++round) {
    const std::string document = random.Space() + random.Object(4) + random.Space();
    const std::string patch = random.OneIn(20) ? random.Document() : random.Object(4);
    const auto before = Parse(document);
    const auto change = Parse(patch);
    ASSERT_TRUE(before && change);
    const auto result = ApplyMergePatch(document, patch);
    ASSERT_TRUE(result) << document << "\n" << patch;
    const auto after = Parse(*result);
    ASSERT_TRUE(after) << *result;
    ASSERT_TRUE(*after == Reference(*before, *change)) << document << "\n"
                                                       << patch << "\n"
                                                       << *result;
    ExpectUntouched(*before, *after, *change);
    ASSERT_FALSE(HasFailure()) << document << "\n" << patch << "\n" << *result;
  }
}

}  // namespace
}  // namespace coolkit::json
