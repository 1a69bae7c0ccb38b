#include "sim/trace.h"

namespace coolkit::sim {

std::string Trace::Milliseconds(BootTime now) {
  const std::int64_t us =
      std::chrono::duration_cast<microseconds>(now.time_since_epoch() - seconds(1000)).count();
  std::string text = std::to_string(us / 1000);
  std::string fraction = std::to_string(us % 1000);
  fraction.insert(0, 3 - std::min<std::size_t>(3, fraction.size()), '0');
  text.insert(0, 6 - std::min<std::size_t>(6, text.size()), ' ');
  return text + "." + fraction;
}

void Trace::Push(std::string line) {
  if (lines_.size() == lines_max_) lines_.pop_front();
  lines_.push_back(std::move(line));
}

std::string Trace::Text() const {
  std::string text;
  for (const std::string& line : lines_) text.append(line).append("\n");
  return text;
}

}  // namespace coolkit::sim
