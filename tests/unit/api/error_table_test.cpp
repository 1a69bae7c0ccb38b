#include "api/error_table.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "api/pages.h"

namespace coolkit::api {
namespace {

// Errors: "`type` (`/errors/{code}`, a page that the service serves, from `docs/errors/`)".
TEST(ErrorTable, EveryPublicCodeHasAPageAndNoPageIsLeftOver) {
  for (const ErrorRow& row : ErrorRows()) {
    const std::string name(ErrorCodeName(row.code));
    const auto page = ErrorPage(name);
    EXPECT_EQ(page.has_value(), row.is_public()) << name;
    if (!page) continue;
    EXPECT_TRUE(page->starts_with("# " + name + "\n")) << name;
    EXPECT_NE(page->find("**" + std::to_string(row.status) + "**"), std::string::npos) << name;
    EXPECT_NE(page->find("## What to do"), std::string::npos) << name;
    // The page promises what the `retryable` member says.
    EXPECT_EQ(page->find("is safe and may succeed") != std::string::npos, row.retryable) << name;
  }
  EXPECT_FALSE(ErrorPage("nonsense"));
  EXPECT_FALSE(ErrorPage(""));
}

TEST(ErrorTable, EveryCodeLeadsToAPublicRowWithAClientOrServerStatus) {
  for (const ErrorRow& row : ErrorRows()) {
    const ErrorRow& shown = ErrorRowOf(row.code);
    EXPECT_TRUE(shown.is_public());
    EXPECT_GE(shown.status, 400);
    EXPECT_LE(shown.status, 599);
    EXPECT_FALSE(shown.title.empty());
    EXPECT_TRUE(shown.help.ends_with('.'));
  }
}

TEST(ErrorTable, WhatNeverLeavesTheProcessIsShownAsSomethingElse) {
  EXPECT_EQ(ErrorRowOf(ErrorCode::kCancelled).code, ErrorCode::kDraining);
  EXPECT_EQ(ErrorRowOf(ErrorCode::kTimeout).code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(ErrorRowOf(ErrorCode::kConnectionClosed).code, ErrorCode::kDatabaseUnavailable);
  EXPECT_EQ(ErrorRowOf(ErrorCode::kIncarnationChanged).code, ErrorCode::kDatabaseUnavailable);
  EXPECT_FALSE(FindErrorCode("cancelled"));
}

TEST(ErrorTable, FindsPublicCodesByName) {
  EXPECT_EQ(FindErrorCode("outcome_unknown"), ErrorCode::kOutcomeUnknown);
  EXPECT_FALSE(FindErrorCode("no_such_code"));
}

// "503 and 429 carry Retry-After."
TEST(ErrorTable, Every503SaysWhenToTryAgain) {
  for (const ErrorRow& row : ErrorRows()) {
    if (row.status == 503 || row.status == 429) {
      EXPECT_GT(row.retry_after_seconds, 0) << ErrorCodeName(row.code);
      EXPECT_TRUE(row.retryable) << ErrorCodeName(row.code);
    }
  }
}

// "A write whose outcome is unknown … never claims success or failure": sending it again may write
// twice, so it is not retryable.
TEST(ErrorTable, AnUnknownOutcomeIsAGatewayTimeoutAndNotRetryable) {
  const ErrorRow& row = ErrorRowOf(ErrorCode::kOutcomeUnknown);
  EXPECT_EQ(row.status, 504);
  EXPECT_FALSE(row.retryable);
}

}  // namespace
}  // namespace coolkit::api
