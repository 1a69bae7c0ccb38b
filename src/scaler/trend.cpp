#include "scaler/trend.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace coolkit::scaler {
namespace {

constexpr std::size_t kLinePointsMin = 5;
constexpr std::size_t kJumpPointsMin = 4;
constexpr double kJumpShareMin = 0.1;
constexpr double kNoiseShareMin = 0.02;  // of the load: less is not believed

struct Line {
  double slope = 0;
  double at_end = 0;     // its value at the last point
  double deviation = 0;  // of the points from it
};

// Least squares. At least three points.
Line Fit(std::span<const LoadPoint> points) {
  const double last = points.back().at_s;
  const double n = static_cast<double>(points.size());
  double mean_t = 0;
  double mean_y = 0;
  for (const LoadPoint& point : points) {
    mean_t += (point.at_s - last) / n;
    mean_y += point.load / n;
  }
  double tt = 0;
  double ty = 0;
  double yy = 0;
  for (const LoadPoint& point : points) {
    const double t = point.at_s - last - mean_t;
    const double y = point.load - mean_y;
    tt += t * t;
    ty += t * y;
    yy += y * y;
  }
  Line line;
  line.slope = tt > 0 ? ty / tt : 0;
  line.at_end = mean_y - line.slope * mean_t;
  line.deviation = std::sqrt(std::max(0.0, yy - line.slope * ty) / (n - 2));
  return line;
}

}  // namespace

std::optional<double> LineAhead(std::span<const LoadPoint> points, double window_s, double ahead_s,
                                double significance) {
  if (points.empty()) return std::nullopt;
  const double begin = points.back().at_s - window_s;
  std::size_t split = 0;
  while (split < points.size() && points[split].at_s <= begin) ++split;
  const auto before = points.first(split);
  const auto window = points.subspan(split);
  if (window.size() < kLinePointsMin || before.size() < kLinePointsMin) return std::nullopt;
  const Line line = Fit(window);
  const double noise = std::max(Fit(before).deviation, kNoiseShareMin * line.at_end);
  if (line.slope * window_s < significance * noise) return std::nullopt;
  return line.at_end + line.slope * ahead_s;
}

std::optional<double> JumpAhead(std::span<const LoadPoint> points, double ahead_s,
                                double significance) {
  if (points.size() < kJumpPointsMin) return std::nullopt;
  const LoadPoint& last = points.back();
  const LoadPoint& before = points[points.size() - 2];
  const double step = last.load - before.load;
  const double time = last.at_s - before.at_s;
  if (time <= 0 || step < kJumpShareMin * before.load) return std::nullopt;
  // The median of the earlier steps' sizes: the start of this rise does not count for much.
  std::vector<double> sizes;
  for (std::size_t i = 1; i + 1 < points.size(); ++i) {
    sizes.push_back(std::abs(points[i].load - points[i - 1].load));
  }
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  if (step < significance * *middle) return std::nullopt;
  return last.load + step / time * ahead_s;
}

}  // namespace coolkit::scaler
