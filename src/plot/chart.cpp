#include "plot/chart.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>

namespace coolkit::plot {
namespace {

constexpr double kWidth = 960;
constexpr double kLeft = 76;
constexpr double kRight = 24;
constexpr double kTop = 64;
constexpr double kPanelHeight = 220;
constexpr double kPanelGap = 64;
constexpr double kBottom = 44;
constexpr double kPlotWidth = kWidth - kLeft - kRight;

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '<':
        escaped += "&lt;";
        break;
      case '&':
        escaped += "&amp;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        // Control characters can't be in XML.
        escaped += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return escaped;
}

std::string Number(double value, int decimals = 1) {
  std::array<char, 64> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 std::chars_format::fixed, decimals);
  return end.ec == std::errc() ? std::string(text.data(), end.ptr) : "0";
}

// The vertical axis of a panel.
struct Scale {
  bool logarithmic = false;
  double low = 0;
  double high = 1;
  std::vector<double> ticks;

  [[nodiscard]] bool Shows(double value) const {
    return std::isfinite(value) && (!logarithmic || value > 0);
  }
  // From 0 at the bottom to 1 at the top.
  [[nodiscard]] double At(double value) const {
    if (logarithmic) return std::log(value / low) / std::log(high / low);
    return (value - low) / (high - low);
  }
};

Scale ScaleOf(const Panel& panel) {
  Scale scale;
  scale.logarithmic = panel.logarithmic;
  double least = std::numeric_limits<double>::max();
  double most = 0;
  for (const Line& line : panel.lines) {
    for (const double value : line.values) {
      if (!scale.Shows(value)) continue;
      least = std::min(least, value);
      most = std::max(most, value);
    }
  }
  if (!panel.logarithmic || most <= 0) {
    scale.logarithmic = false;
    scale.ticks = RoundTicks(most > 0 ? most : 1);
    scale.high = scale.ticks.back();
    return scale;
  }
  scale.low = std::pow(10, std::floor(std::log10(least)));
  scale.high = std::pow(10, std::ceil(std::log10(most)));
  if (scale.high <= scale.low) scale.high = scale.low * 10;
  for (double tick = scale.low; tick <= scale.high * 1.001; tick *= 10) {
    scale.ticks.push_back(tick);
  }
  return scale;
}

class Drawing {
 public:
  explicit Drawing(const Chart& chart) : chart_(chart) {
    for (const Panel& panel : chart.panels) {
      for (const Line& line : panel.lines) steps_ = std::max(steps_, line.values.size());
    }
  }

  std::string Render() {
    const double panels = static_cast<double>(chart_.panels.size());
    const std::string height =
        Number(kTop + panels * (kPanelHeight + kPanelGap) + kBottom - kPanelGap + 24, 0);
    svg_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + Number(kWidth, 0) +
           "\" height=\"" + height + "\" viewBox=\"0 0 " + Number(kWidth, 0) + " " + height +
           "\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n"
           "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
    Text(kLeft, 26, chart_.title, "start", "#1a1a1a", " font-size=\"17\" font-weight=\"600\"");
    Text(kLeft, 44, chart_.subtitle, "start", "#5f6368");
    double top = kTop + 24;
    for (const Panel& panel : chart_.panels) {
      DrawPanel(panel, top);
      top += kPanelHeight + kPanelGap;
    }
    return svg_ + "</svg>\n";
  }

 private:
  void Text(double x, double y, std::string_view text, std::string_view anchor,
            std::string_view color, std::string_view more = {}) {
    svg_ += "<text x=\"" + Number(x) + "\" y=\"" + Number(y) + "\" text-anchor=\"" +
            std::string(anchor) + "\" fill=\"" + std::string(color) + "\"" + std::string(more) +
            ">" + Escaped(text) + "</text>\n";
  }

  void Rule(double x1, double y1, double x2, double y2, std::string_view color) {
    svg_ += "<line x1=\"" + Number(x1) + "\" y1=\"" + Number(y1) + "\" x2=\"" + Number(x2) +
            "\" y2=\"" + Number(y2) + "\" stroke=\"" + std::string(color) + "\"/>\n";
  }

