// Why: a report that is looked at needs a picture, not a plotting program: lines over time as SVG,
// drawn the same everywhere. Pure; any thread.
#pragma once

#include <string>
#include <vector>

namespace coolkit::plot {

struct Line {
  std::string name;
  std::string color;           // as CSS has it
  std::vector<double> values;  // one per step of the chart; NaN: a gap
};

// One pair of axes; panels of a chart stand below each other and share the horizontal one.
struct Panel {
  std::string title;
  std::string unit;          // of the values
  bool logarithmic = false;  // values that are not positive are gaps then
  std::vector<Line> lines;
};

struct Chart {
  std::string title;
  std::string subtitle;
  std::string step_unit = "s";
  double step = 1;  // between two values
  std::vector<Panel> panels;
};

// A whole SVG document. Texts may hold any valid UTF-8.
[[nodiscard]] std::string RenderSvg(const Chart& chart);

// Between 3 and 8 round numbers that cover 0 to `max` (max > 0), evenly spaced.
[[nodiscard]] std::vector<double> RoundTicks(double max);
// The shortest usual form: 12, 1.5, 20k, 3M.
[[nodiscard]] std::string TickText(double value);

}  // namespace coolkit::plot
