#include "api/freshness.h"

#include <gtest/gtest.h>

#include "unit/api/request_maker.h"

namespace coolkit::api {
namespace {

constexpr const char* kToken = "17.5.000102030405060708090a0b0c0d0e0f.99:42";

kv::ReadOptions Parse(Headers headers) {
  const MadeRequest made("GET", "/v1/kv/c/k", std::move(headers));
  kv::ReadOptions options;
  EXPECT_TRUE(ParseFreshness(made.head, options));
  return options;
}
kv::ReadOptions Control(const std::string& value) { return Parse({{"Cache-Control", value}}); }
std::string ErrorOf(Headers headers) {
  const MadeRequest made("GET", "/v1/kv/c/k", std::move(headers));
  kv::ReadOptions options;
  const Result<void> parsed = ParseFreshness(made.head, options);
  return parsed ? "(valid)" : std::string(ErrorCodeName(parsed.error().code));
}

TEST(Freshness, WithoutAWishNothingIsAsked) {
  const kv::ReadOptions options = Parse({});
  EXPECT_FALSE(options.strong || options.store_nothing || options.only_if_cached);
  EXPECT_FALSE(options.staleness_max || options.stale_if_error_max || options.token);
}

// Freshness: "`Cache-Control: no-cache` or `max-age=0` = strong (G4)".
TEST(Freshness, NoCacheAndMaxAgeZeroAreStrong) {
  EXPECT_TRUE(Control("no-cache").strong);
  EXPECT_TRUE(Control("No-Cache").strong);
  EXPECT_TRUE(Control("max-age=0").strong);
  EXPECT_TRUE(Control("foo, no-cache ,bar").strong);
  EXPECT_FALSE(Control("max-age=1").strong);
  EXPECT_TRUE(Parse({{"Cache-Control", "foo"}, {"Cache-Control", "no-cache"}}).strong);
}

// Freshness: "`max-age=N` = at most N seconds stale".
TEST(Freshness, MaxAgeBoundsStaleness) {
  EXPECT_EQ(Control("max-age=3").staleness_max, seconds(3));
  EXPECT_EQ(Control("max-age=\"3\"").staleness_max, seconds(3));
  EXPECT_EQ(Control("max-age=5, max-age=3").staleness_max, seconds(3));
  EXPECT_GT(*Control("max-age=99999999999999999999").staleness_max, seconds(1'000'000));
}

// Freshness: "`Coolkit-Max-Staleness-Ms: N` tightens B".
TEST(Freshness, MaxStalenessTightens) {
  EXPECT_EQ(Parse({{"Coolkit-Max-Staleness-Ms", "50"}}).staleness_max, milliseconds(50));
  EXPECT_EQ(
      Parse({{"Coolkit-Max-Staleness-Ms", "50"}, {"Cache-Control", "max-age=1"}}).staleness_max,
      milliseconds(50));
  EXPECT_EQ(
      Parse({{"Coolkit-Max-Staleness-Ms", "5000"}, {"Cache-Control", "max-age=1"}}).staleness_max,
      seconds(1));
  EXPECT_TRUE(Parse({{"Coolkit-Max-Staleness-Ms", "0"}}).strong);
  EXPECT_TRUE(Parse({{"Coolkit-Max-Staleness-Ms", "18446744073709551615"}}).staleness_max);
  for (const char* value : {"", "-1", "1.5", "5s", "050", "x", "99999999999999999999"}) {
    EXPECT_EQ(ErrorOf({{"Coolkit-Max-Staleness-Ms", value}}), "invalid_header") << value;
  }
  EXPECT_EQ(ErrorOf({{"Coolkit-Max-Staleness-Ms", "5"}, {"Coolkit-Max-Staleness-Ms", "5"}}),
            "invalid_header");
}

// Freshness: "`only-if-cached` …; `no-store` …; `stale-if-error=N` …".
TEST(Freshness, OtherDirectives) {
  EXPECT_TRUE(Control("only-if-cached").only_if_cached);
  EXPECT_TRUE(Control("no-store").store_nothing);
  EXPECT_FALSE(Control("no-store").strong);
  EXPECT_EQ(Control("stale-if-error=60").stale_if_error_max, seconds(60));
  EXPECT_EQ(Control("stale-if-error=0").stale_if_error_max, seconds(0));
  const kv::ReadOptions both = Control("only-if-cached, no-cache");
  EXPECT_TRUE(both.only_if_cached && both.strong);
}

// Freshness: "`max-stale` is ignored", and so is all that nobody knows.
TEST(Freshness, MaxStaleAndUnknownDirectivesAreIgnored) {
  for (const char* value :
       {"max-stale", "max-stale=100", "min-fresh=5", "x=\"a,no-cache\"", "no-transform",
        "immutable", "", ",,", "=", "no-cache-please", "x=\"\\\"no-cache\", y"}) {
    const kv::ReadOptions options = Control(value);
    EXPECT_FALSE(options.strong || options.store_nothing || options.only_if_cached) << value;
    EXPECT_FALSE(options.staleness_max || options.stale_if_error_max) << value;
  }
}

TEST(Freshness, WhatIsMalformedCountsAsTheStrictest) {
  EXPECT_TRUE(Control("max-age=abc").strong);
  EXPECT_TRUE(Control("max-age").strong);
  EXPECT_TRUE(Control("max-age=-1").strong);
  EXPECT_TRUE(Control("x=\"open, max-age=5").strong);
  EXPECT_EQ(Control("stale-if-error=lots").stale_if_error_max, seconds(0));
}

TEST(Freshness, PragmaCountsWithoutCacheControl) {
  EXPECT_TRUE(Parse({{"Pragma", "no-cache"}}).strong);
  EXPECT_FALSE(Parse({{"Pragma", "no-cache"}, {"Cache-Control", "max-age=5"}}).strong);
}

// Freshness: "`Coolkit-Position` = session (G3; a malformed one is 400 …)".
TEST(Freshness, APositionIsTakenOrRefused) {
  const auto token = Parse({{"Coolkit-Position", kToken}}).token;
  ASSERT_TRUE(token);
  EXPECT_EQ(token->position.value, 42);
  EXPECT_EQ(token->incarnation.system_id, 17U);
  for (const char* value :
       {"", "x", "42", "17.5.0001.99:42", "17.5.000102030405060708090a0b0c0d0e0f.99:-1"}) {
    EXPECT_EQ(ErrorOf({{"Coolkit-Position", value}}), "invalid_position") << value;
  }
  EXPECT_EQ(ErrorOf({{"Coolkit-Position", kToken}, {"Coolkit-Position", kToken}}),
            "invalid_position");
}

}  // namespace
}  // namespace coolkit::api
