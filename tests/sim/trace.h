// Why: a violation is understood from what led to it, but writing that down costs more than the run
// itself: a failed seed is run again with the trace on, which changes nothing else.
// Not thread-safe.
#pragma once

#include <concepts>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/time.h"

namespace coolkit::sim {

class Trace {
 public:
  // Keeps the last `lines`; 0: off.
  explicit Trace(std::size_t lines) : lines_max_(lines) {}

  template <class... Parts>
  void Add(BootTime now, const Parts&... parts) {
    if (lines_max_ == 0) return;
    std::string line = Milliseconds(now);
    ((line += ' ', Append(line, parts)), ...);
    Push(std::move(line));
  }
  [[nodiscard]] std::string Text() const;

 private:
  static std::string Milliseconds(BootTime now);
  static void Append(std::string& line, std::string_view text) { line += text; }
  static void Append(std::string& line, std::integral auto number) {
    line += std::to_string(number);
  }
  void Push(std::string line);

  std::size_t lines_max_;
  std::deque<std::string> lines_;
};

}  // namespace coolkit::sim
