#include "api/preconditions.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/api/request_maker.h"

namespace coolkit::api {
namespace {

using Kind = model::Condition::Kind;

constexpr std::int64_t kModified = 784'111'777;  // Sun, 06 Nov 1994 08:49:37 GMT
constexpr const char* kAt = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* kBefore = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr const char* kAfter = "Sun, 06 Nov 1994 08:49:38 GMT";

model::EntryPtr Present(std::int64_t version) {
  model::Entry::Fields fields;
  fields.collection = "c";
  fields.key = "k";
  fields.version = {version};
  fields.present = true;
  fields.modified_at = DbTime(seconds(kModified) + milliseconds(999));
  return model::Entry::Create(fields);
}
model::EntryPtr Absent(std::int64_t version) {
  model::Entry::Fields fields;
  fields.collection = "c";
  fields.key = "k";
  fields.version = {version};
  return model::Entry::Create(fields);
}

Preconditions Parse(const std::string& method, Headers headers) {
  const MadeRequest made(method, "/v1/kv/c/k", std::move(headers));
  Result<Preconditions> parsed = ParsePreconditions(made.head);
  EXPECT_TRUE(parsed);
  return parsed ? *parsed : Preconditions{};
}
Verdict Read(Headers headers, const model::EntryPtr& entry = Present(7)) {
  return Evaluate(Parse("GET", std::move(headers)), *entry, true);
}
Verdict Write(Headers headers, const model::EntryPtr& entry = Present(7)) {
  return Evaluate(Parse("PUT", std::move(headers)), *entry, false);
}
bool IsMalformed(const std::string& field, const std::string& value) {
  const MadeRequest made("PUT", "/v1/kv/c/k", {{field, value}});
  const Result<Preconditions> parsed = ParsePreconditions(made.head);
  return !parsed && parsed.error().code == ErrorCode::kInvalidHeader;
}
std::vector<std::int64_t> Versions(const model::Condition& condition) {
  std::vector<std::int64_t> numbers;
  for (const model::Version version : condition.versions) numbers.push_back(version.value);
  return numbers;
}

// Preconditions: "`If-Match` strong (a weak tag never matches)".
TEST(Preconditions, IfMatchComparesStrongly) {
  EXPECT_EQ(Write({{"If-Match", "\"7\""}}), Verdict::kProceed);
  EXPECT_EQ(Write({{"If-Match", "W/\"7\""}}), Verdict::kFailed);
  EXPECT_EQ(Write({{"If-Match", "\"8\""}}), Verdict::kFailed);
  EXPECT_EQ(Write({{"If-Match", "*"}}), Verdict::kProceed);
  EXPECT_EQ(Write({{"If-Match", "*"}}, Absent(7)), Verdict::kFailed);
  EXPECT_EQ(Write({{"If-Match", "\"7\""}}, Absent(7)), Verdict::kFailed);
}

// Preconditions: "`If-None-Match` weak"; "a failed one is 412, on GET/HEAD 304".
TEST(Preconditions, IfNoneMatchComparesWeakly) {
  EXPECT_EQ(Read({{"If-None-Match", "\"7\""}}), Verdict::kNotModified);
  EXPECT_EQ(Read({{"If-None-Match", "W/\"7\""}}), Verdict::kNotModified);
  EXPECT_EQ(Read({{"If-None-Match", "\"8\""}}), Verdict::kProceed);
  EXPECT_EQ(Read({{"If-None-Match", "*"}}), Verdict::kNotModified);
  EXPECT_EQ(Write({{"If-None-Match", "\"7\""}}), Verdict::kFailed);
  EXPECT_EQ(Write({{"If-None-Match", "W/\"7\""}}), Verdict::kFailed);
  EXPECT_EQ(Write({{"If-None-Match", "*"}}), Verdict::kFailed);
  EXPECT_EQ(Write({{"If-None-Match", "*"}}, Absent(7)), Verdict::kProceed);
  EXPECT_EQ(Write({{"If-None-Match", "\"7\""}}, Absent(7)), Verdict::kProceed);
}

// Preconditions: "lists", over several fields too.
TEST(Preconditions, ListsMatchByAnyMember) {
  EXPECT_EQ(Write({{"If-Match", "\"5\", \"7\""}}), Verdict::kProceed);
  EXPECT_EQ(Write({{"If-Match", ",\"5\"\t,, \"7\" ,"}}), Verdict::kProceed);
  EXPECT_EQ(Write({{"If-Match", "\"5\""}, {"If-Match", "\"7\""}}), Verdict::kProceed);
  EXPECT_EQ(Write({{"If-Match", "\"a,b\", \"7\""}}), Verdict::kProceed);
  EXPECT_EQ(Read({{"If-None-Match", "\"x\", W/\"7\""}}), Verdict::kNotModified);
}

TEST(Preconditions, AWellFormedTagOfSomebodyElseNeverMatches) {
  for (const std::string tag : {"\"\"", "\"abc\"", "\"07\"", "\"+7\"", "\"-7\"", "\"7.0\"",
                                "\"9223372036854775808\"", "\"7!\"", "\"\x80\""}) {
    EXPECT_EQ(Write({{"If-Match", tag}}), Verdict::kFailed) << tag;
    EXPECT_EQ(Write({{"If-None-Match", tag}}), Verdict::kProceed) << tag;
  }
}

TEST(Preconditions, AMalformedListIsRefused) {
  for (const char* value : {"", ",", "7", "\"7", "7\"", "w/\"7\"", "W/7", "W/ \"7\"", "*, \"7\"",
                            "\"7\", *", "**", "\"7\" \"8\"", "\"7\";\"8\"", "\"a b\"", "'7'"}) {
    EXPECT_TRUE(IsMalformed("If-Match", value)) << value;
    EXPECT_TRUE(IsMalformed("If-None-Match", value)) << value;
  }
}

// Preconditions: "the date conditions", to the second.
TEST(Preconditions, DatesCompareWholeSeconds) {
  EXPECT_EQ(Read({{"If-Modified-Since", kAt}}), Verdict::kNotModified);
  EXPECT_EQ(Read({{"If-Modified-Since", kAfter}}), Verdict::kNotModified);
  EXPECT_EQ(Read({{"If-Modified-Since", kBefore}}), Verdict::kProceed);
  EXPECT_EQ(Write({{"If-Unmodified-Since", kAt}}), Verdict::kProceed);
  EXPECT_EQ(Write({{"If-Unmodified-Since", kBefore}}), Verdict::kFailed);
  EXPECT_EQ(Read({{"If-Unmodified-Since", kBefore}}), Verdict::kFailed);
}

// RFC 9110 sections 13.1.3 and 13.1.4.
TEST(Preconditions, DatesAreIgnoredWhereTheRfcSaysSo) {
  EXPECT_EQ(Write({{"If-Modified-Since", kAfter}}), Verdict::kProceed);  // not a GET or HEAD
  EXPECT_EQ(Write({{"If-Unmodified-Since", "yesterday"}}), Verdict::kProceed);
  EXPECT_EQ(Read({{"If-Modified-Since", "tomorrow"}}), Verdict::kProceed);
  EXPECT_EQ(Write({{"If-Unmodified-Since", kBefore}}, Absent(7)), Verdict::kProceed);
  EXPECT_EQ(Read({{"If-Modified-Since", kAt}, {"If-Modified-Since", kAt}}), Verdict::kProceed);
}

// Preconditions: "order of §13.2.2".
TEST(Preconditions, EntityTagsGoBeforeDates) {
  EXPECT_EQ(Write({{"If-Match", "\"7\""}, {"If-Unmodified-Since", kBefore}}), Verdict::kProceed);
  EXPECT_EQ(Read({{"If-None-Match", "\"8\""}, {"If-Modified-Since", kAfter}}), Verdict::kProceed);
  EXPECT_EQ(Read({{"If-Match", "\"8\""}, {"If-None-Match", "\"7\""}}), Verdict::kFailed);
  EXPECT_EQ(Read({{"If-Match", "\"7\""}, {"If-None-Match", "\"7\""}}), Verdict::kNotModified);
  EXPECT_EQ(Read({{"If-Unmodified-Since", kBefore}, {"If-None-Match", "\"7\""}}), Verdict::kFailed);
}

TEST(ToCondition, SaysWhatTheStoreCanJudge) {
  const auto condition = [](Headers headers) {
    return ToCondition(Parse("PUT", std::move(headers))).value();
  };
  EXPECT_EQ(condition({}).kind, Kind::kAlways);
  EXPECT_EQ(condition({{"If-Match", "*"}}).kind, Kind::kPresent);
  EXPECT_EQ(condition({{"If-None-Match", "*"}}).kind, Kind::kAbsent);
  const model::Condition in = condition({{"If-Match", "\"5\", W/\"6\", \"x\", \"7\""}});
  EXPECT_EQ(in.kind, Kind::kIn);
  EXPECT_EQ(Versions(in), (std::vector<std::int64_t>{5, 7}));
  const model::Condition not_in = condition({{"If-None-Match", "\"5\", W/\"6\", \"x\""}});
  EXPECT_EQ(not_in.kind, Kind::kNotIn);
  EXPECT_EQ(Versions(not_in), (std::vector<std::int64_t>{5, 6}));
  EXPECT_EQ(condition({{"If-None-Match", "\"x\""}}).kind, Kind::kAlways);
  const model::Condition never = condition({{"If-Match", "W/\"7\""}});
  EXPECT_EQ(never.kind, Kind::kIn);
  EXPECT_TRUE(never.versions.empty());
}

TEST(ToCondition, CombinesBothListsWhereOneConditionSaysTheSame) {
  const auto condition = [](const char* match, const char* none_match) {
    return ToCondition(Parse("PUT", {{"If-Match", match}, {"If-None-Match", none_match}}));
  };
  EXPECT_EQ(Versions(*condition("\"5\", \"6\"", "\"6\"")), (std::vector<std::int64_t>{5}));
  EXPECT_EQ(condition("\"5\"", "*")->kind, Kind::kIn);
  EXPECT_TRUE(condition("\"5\"", "*")->versions.empty());
  EXPECT_TRUE(condition("*", "*")->versions.empty());
  EXPECT_EQ(condition("*", "\"x\"")->kind, Kind::kPresent);
  EXPECT_FALSE(condition("*", "\"6\""));
}

// "What the write statement can't express (dates, combinations) is judged on a strong read".
TEST(ToCondition, LeavesDatesToAStrongRead) {
  EXPECT_FALSE(ToCondition(Parse("PUT", {{"If-Unmodified-Since", kAt}})));
  EXPECT_FALSE(
      ToCondition(Parse("PUT", {{"If-Unmodified-Since", kAt}, {"If-None-Match", "\"6\""}})));
  EXPECT_TRUE(ToCondition(Parse("PUT", {{"If-Unmodified-Since", kAt}, {"If-Match", "\"6\""}})));
  EXPECT_TRUE(ToCondition(Parse("PUT", {{"If-Modified-Since", kAt}})));
}

}  // namespace
}  // namespace coolkit::api
