#include "telemetry/exposition.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>

#include "base/random.h"

namespace coolkit::telemetry {
namespace {

TEST(RenderLabels, EscapesValues) {
  EXPECT_EQ(RenderLabels({}), "");
  EXPECT_EQ(RenderLabels({{"a", "x"}, {"b", ""}}), R"(a="x",b="")");
  EXPECT_EQ(RenderLabels({{"a", "q\"b\\n\nz"}}), R"(a="q\"b\\n\nz")");
  EXPECT_EQ(RenderLabels({{"a", "gr\xC3\xBC\xC3\x9F"}}), "a=\"gr\xC3\xBC\xC3\x9F\"");
  EXPECT_EQ(RenderLabels({{"a", "x\xFFy"}}), "a=\"x?y\"");
}

TEST(FormatNumber, WritesIntegersPlainly) {
  EXPECT_EQ(FormatNumber(0), "0");
  EXPECT_EQ(FormatNumber(-0.0), "0");
  EXPECT_EQ(FormatNumber(123456789), "123456789");
  EXPECT_EQ(FormatNumber(9007199254740992.0), "9007199254740992");
  EXPECT_EQ(FormatNumber(-2), "-2");
}

TEST(FormatNumber, NamesWhatIsNotFinite) {
  EXPECT_EQ(FormatNumber(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(FormatNumber(-std::numeric_limits<double>::infinity()), "-Inf");
  EXPECT_EQ(FormatNumber(std::numeric_limits<double>::quiet_NaN()), "NaN");
}

TEST(FormatNumber, RoundTrips) {
  SeededRandom random(11);
  for (int i = 0; i < 50'000; ++i) {
    const double value = std::bit_cast<double>(random.Next());
    if (value != value || value - value != 0) continue;
    EXPECT_EQ(std::strtod(FormatNumber(value).c_str(), nullptr), value);
    EXPECT_EQ(std::strtod(FormatBound(value).c_str(), nullptr), value);
  }
}

TEST(FormatBound, IsOpenMetricsCanonicalForm) {
  EXPECT_EQ(FormatBound(2e-5), "2e-05");
  EXPECT_EQ(FormatBound(0.0001), "0.0001");
  EXPECT_EQ(FormatBound(0.25), "0.25");
  EXPECT_EQ(FormatBound(1), "1.0");
  EXPECT_EQ(FormatBound(10), "10.0");
  EXPECT_EQ(FormatBound(100000), "100000.0");
  EXPECT_EQ(FormatBound(1e6), "1e+06");
  EXPECT_EQ(FormatBound(std::numeric_limits<double>::infinity()), "+Inf");
}

TEST(UnitOf, ReadsTheSuffix) {
  EXPECT_EQ(UnitOf("process_cpu_seconds"), "seconds");
  EXPECT_EQ(UnitOf("coolkit_cache_bytes"), "bytes");
  EXPECT_EQ(UnitOf("seconds"), "");
  EXPECT_EQ(UnitOf("coolkit_cluster_peers"), "");
  EXPECT_EQ(UnitOf("coolkit_kilobytes"), "");
}

TEST(ExpositionWriter, EscapesHelpAsEachFormatWants) {
  const MetricInfo info{"a_total", MetricType::kCounter, "a \"b\" \\ c\nd", {}};
  ExpositionWriter prometheus(ExpositionFormat::kPrometheus, 0);
  prometheus.Begin(info);
  EXPECT_EQ(prometheus.Finish(), "# HELP a_total a \"b\" \\\\ c\\nd\n# TYPE a_total counter\n");
  ExpositionWriter open_metrics(ExpositionFormat::kOpenMetrics, 0);
  open_metrics.Begin(info);
  EXPECT_EQ(open_metrics.Finish(), "# HELP a a \\\"b\\\" \\\\ c\\nd\n# TYPE a counter\n# EOF\n");
}

}  // namespace
}  // namespace coolkit::telemetry
