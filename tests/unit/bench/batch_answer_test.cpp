#include "bench/batch_answer.h"

#include <gtest/gtest.h>

#include "bench/operation.h"

namespace coolkit::bench {
namespace {

TEST(BatchAnswerTest, EachItemIsAnAnswerOfItsOwn) {
  const auto items = ParseBatchAnswer(
      R"({"items":[{"key":"a","status":200,"version":"7","text":"v"},)"
      R"({"key":"b","status":404,"code":"not_found"},)"
      R"({"key":"c","status":200,"version":"8","stale":true,"staleness_ms":2500,"base64":"/w=="}]})",
      3);
  ASSERT_TRUE(items);
  EXPECT_EQ((*items)[0].version, 7);
  EXPECT_EQ((*items)[0].digest, DigestOf("v"));
  EXPECT_FALSE((*items)[0].stale);
  EXPECT_EQ((*items)[1].status, 404);
  EXPECT_EQ((*items)[2].digest, DigestOf("\xff"));
  EXPECT_TRUE((*items)[2].stale);
}

TEST(BatchAnswerTest, WhatIsNotUnderstoodIsRefused) {
  for (const char* body :
       {"", "[]", "{}", R"({"items":[]})", R"({"items":[{"key":"a"}]})",
        R"({"items":[{"status":99}]})", R"({"items":[{"status":200,"version":"x"}]})",
        R"({"items":[{"status":200,"base64":"?"}]})"}) {
    EXPECT_FALSE(ParseBatchAnswer(body, 1)) << body;
  }
}

}  // namespace
}  // namespace coolkit::bench
