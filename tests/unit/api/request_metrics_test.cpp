#include "api/request_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coolkit::api {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(RequestMetrics, CountsByRouteMethodAndCode) {
  telemetry::Registry registry;
  RequestMetrics metrics(registry);
  metrics.Count(RouteId::kItem, http::Method::kGet, 200, milliseconds(3), 100, 500);
  metrics.Count(RouteId::kItem, http::Method::kGet, 200, milliseconds(3), 100, 500);
  metrics.Count(RouteId::kItem, http::Method::kOther, 405, milliseconds(1), 10, 20);
  metrics.Count(RouteId::kNone, http::Method::kGet, 404, milliseconds(1), 10, 20);
  const std::string text = registry.PrometheusText();
  EXPECT_THAT(text, HasSubstr("coolkit_http_requests_total{route=\"/v1/kv/{collection}/{key}\","
                              "method=\"GET\",code=\"200\"} 2"));
  EXPECT_THAT(text, HasSubstr("method=\"OTHER\",code=\"405\"} 1"));
  EXPECT_THAT(text, HasSubstr("{route=\"none\",method=\"GET\",code=\"404\"} 1"));
  EXPECT_THAT(text, HasSubstr("coolkit_http_request_duration_seconds_count{route=\"/v1/kv/"
                              "{collection}/{key}\",method=\"GET\"} 2"));
  EXPECT_THAT(text, HasSubstr("coolkit_http_request_bytes_total 220"));
  EXPECT_THAT(text, HasSubstr("coolkit_http_response_bytes_total 1040"));
}

TEST(RequestMetrics, HasItsUsualSeriesFromTheStart) {
  telemetry::Registry registry;
  const RequestMetrics metrics(registry);
  const std::string text = registry.PrometheusText();
  EXPECT_THAT(text, HasSubstr("method=\"PUT\",code=\"201\"} 0"));
  EXPECT_THAT(text, HasSubstr("method=\"PUT\",code=\"503\"} 0"));
  EXPECT_THAT(text, Not(HasSubstr("code=\"418\"")));
}

TEST(RequestMetrics, AStatusThatNobodyKnowsCountsAs500) {
  telemetry::Registry registry;
  RequestMetrics metrics(registry);
  for (const int status : {0, 99, 199, 600, 599}) {
    metrics.Count(RouteId::kIndex, http::Method::kGet, status, {}, 0, 0);
  }
  EXPECT_THAT(registry.PrometheusText(), HasSubstr("{route=\"/\",method=\"GET\",code=\"500\"} 5"));
}

}  // namespace
}  // namespace coolkit::api
