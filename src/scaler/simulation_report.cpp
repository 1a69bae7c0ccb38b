#include "scaler/simulation_report.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "json/writer.h"

namespace coolkit::scaler {
namespace {

constexpr std::array<std::string_view, 8> kHeadings{
    "contender", "overloaded", "of time", "lost", "worst queue", "pod-hours", "changes", "turns"};
constexpr std::array<std::string_view, 4> kColors{"#1b6ca8", "#d1495b", "#2e8b57", "#8d6b94"};
constexpr std::size_t kPointsMax = 600;
constexpr double kHoursFrom = 4 * 3600;
constexpr std::size_t kFirstColumn = 20;
constexpr std::size_t kColumn = 19;

std::string Fixed(double value, int digits) {
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 std::chars_format::fixed, digits);
  return {text.data(), end.ptr};
}

std::string Padded(std::string text, std::size_t width, bool left) {
  if (text.size() >= width) return text;
  const std::string blank(width - text.size(), ' ');
  return left ? text + blank : blank + text;
}

// "43 s (0.21x)".
std::string Against(double value, double base, int digits, const std::string& unit) {
  std::string text = Fixed(value, digits) + unit;
  if (base > 0) text += " (" + Fixed(value / base, 2) + "x)";
  return text;
}

// The highest of each group of values.
std::vector<double> Peaks(const std::vector<double>& values, std::size_t group) {
  std::vector<double> peaks;
  for (std::size_t begin = 0; begin < values.size(); begin += group) {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(begin);
    const std::size_t size = std::min(group, values.size() - begin);
    peaks.push_back(*std::max_element(first, first + static_cast<std::ptrdiff_t>(size)));
  }
  return peaks;
}

const Outcome* Baseline(const std::vector<Outcome>& outcomes) {
  const auto found = std::find_if(outcomes.begin(), outcomes.end(), [](const Outcome& outcome) {
    return outcome.contender == Contender::kCpu;
  });
  return found == outcomes.end() ? nullptr : &*found;
}

}  // namespace

std::string SimulationTable(const std::vector<Outcome>& outcomes) {
  const Outcome none;
  const Outcome* found = Baseline(outcomes);
  const Outcome& base = found == nullptr ? none : *found;
  std::string table;
  const auto row = [&](const std::array<std::string, 8>& cells) {
    std::string line = Padded(cells[0], kFirstColumn, true);
    for (std::size_t i = 1; i < cells.size(); ++i) {
      const bool narrow = i == 2 || i == 3 || i == 4 || i == 6;
      line += Padded(cells.at(i), narrow ? 13 : kColumn, false);
    }
    table += line + "\n";
  };
  std::array<std::string, 8> headings;
  for (std::size_t i = 0; i < headings.size(); ++i) headings.at(i) = std::string(kHeadings.at(i));
  row(headings);
  for (const Outcome& outcome : outcomes) {
    const double share = outcome.seconds > 0 ? outcome.overloaded_s / outcome.seconds : 0;
    row({std::string(ContenderName(outcome.contender)),
         Against(outcome.overloaded_s, base.overloaded_s, 0, " s"), Fixed(100 * share, 4) + " %",
         Fixed(100 * outcome.lost_share, 4) + " %", Fixed(outcome.worst_queue_s, 1) + " s",
         Against(outcome.pod_hours, base.pod_hours, 1, ""), std::to_string(outcome.changes),
         Against(outcome.turns, base.turns, 0, "")});
  }
  return table;
}

std::string SimulationJson(const std::vector<Outcome>& outcomes) {
  std::string text;
  json::Writer writer(text);
  writer.BeginArray();
  for (const Outcome& outcome : outcomes) {
    writer.BeginObject();
    writer.Field("contender", ContenderName(outcome.contender));
    writer.Field("seconds", outcome.seconds);
    writer.Field("overloaded_s", outcome.overloaded_s);
    writer.Field("lost_share", outcome.lost_share);
    writer.Field("worst_queue_s", outcome.worst_queue_s);
    writer.Field("pod_hours", outcome.pod_hours);
    writer.Field("changes", outcome.changes);
    writer.Field("turns", outcome.turns);
    writer.Field("most_replicas", outcome.most);
    writer.EndObject();
  }
  writer.EndArray();
  return text + "\n";
}

plot::Chart SimulationChart(const std::string& title, const std::vector<Outcome>& outcomes) {
  plot::Chart chart;
  chart.title = title;
  if (outcomes.empty() || outcomes.front().at_s.size() < 2) return chart;
  const Outcome& first = outcomes.front();
  const std::size_t group = (first.at_s.size() + kPointsMax - 1) / kPointsMax;
  const double step = (first.at_s[1] - first.at_s[0]) * static_cast<double>(group);
  const bool long_one = first.seconds > kHoursFrom;
  chart.step = long_one ? step / 3600 : step / 60;
  chart.step_unit = long_one ? "h" : "min";
  for (std::size_t i = 0; i < std::min<std::size_t>(2, outcomes.size()); ++i) {
    const Outcome& outcome = outcomes[i];
    plot::Panel panel;
    panel.title = "load and capacity: " + std::string(ContenderName(outcome.contender));
    panel.unit = "requests/s";
    panel.lines.push_back({"load", std::string(kColors[1]), Peaks(outcome.demand, group)});
    panel.lines.push_back({"capacity", std::string(kColors[0]), Peaks(outcome.capacity, group)});
    chart.panels.push_back(std::move(panel));
  }
  plot::Panel replicas;
  replicas.title = "replicas";
  replicas.unit = "pods";
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    replicas.lines.push_back({std::string(ContenderName(outcomes[i].contender)),
                              std::string(kColors.at(i % kColors.size())),
                              Peaks(outcomes[i].replicas, group)});
  }
  chart.panels.push_back(std::move(replicas));
  return chart;
}

}  // namespace coolkit::scaler
