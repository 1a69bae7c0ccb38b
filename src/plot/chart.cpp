#include "plot/chart.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>

namespace coolkit::plot {
namespace {

constexpr std::array<std::string_view, 6> kPalette{"#1b6ca8", "#d1495b", "#2e8b57",
                                                   "#e08e0b", "#7b4fa3", "#4f5d75"};
constexpr double kLeft = 64;
constexpr double kRight = 16;
constexpr double kTop = 40;
constexpr double kBetween = 34;  // panels, the legend of the next one included
constexpr double kBottom = 44;
constexpr int kXTicks = 8;
constexpr int kYTicks = 4;

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else if (c == '"') {
      escaped += "&quot;";
    } else {
      escaped += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return escaped;
}

// The shortest text of a number rounded to `digits` behind the point.
std::string Number(double value, int digits) {
  const double scale = std::pow(10.0, digits);
  const double rounded = std::round(value * scale) / scale;
  std::array<char, 40> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(),
                                 rounded == 0 ? 0.0 : rounded, std::chars_format::fixed, digits);
  std::string number(text.data(), end.ptr);
  if (number.find('.') != std::string::npos) {
    while (number.ends_with('0')) number.pop_back();
    if (number.ends_with('.')) number.pop_back();
  }
  return number;
}

std::string Label(double value) {
  const double size = std::abs(value);
  if (size >= 1e6) return Number(value / 1e6, 2) + "M";
  if (size >= 1e4) return Number(value / 1e3, 1) + "k";
  return Number(value, size < 10 ? 2 : 0);
}

std::string TwoDigits(long value) {
  return value < 10 ? "0" + std::to_string(value) : std::to_string(value);
}

std::string TimeLabel(double value) {
  const long all = std::lround(value);
  const long days = all / 86400;
  const long hours = all / 3600 % 24;
  if (days > 0) return std::to_string(days) + "d " + std::to_string(hours) + "h";
  if (hours > 0) return std::to_string(hours) + "h" + TwoDigits(all / 60 % 60);
  return std::to_string(all / 60) + ":" + TwoDigits(all % 60);
}

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void Take(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  // Something to divide by, whatever was taken.
  void Widen() {
    if (!std::isfinite(low)) low = high = 0;
    if (high <= low) high = low + 1;
  }
};

// Where one panel lies, and from figures to pixels.
struct Frame {
  Range x;
  Range y;
  double left = kLeft;
  double top = 0;
  double width = 0;
  double height = 0;

  [[nodiscard]] double X(double value) const {
    return left + (value - x.low) / (x.high - x.low) * width;
  }
  [[nodiscard]] double Y(double value) const {
    return top + height - (value - y.low) / (y.high - y.low) * height;
  }
};

std::string At(const Frame& frame, Point point) {
  return Number(frame.X(point.x), 1) + " " + Number(frame.Y(point.y), 1);
}

// One unbroken stretch of points.
std::string Stretch(const Frame& frame, Shape shape, const std::vector<Point>& points) {
  std::string path;
  if (shape == Shape::kArea) path = "M" + At(frame, {points.front().x, 0}) + "L";
  if (shape != Shape::kArea) path = "M";
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (i > 0) path += "L";
    if (i > 0 && shape == Shape::kStep) path += At(frame, {points[i].x, points[i - 1].y}) + "L";
    path += At(frame, points[i]);
  }
  if (shape == Shape::kArea) path += "L" + At(frame, {points.back().x, 0}) + "Z";
  return path;
}

std::string Path(const Frame& frame, const Series& series) {
  std::string path;
  std::vector<Point> stretch;
  const auto finish = [&] {
    if (!stretch.empty()) {
      path += Stretch(frame, series.shape, Thin(stretch, static_cast<std::size_t>(frame.width)));
    }
    stretch.clear();
  };
  for (const Point& point : series.points) {
    if (std::isfinite(point.x) && std::isfinite(point.y)) {
      stretch.push_back(point);
    } else {
      finish();
    }
  }
  finish();
  return path;
}

std::string Text(double x, double y, std::string_view anchor, std::string_view text) {
  return "<text x=\"" + Number(x, 1) + "\" y=\"" + Number(y, 1) + "\" text-anchor=\"" +
         std::string(anchor) + "\">" + Escaped(text) + "</text>\n";
}

std::string Line(double x1, double y1, double x2, double y2) {
  return "<line x1=\"" + Number(x1, 1) + "\" y1=\"" + Number(y1, 1) + "\" x2=\"" + Number(x2, 1) +
         "\" y2=\"" + Number(y2, 1) + "\"/>\n";
}

