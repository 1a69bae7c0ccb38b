// Why: reports show their figures as pictures that any browser opens, without a library and without
// a network. A chart is a value; rendering is pure and gives the same bytes for the same figures.
// Any thread.
#pragma once

#include <string>
#include <vector>

namespace coolkit::plot {

struct Point {
  double x = 0;
  double y = 0;
};

enum class Shape {
  kLine,
  kStep,  // a value holds until the next point
  kArea,  // a line, filled down to zero
};

struct Series {
  std::string name;           // in the legend
  std::vector<Point> points;  // by ascending x; one that is not finite is a hole
  Shape shape = Shape::kLine;
  std::string colour;  // "#1b6ca8"; empty: the next of the palette
};

// Panels stand above each other and share the x axis.
struct Panel {
  std::string y_title;
  std::vector<Series> series;
};

enum class Axis {
  kNumber,
  kSeconds,  // labels are times: 90 is 1:30, a day is 1d 0:00
};

struct Chart {
  std::string title;
  std::string x_title;
  Axis x_axis = Axis::kNumber;
  std::vector<Panel> panels;
  int width = 960;  // pixels
  int panel_height = 220;
};

// A whole SVG document. More points than pixels are thinned so that peaks stay; texts are escaped.
[[nodiscard]] std::string RenderSvg(const Chart& chart);

// At most `buckets` times the first, lowest, highest and last point of each stretch of x.
[[nodiscard]] std::vector<Point> Thin(const std::vector<Point>& points, std::size_t buckets);

// Round numbers (1, 2 or 5 times a power of ten) that divide low to high into about `count` parts.
[[nodiscard]] std::vector<double> Ticks(double low, double high, int count);

}  // namespace coolkit::plot
