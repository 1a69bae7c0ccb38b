#include "ops/media_type.h"

#include <gtest/gtest.h>

#include <array>

namespace coolkit::ops {
namespace {

constexpr std::array<MediaType, 2> kOffers{
    MediaType{"text", "plain", "0.0.4"},
    MediaType{"application", "openmetrics-text", "1.0.0"},
};

bool OpenMetrics(std::string_view accept) { return ChooseOffer(accept, kOffers) == 1; }

TEST(ChooseOffer, GivesPrometheusWhatItAsksFor) {
  EXPECT_TRUE(
      OpenMetrics("application/openmetrics-text;version=1.0.0,application/"
                  "openmetrics-text;version=0.0.1;q=0.75,"
                  "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
  EXPECT_TRUE(
      OpenMetrics("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                  "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;"
                  "escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"));
  EXPECT_FALSE(OpenMetrics("text/plain;version=0.0.4;q=1,*/*;q=0.1"));
}

TEST(ChooseOffer, GivesTextToEverybodyElse) {
  EXPECT_FALSE(OpenMetrics(""));
  EXPECT_FALSE(OpenMetrics("*/*"));
  EXPECT_FALSE(OpenMetrics("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
  EXPECT_FALSE(OpenMetrics("image/png"));
  EXPECT_FALSE(OpenMetrics("application/openmetrics-text;q=0"));
}

TEST(ChooseOffer, FollowsQualityThenExactness) {
  EXPECT_TRUE(OpenMetrics("application/openmetrics-text"));
  EXPECT_TRUE(OpenMetrics("Application/OpenMetrics-Text; Version=\"1.0.0\""));
  EXPECT_TRUE(OpenMetrics("*/*, application/openmetrics-text"));
  EXPECT_TRUE(OpenMetrics("application/*, text/plain;q=0.9"));
  EXPECT_TRUE(OpenMetrics("text/plain;q=0.2, application/openmetrics-text;q=0.201"));
  EXPECT_FALSE(OpenMetrics("text/plain, application/openmetrics-text"));
  EXPECT_FALSE(OpenMetrics("text/*, application/openmetrics-text;q=0.999"));
  // The exact range decides, also downwards.
  EXPECT_TRUE(OpenMetrics("text/*;q=1, text/plain;q=0.1, application/openmetrics-text;q=0.5"));
  EXPECT_TRUE(OpenMetrics("*/*, text/plain;q=0"));
}

TEST(ChooseOffer, DoesNotOfferOtherVersions) {
  EXPECT_FALSE(OpenMetrics("application/openmetrics-text;version=0.0.1"));
  EXPECT_FALSE(OpenMetrics("application/openmetrics-text;version=2.0.0;q=1,text/plain;q=0.1"));
}

TEST(ChooseOffer, SurvivesNonsense) {
  for (const char* accept :
       {",,,", ";;;", "/", "application/openmetrics-text;q=x, text/plain;q=0.1",
        "\"application/openmetrics-text", "application/openmetrics-text;q=\"", "a/b;c=\"\\",
        "application/openmetrics-text;q=2", "application/openmetrics-text;q=0.12345",
        "text/plain;x=\",application/openmetrics-text\""}) {
    EXPECT_FALSE(OpenMetrics(accept)) << accept;
  }
  EXPECT_TRUE(OpenMetrics(" ,\tapplication/openmetrics-text ; q=1.000 ,"));
}

}  // namespace
}  // namespace coolkit::ops
