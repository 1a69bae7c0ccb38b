#include "plot/chart.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace coolkit::plot {
namespace {

Chart OneSeries(std::vector<Point> points, Shape shape) {
  Chart chart;
  chart.title = "a < b & \"c\"";
  chart.x_title = "x";
  chart.panels.push_back({"y", {{"s<1>", std::move(points), shape, ""}}});
  return chart;
}

TEST(ChartTest, TicksAreRoundNumbersInside) {
  EXPECT_EQ(Ticks(0, 100, 4), (std::vector<double>{0, 50, 100}));
  EXPECT_EQ(Ticks(0, 10, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(Ticks(3, 9, 3), (std::vector<double>{4, 6, 8}));
  EXPECT_TRUE(Ticks(1, 1, 4).empty());
}

TEST(ChartTest, ThinningKeepsPeaksAndEnds) {
  std::vector<Point> points;
  for (int i = 0; i < 10000; ++i) points.push_back({double(i), i == 5003 ? 99.0 : 1.0});
  const auto thin = Thin(points, 50);
  EXPECT_LE(thin.size(), 51U * 4);
  EXPECT_EQ(thin.front().x, 0);
  EXPECT_EQ(thin.back().x, 9999);
  double highest = 0;
  for (const Point& point : thin) highest = std::max(highest, point.y);
  EXPECT_EQ(highest, 99);
}

TEST(ChartTest, TextsAreEscaped) {
  const std::string svg = RenderSvg(OneSeries({{0, 1}, {1, 2}}, Shape::kLine));
  EXPECT_NE(svg.find("a &lt; b &amp; &quot;c&quot;"), std::string::npos);
  EXPECT_NE(svg.find("s&lt;1&gt;"), std::string::npos);
  EXPECT_EQ(svg.find("s<1>"), std::string::npos);
}

TEST(ChartTest, StepHoldsAValueUntilTheNextPoint) {
  const std::string line = RenderSvg(OneSeries({{0, 0}, {1, 1}}, Shape::kLine));
  const std::string step = RenderSvg(OneSeries({{0, 0}, {1, 1}}, Shape::kStep));
  // Width 960: x runs from 64 to 944; height 220 from 48 to 268.
  EXPECT_NE(line.find("M64 268L944 48\""), std::string::npos) << line;
  EXPECT_NE(step.find("M64 268L944 268L944 48\""), std::string::npos) << step;
}

TEST(ChartTest, AHoleBreaksTheLine) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::string svg =
      RenderSvg(OneSeries({{0, 0}, {1, 1}, {2, nan}, {3, 1}, {4, 0}}, Shape::kLine));
  const std::size_t path = svg.find("<path d=\"M");
  ASSERT_NE(path, std::string::npos);
  EXPECT_NE(svg.find('M', path + 11), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

TEST(ChartTest, NothingToDrawIsStillAPicture) {
  EXPECT_TRUE(RenderSvg(Chart{}).ends_with("</svg>\n"));
  const std::string svg = RenderSvg(OneSeries({}, Shape::kArea));
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
}

}  // namespace
}  // namespace coolkit::plot
