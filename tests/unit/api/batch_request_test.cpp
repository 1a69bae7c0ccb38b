#include "api/batch_request.h"

#include <gtest/gtest.h>

#include <string>

namespace coolkit::api {
namespace {

using ConditionKind = model::Condition::Kind;
using WriteKind = store::WriteOp::Kind;

constexpr std::size_t kValueBytesMax = 100;

Result<BatchWriteRequest> ParseWrite(std::string_view body) {
  return ParseBatchWrite(body, "c", kValueBytesMax);
}
std::string WriteError(std::string_view body) {
  const auto parsed = ParseWrite(body);
  return parsed ? "(valid)" : std::string(ErrorCodeName(parsed.error().code));
}
std::string GetError(std::string_view body) {
  const auto parsed = ParseBatchGet(body);
  return parsed ? "(valid)" : std::string(ErrorCodeName(parsed.error().code));
}
// The error of the only item; "(valid)" without one.
std::string ItemError(const std::string& item) {
  const auto parsed = ParseWrite(R"({"items":[)" + item + "]}");
  EXPECT_TRUE(parsed) << item;
  if (!parsed) return parsed.error().detail;
  const auto& error = parsed->items.at(0).error;
  return error ? std::string(ErrorCodeName(error->code)) : "(valid)";
}

TEST(BatchGetRequest, TakesKeysInOrderAndMarksTheBadOnes) {
  const auto items = ParseBatchGet(R"({"keys":["a","","b/../c","é","a","x\u0000"]})");
  ASSERT_TRUE(items);
  ASSERT_EQ(items->size(), 6U);
  EXPECT_EQ((*items)[0].key_text, "a");
  EXPECT_FALSE((*items)[0].error);
  EXPECT_EQ((*items)[1].error->code, ErrorCode::kInvalidKey);
  EXPECT_EQ((*items)[2].error->code, ErrorCode::kInvalidKey);
  EXPECT_FALSE((*items)[3].error);
  EXPECT_FALSE((*items)[4].error);
  EXPECT_EQ((*items)[5].error->code, ErrorCode::kInvalidKey);
}

// JSON shapes: batchGet is `{"keys":[…]}`.
TEST(BatchGetRequest, RefusesOtherShapes) {
  for (const char* body :
       {"[]", "{}", R"({"keys":{}})", R"({"keys":[1]})", R"({"keys":["a",null]})",
        R"({"keys":[],"more":1})", R"({"keys":[],"keys":[]})", R"("keys")", R"({"Keys":[]})"}) {
    EXPECT_EQ(GetError(body), "invalid_request") << body;
  }
  for (const char* body : {"", "{", R"({"keys":[],})", "{\"keys\":[\"\xff\"]}", "{} {}"}) {
    EXPECT_EQ(GetError(body), "invalid_json") << body;
  }
  EXPECT_EQ(GetError(R"({"keys":[]})"), "(valid)");
}

// "up to 1,000 items".
TEST(BatchRequest, HasAtMost1000Items) {
  const auto body = [](std::size_t count, const std::string& name, const std::string& item) {
    std::string text = "{\"" + name + "\":[";
    for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : ",") + item;
    return text + "]}";
  };
  EXPECT_EQ(GetError(body(1000, "keys", "\"k\"")), "(valid)");
  EXPECT_EQ(GetError(body(1001, "keys", "\"k\"")), "payload_too_large");
  EXPECT_EQ(WriteError(body(1000, "items", R"({"key":"k","text":""})")), "(valid)");
  EXPECT_EQ(WriteError(body(1001, "items", R"({"key":"k","text":""})")), "payload_too_large");
}

TEST(BatchWriteRequest, ReadsAPut) {
  const auto parsed = ParseWrite(
      R"({"atomic":true,"items":[{"method":"put","key":"k","text":"grüße","content_type":)"
      R"("text/plain","ttl":"90s","if_match":"\"5\""}]})");
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->atomic);
  const BatchWriteItem& item = parsed->items.at(0);
  EXPECT_FALSE(item.error);
  EXPECT_EQ(item.op.kind, WriteKind::kPut);
  EXPECT_EQ(item.op.key, model::Key("c", "k"));
  EXPECT_EQ(*item.op.value, "grüße");
  EXPECT_EQ(item.op.content_type, "text/plain");
  EXPECT_EQ(item.op.expiry.kind, store::Expiry::Kind::kAfter);
  EXPECT_EQ(item.op.expiry.after, seconds(90));
  EXPECT_EQ(item.op.condition.kind, ConditionKind::kIn);
  EXPECT_EQ(item.op.condition.versions.at(0).value, 5);
}