std::string Grid(const Frame& frame, Axis axis, bool x_labels) {
  std::string lines = "<g stroke=\"#dddddd\">\n";
  std::string labels;
  for (const double y : Ticks(frame.y.low, frame.y.high, kYTicks)) {
    lines += Line(frame.left, frame.Y(y), frame.left + frame.width, frame.Y(y));
    labels += Text(frame.left - 6, frame.Y(y) + 4, "end", Label(y));
  }
  for (const double x : Ticks(frame.x.low, frame.x.high, kXTicks)) {
    lines += Line(frame.X(x), frame.top, frame.X(x), frame.top + frame.height);
    if (!x_labels) continue;
    labels += Text(frame.X(x), frame.top + frame.height + 16, "middle",
                   axis == Axis::kSeconds ? TimeLabel(x) : Label(x));
  }
  return lines + "</g>\n" + labels;
}

std::string Drawn(const Panel& panel, const Frame& frame) {
  std::string svg = Text(frame.left, frame.top - 8, "start", panel.y_title);
  double legend = frame.left + frame.width;
  for (std::size_t i = panel.series.size(); i-- > 0;) {
    const Series& series = panel.series[i];
    const std::string colour =
        series.colour.empty() ? std::string(kPalette.at(i % kPalette.size())) : series.colour;
    const bool area = series.shape == Shape::kArea;
    svg += "<path d=\"" + Path(frame, series) + "\" fill=\"" + (area ? colour : "none") +
           "\" fill-opacity=\"0.25\" stroke=\"" + colour + "\" stroke-width=\"1.3\"/>\n";
    svg += Text(legend, frame.top - 8, "end", series.name);
    legend -= 7.0 * static_cast<double>(series.name.size()) + 8;
    svg += "<rect x=\"" + Number(legend - 4, 1) + "\" y=\"" + Number(frame.top - 17, 1) +
           "\" width=\"10\" height=\"10\" fill=\"" + colour + "\"/>\n";
    legend -= 16;
  }
  return svg;
}

}  // namespace

std::vector<double> Ticks(double low, double high, int count) {
  std::vector<double> ticks;
  if (!(high > low) || count < 1) return ticks;
  const double rough = (high - low) / count;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = power;
  for (const double factor : {2.0, 5.0, 10.0}) {
    if (step < rough * 0.999) step = power * factor;
  }
  for (double tick = std::ceil(low / step) * step; tick <= high + step * 1e-9; tick += step) {
    ticks.push_back(tick);
  }
  return ticks;
}

std::vector<Point> Thin(const std::vector<Point>& points, std::size_t buckets) {
  if (buckets == 0 || points.size() <= buckets * 4) return points;
  std::vector<Point> thin;
  const double low = points.front().x;
  const double width = (points.back().x - low) / static_cast<double>(buckets);
  for (std::size_t begin = 0; begin < points.size();) {
    const double bucket = std::floor((points[begin].x - low) / width);
    std::size_t end = begin;
    std::size_t lowest = begin;
    std::size_t highest = begin;
    while (end < points.size() && std::floor((points[end].x - low) / width) == bucket) {
      if (points[end].y < points[lowest].y) lowest = end;
      if (points[end].y > points[highest].y) highest = end;
      ++end;
    }
    std::array<std::size_t, 4> kept{begin, lowest, highest, end - 1};
    std::sort(kept.begin(), kept.end());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      if (i == 0 || kept.at(i) != kept.at(i - 1)) thin.push_back(points[kept.at(i)]);
    }
    begin = end;
  }
  return thin;
}

std::string RenderSvg(const Chart& chart) {
  Frame frame;
  frame.width = std::max(1.0, chart.width - kLeft - kRight);
  frame.height = chart.panel_height;
  for (const Panel& panel : chart.panels) {
    for (const Series& series : panel.series) {
      for (const Point& point : series.points) frame.x.Take(point.x);
    }
  }
  frame.x.Widen();
  const double panels = static_cast<double>(chart.panels.size());
  const double height = kTop + panels * (chart.panel_height + kBetween) + kBottom - kBetween + 16;
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" +
                    std::to_string(chart.width) + "\" height=\"" + Number(height, 0) +
                    "\" font-family=\"sans-serif\" font-size=\"12\" " +
                    "fill=\"#222222\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n" +
                    "<g font-size=\"15\" font-weight=\"bold\">" +
                    Text(kLeft, 18, "start", chart.title) + "</g>\n";
  double top = kTop + 8;
  for (std::size_t i = 0; i < chart.panels.size(); ++i) {
    frame.top = top;
    frame.y = Range{};
    frame.y.Take(0);
    for (const Series& series : chart.panels[i].series) {
      for (const Point& point : series.points) frame.y.Take(point.y);
    }
    frame.y.Widen();
    svg += Grid(frame, chart.x_axis, i + 1 == chart.panels.size());
    svg += Drawn(chart.panels[i], frame);
    top += chart.panel_height + kBetween;
  }
  svg += Text(kLeft + frame.width / 2, height - 8, "middle", chart.x_title);
  return svg + "</svg>\n";
}

}  // namespace coolkit::plot