  [[nodiscard]] double X(double step) const {
    const double last = std::max(1.0, static_cast<double>(steps_) - 1);
    return kLeft + step / last * kPlotWidth;
  }

  void DrawPanel(const Panel& panel, double top) {
    const Scale scale = ScaleOf(panel);
    const double bottom = top + kPanelHeight;
    Text(kLeft, top - 12, panel.title, "start", "#1a1a1a", " font-weight=\"600\"");
    for (const double tick : scale.ticks) {
      const double y = bottom - scale.At(tick) * kPanelHeight;
      Rule(kLeft, y, kWidth - kRight, y, "#e6e8eb");
      Text(kLeft - 8, y + 4, TickText(tick) + (panel.unit.empty() ? "" : " " + panel.unit), "end",
           "#5f6368");
    }
    const double seconds = (std::max(1.0, static_cast<double>(steps_) - 1)) * chart_.step;
    for (const double tick : RoundTicks(seconds)) {
      if (tick > seconds * 1.0001) continue;
      const double x = X(tick / chart_.step);
      Rule(x, top, x, bottom, "#f1f3f4");
      Text(x, bottom + 18, TickText(tick) + " " + chart_.step_unit, "middle", "#5f6368");
    }
    Rule(kLeft, bottom, kWidth - kRight, bottom, "#9aa0a6");
    double legend = kWidth - kRight;
    for (auto line = panel.lines.rbegin(); line != panel.lines.rend(); ++line) {
      legend -= 7.0 * static_cast<double>(line->name.size()) + 34;
      svg_ += "<rect x=\"" + Number(legend) + "\" y=\"" + Number(top - 20) +
              "\" width=\"14\" height=\"3\" fill=\"" + Escaped(line->color) + "\"/>\n";
      Text(legend + 19, top - 14, line->name, "start", "#3c4043");
    }
    for (const Line& line : panel.lines) DrawLine(line, scale, bottom);
  }

  void Polyline(const std::string& points, std::string_view color) {
    svg_ += "<polyline points=\"" + points + "\" fill=\"none\" stroke=\"" + Escaped(color) +
            "\" stroke-width=\"1.75\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>\n";
  }

  // One polyline for each stretch without a gap; a single value is a dot.
  void DrawLine(const Line& line, const Scale& scale, double bottom) {
    std::string points;
    std::size_t count = 0;
    for (std::size_t i = 0; i <= line.values.size(); ++i) {
      const bool shown = i < line.values.size() && scale.Shows(line.values[i]);
      if (shown) {
        const double y = bottom - scale.At(line.values[i]) * kPanelHeight;
        points += Number(X(static_cast<double>(i))) + "," + Number(y) + " ";
        ++count;
        continue;
      }
      if (count == 0) continue;
      points.pop_back();
      // A dot is a line to where it begins.
      if (count == 1) points.append(" ").append(points, 0, points.size() - 1);
      Polyline(points, line.color);
      points.clear();
      count = 0;
    }
  }

  const Chart& chart_;
  std::size_t steps_ = 0;
  std::string svg_;
};

}  // namespace

std::string RenderSvg(const Chart& chart) { return Drawing(chart).Render(); }

std::vector<double> RoundTicks(double max) {
  const double rough = max / 5;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
    if (factor * power * 5 >= max * 0.999999) {
      step = factor * power;
      break;
    }
  }
  std::vector<double> ticks;
  for (int i = 0; i < 9; ++i) {
    ticks.push_back(step * i);
    if (ticks.back() >= max * 0.999999) break;
  }
  return ticks;
}

std::string TickText(double value) {
  std::string_view suffix;
  double shown = value;
  for (const auto& [size, letter] :
       {std::pair{1e9, std::string_view("G")}, std::pair{1e6, std::string_view("M")},
        std::pair{1e3, std::string_view("k")}}) {
    if (std::abs(value) < size) continue;
    shown = value / size;
    suffix = letter;
    break;
  }
  std::array<char, 64> text;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), shown, std::chars_format::general, 4);
  return std::string(text.data(), end.ptr) + std::string(suffix);
}

}  // namespace coolkit::plot