// JSON shapes: "`method` defaults to put", not atomic, no expiry, no condition.
TEST(BatchWriteRequest, HasDefaults) {
  const auto parsed = ParseWrite(R"({"items":[{"key":"k","base64":"/wA="}]})");
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->atomic);
  const BatchWriteItem& item = parsed->items.at(0);
  EXPECT_EQ(item.op.kind, WriteKind::kPut);
  EXPECT_EQ(*item.op.value, std::string("\xff\0", 2));
  EXPECT_EQ(item.op.content_type, "application/octet-stream");
  EXPECT_EQ(item.op.expiry.kind, store::Expiry::Kind::kNone);
  EXPECT_EQ(item.op.condition.kind, ConditionKind::kAlways);
}

TEST(BatchWriteRequest, ReadsADelete) {
  const auto parsed =
      ParseWrite(R"({"items":[{"method":"delete","key":"k","if_none_match":"*"}]})");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->items.at(0).op.kind, WriteKind::kDelete);
  EXPECT_EQ(parsed->items.at(0).op.condition.kind, ConditionKind::kAbsent);
}

// What breaks the shape refuses the batch.
TEST(BatchWriteRequest, RefusesOtherShapes) {
  for (const char* item :
       {"1", "null", "[]", "{}", R"({"text":"x"})", R"({"key":1,"text":"x"})",
        R"({"key":"k","text":null})", R"({"key":"k","text":"x","tll":"1s"})",
        R"({"key":"k","text":"x","key":"k"})", R"({"key":"k","text":"x","method":"PUT"})",
        R"({"key":"k","text":"x","ttl":90})", R"({"key":"k","text":"x","if_match":["\"1\""]})"}) {
    EXPECT_EQ(WriteError(std::string(R"({"items":[)") + item + "]}"), "invalid_request") << item;
  }
  for (const char* body : {R"({"atomic":1,"items":[]})", R"({"atomic":true})", R"({"items":null})",
                           R"({"items":[],"Atomic":true})"}) {
    EXPECT_EQ(WriteError(body), "invalid_request") << body;
  }
}

// Batch items fail alone for what their values are.
TEST(BatchWriteRequest, MarksItemsWhoseValuesAreNotAllowed) {
  EXPECT_EQ(ItemError(R"({"key":"k","text":"x"})"), "(valid)");
  EXPECT_EQ(ItemError(R"({"key":"","text":"x"})"), "invalid_key");
  EXPECT_EQ(ItemError(R"({"key":"a/..","text":"x"})"), "invalid_key");
  EXPECT_EQ(ItemError(R"({"key":"k"})"), "invalid_request");
  EXPECT_EQ(ItemError(R"({"key":"k","text":"x","base64":"eA=="})"), "invalid_request");
  EXPECT_EQ(ItemError(R"({"key":"k","base64":"eA"})"), "invalid_request");
  EXPECT_EQ(ItemError(R"({"key":"k","text":"x","ttl":"0s"})"), "invalid_ttl");
  EXPECT_EQ(ItemError(R"({"key":"k","text":"x","content_type":"a\nb"})"), "invalid_header");
  EXPECT_EQ(ItemError(R"({"key":"k","text":"x","content_type":""})"), "invalid_header");
  EXPECT_EQ(ItemError(R"({"key":"k","text":"x","if_match":"5"})"), "invalid_header");
  EXPECT_EQ(ItemError(R"({"key":"k","text":"x","if_none_match":""})"), "invalid_header");
  EXPECT_EQ(ItemError(R"({"method":"delete","key":"k","text":"x"})"), "invalid_request");
  EXPECT_EQ(ItemError(R"({"method":"delete","key":"k","ttl":"1s"})"), "invalid_request");
  EXPECT_EQ(ItemError(R"({"key":"k","text":")" + std::string(100, 'x') + "\"}"), "(valid)");
  EXPECT_EQ(ItemError(R"({"key":"k","text":")" + std::string(101, 'x') + "\"}"),
            "payload_too_large");
}

TEST(BatchWriteRequest, LeavesToAReadWhatNoConditionSays) {
  const auto parsed =
      ParseWrite(R"({"items":[{"key":"k","text":"x","if_match":"*","if_none_match":"\"5\""}]})");
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->items.at(0).conditional);
}

}  // namespace
}  // namespace coolkit::api
