#include "plot/chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace coolkit::plot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::size_t Count(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

Chart OneLine(std::vector<double> values, bool logarithmic = false) {
  return {"Title", "sub", "s", 1, {{"Panel", "ms", logarithmic, {{"p50", "#123456", values}}}}};
}

TEST(ChartTest, TicksAreRoundAndCover) {
  EXPECT_THAT(RoundTicks(10), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(RoundTicks(1), ElementsAre(0, 0.2, 0.4, 0.6000000000000001, 0.8, 1));
  for (double max = 0.001; max < 1e7; max *= 1.37) {
    const auto ticks = RoundTicks(max);
    EXPECT_GE(ticks.back(), max * 0.999);
    EXPECT_LE(ticks.back(), max * 2.6);
    EXPECT_GE(ticks.size(), 3U);
    EXPECT_LE(ticks.size(), 8U);
  }
}

TEST(ChartTest, TickTexts) {
  EXPECT_EQ(TickText(0), "0");
  EXPECT_EQ(TickText(1.5), "1.5");
  EXPECT_EQ(TickText(20'000), "20k");
  EXPECT_EQ(TickText(2'500'000), "2.5M");
  EXPECT_EQ(TickText(0.01), "0.01");
}

TEST(ChartTest, GapsSplitALine) {
  const double gap = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(Count(RenderSvg(OneLine({1, 2, 3})), "<polyline"), 1U);
  EXPECT_EQ(Count(RenderSvg(OneLine({1, 2, gap, 3})), "<polyline"), 2U);
  EXPECT_EQ(Count(RenderSvg(OneLine({1, 0, 3}, true)), "<polyline"), 2U);
  EXPECT_EQ(Count(RenderSvg(OneLine({1, 0, 3}, false)), "<polyline"), 1U);
}

TEST(ChartTest, OneValueIsADot) {
  EXPECT_NE(RenderSvg(OneLine({5})).find("points=\"76.0,88.0 76.0,88.0\""), std::string::npos);
}

TEST(ChartTest, TheHighestValueIsAtTheTop) {
  // The panel reaches from y = 88 to 308.
  EXPECT_THAT(RenderSvg(OneLine({0, 10})), HasSubstr("points=\"76.0,308.0 936.0,88.0\""));
  EXPECT_THAT(RenderSvg(OneLine({1, 10, 100}, true)),
              HasSubstr("points=\"76.0,308.0 506.0,198.0 936.0,88.0\""));
}

TEST(ChartTest, NothingIsDrawnToo) {
  for (const bool logarithmic : {false, true}) {
    const std::string svg = RenderSvg(OneLine({}, logarithmic));
    EXPECT_THAT(svg, HasSubstr("</svg>"));
    EXPECT_THAT(svg, Not(HasSubstr("nan")));
    EXPECT_THAT(svg, Not(HasSubstr("inf")));
  }
}

TEST(ChartTest, TextsAreEscaped) {
  Chart chart = OneLine({1});
  chart.title = "a<b>&\"c\x01";
  EXPECT_THAT(RenderSvg(chart), HasSubstr(">a&lt;b>&amp;&quot;c </text>"));
}

}  // namespace
}  // namespace coolkit::plot
