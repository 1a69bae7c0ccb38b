#include <gtest/gtest.h>

#include <string>

#include "json/patch.h"
#include "json/value.h"

namespace coolkit::json {
namespace {

std::string Patch(std::string_view document, std::string_view patch, PatchLimits limits = {}) {
  const auto result = ApplyJsonPatch(document, patch, limits);
  return result ? *result : std::string(ErrorCodeName(result.error().code));
}

TEST(JsonPatch, LeavesUntouchedBytes) {
  const std::string document =
      " {\n  \"id\" : 123456789012345678901234567890 ,\n  \"list\": [ 1.00, {\"x\" :1e5}, "
      "\"\\u0041\" "
      "],\n  \"z\":0\n}\n";
  const auto with = [&](std::string_view was, std::string_view is) {
    std::string text = document;
    return text.replace(text.find(was), was.size(), is);
  };
  EXPECT_EQ(Patch(document, "[]"), document);
  EXPECT_EQ(Patch(document, R"([{"op":"test","path":"/list/1/x","value":100000}])"), document);
  EXPECT_EQ(Patch(document, R"([{"op":"replace","path":"/z","value":[ 1 ]}])"),
            with("\"z\":0", "\"z\":[ 1 ]"));
  EXPECT_EQ(Patch(document, R"([{"op":"remove","path":"/list/1"}])"), with(" {\"x\" :1e5},", ""));
  EXPECT_EQ(Patch(document, R"([{"op":"remove","path":"/list/2"}])"), with(", \"\\u0041\"", ""));
  EXPECT_EQ(Patch(document, R"([{"op":"add","path":"/list/1","value":7}])"),
            with("{\"x\" :1e5}", "7, {\"x\" :1e5}"));
  EXPECT_EQ(Patch(document, R"([{"op":"add","path":"/list/-","value":7}])"),
            with("\"\\u0041\"", "\"\\u0041\", 7"));
  EXPECT_EQ(Patch(document, R"([{"op":"add","path":"/new","value":7}])"),
            with("\"z\":0", "\"z\":0,\n  \"new\":7"));
  EXPECT_EQ(Patch(document, R"([{"op":"move","from":"/z","path":"/z"}])"), document);
  EXPECT_EQ(Patch(document, R"([{"op":"copy","from":"/id","path":"/z"}])"),
            with("\"z\":0", "\"z\":123456789012345678901234567890"));
}

TEST(JsonPatch, IsAtomicAndNamesTheOperation) {
  const auto failed = ApplyJsonPatch(
      R"({"a":1})", R"([{"op":"add","path":"/b","value":2},{"op":"test","path":"/a","value":2}])");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kPatchTestFailed);
  EXPECT_EQ(failed.error().detail, "operation 1 (test): the value is another one");
  EXPECT_EQ(ApplyJsonPatch("{}", R"([{"op":"remove","path":"/a"}])").error().detail,
            "operation 0 (remove): the place does not exist");
  // A malformed operation is found before a failing one is tried.
  EXPECT_EQ(Patch("{}", R"([{"op":"test","path":"/a","value":2},{"op":"add","path":"/b"}])"),
            "invalid_patch");
}

TEST(JsonPatch, OfRepeatedNamesTheLastOneCounts) {
  EXPECT_EQ(Patch(R"({"a":1,"a":2})", R"([{"op":"test","path":"/a","value":2}])"),
            R"({"a":1,"a":2})");
  EXPECT_EQ(Patch(R"({"a":1,"a":2})", R"([{"op":"replace","path":"/a","value":3}])"),
            R"({"a":1,"a":3})");
  EXPECT_EQ(Patch(R"({"a":1,"a":2})", R"([{"op":"add","path":"/a","value":3}])"),
            R"({"a":1,"a":3})");
  EXPECT_EQ(Patch(R"({"a":1,"b":0,"a":2})", R"([{"op":"remove","path":"/a"}])"), R"({"b":0})");
  EXPECT_EQ(Patch(R"({"a":1,"a":2})", R"([{"op":"move","from":"/a","path":"/b"}])"), R"({"b":2})");
  EXPECT_EQ(
      Patch("{}", R"([{"op":"remove","op":"add","path":"/x","path":"/a","value":1,"value":2}])"),
      R"({"a":2})");
}

TEST(JsonPatch, ManyMembersAreFoundByIndexAlike) {
  std::string document = "{\"m0\":0";
  for (int i = 1; i < 100; ++i) {
    document += ",\"m" + std::to_string(i) + "\":" + std::to_string(i);
  }
  document += ",\"m\\u0041\":\"e\"}";
  std::string patch = "[";
  for (int i = 0; i < 99; ++i)
    patch += "{\"op\":\"remove\",\"path\":\"/m" + std::to_string(i) + "\"},";
  patch += R"({"op":"test","path":"/mA","value":"e"},{"op":"add","path":"/m5","value":5},)"
           R"({"op":"remove","path":"/mA"},{"op":"replace","path":"/m99","value":-1}])";
  EXPECT_EQ(Patch(document, patch), R"({"m99":-1,"m5":5})");
}

TEST(JsonPatch, ErrorsSayWhichTextIsWrong) {
  EXPECT_EQ(Patch("{", "[]"), "not_json");
  EXPECT_EQ(Patch("", "[]"), "not_json");
  EXPECT_EQ(Patch("{}", "["), "invalid_patch");
  EXPECT_EQ(Patch("{}", ""), "invalid_patch");
  EXPECT_EQ(ApplyJsonPatch("{}", R"([{"op":"spam","path":"/a"}])").error().detail,
            "operation 0: `op` must be add, remove, replace, move, copy or test");
}

TEST(JsonPatch, HoldsItsLimits) {
  PatchLimits limits{.bytes_max = 100};
  limits.operations_max = 2;
  const std::string test = R"({"op":"test","path":"","value":1})";
  EXPECT_EQ(Patch("1", "[" + test + "," + test + "]", limits), "1");
  EXPECT_EQ(Patch("1", "[" + test + "," + test + "," + test + "]", limits), "payload_too_large");

  const std::string full = "\"" + std::string(91, 'x') + "\"";
  const std::string add = R"([{"op":"add","path":"/a","value":)";
  EXPECT_EQ(Patch(R"({"a":0})", add + full + "}]", limits).size(), 99u);
  EXPECT_EQ(Patch(R"({"a": 0})", add + full + "}]", limits).size(), 100u);
  EXPECT_EQ(Patch(R"({"a":  0})", add + full + "}]", limits), "payload_too_large");
  // What is too large only on the way may pass.
  EXPECT_EQ(Patch(R"({"b":)" + full + "}", add + full + R"(},{"op":"remove","path":"/b"}])", limits)
                .size(),
            99u);
}

TEST(JsonPatch, DepthOfTheResultIsLimited) {
  PatchLimits limits;
  limits.depth_max = 3;
  EXPECT_EQ(Patch("[[]]", R"([{"op":"add","path":"/0/-","value":[]}])", limits), "[[[]]]");
  EXPECT_EQ(Patch("[[]]", R"([{"op":"add","path":"/0/-","value":[[]]}])", limits), "invalid_patch");
  EXPECT_EQ(Patch("[[1]]", R"([{"op":"replace","path":"/0/0","value":[[]]}])", limits),
            "invalid_patch");
  EXPECT_EQ(Patch("[[[]]]", R"([{"op":"copy","from":"","path":"/0/-"}])", limits), "invalid_patch");
  EXPECT_EQ(Patch("[[[[]]]]", "[]", limits), "not_json");
}

TEST(JsonPatch, CopiesOfCopiesEndEarly) {
  std::string patch = "[";
  for (int i = 0; i < 999; ++i) patch += R"({"op":"copy","from":"","path":"/-"},)";
  patch += R"({"op":"add","path":"","value":0}])";
  PatchLimits limits;
  limits.depth_max = 2000;
  EXPECT_EQ(Patch("[1,1]", patch, limits), "payload_too_large");
}

TEST(JsonPatch, LongWorkEndsEarly) {
  std::string document = R"({"a":[0)";
  while (document.size() < 20'000) document += ",1";
  document += "]}";
  // Each round enters a fresh copy of the large array.
  std::string patch = "[";
  for (int i = 0; i < 300; ++i) {
    patch += R"({"op":"copy","from":"/a","path":"/b"},{"op":"test","path":"/b/0","value":0},)";
  }
  patch.back() = ']';
  EXPECT_EQ(Patch(document, patch, {.bytes_max = 60'000}), "payload_too_large");
  const PatchLimits patient{.bytes_max = 60'000, .work_factor = 1000};
  EXPECT_EQ(Patch(document, patch, patient).size(), 2 * document.size() - 1);
}

TEST(JsonPatch, TestsOfNumbersAreExact) {
  const auto equal = [](std::string_view a, std::string_view b) {
    return Patch(a, R"([{"op":"test","path":"","value":)" + std::string(b) + "}]") == a;
  };
  EXPECT_TRUE(equal("1", "10e-1"));
  EXPECT_TRUE(equal("[1.0,{\"a\":-0}]", "[1,{\"a\":0.0}]"));
  EXPECT_TRUE(equal("1e2147483647", "10e2147483646"));
  EXPECT_FALSE(equal("9007199254740993", "9007199254740992"));
  EXPECT_FALSE(equal("1e400", "1e401"));
}

}  // namespace
}  // namespace coolkit::json
