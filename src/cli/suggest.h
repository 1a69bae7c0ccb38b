// Why: a mistyped flag or command is answered with the one that was meant. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace coolkit::cli {

// The candidate that is at most a third of its length (at least 1) in edits away from `text`, or
// that begins with it; the nearest, the first of equals. Empty: none.
[[nodiscard]] std::string Nearest(std::string_view text,
                                  const std::vector<std::string>& candidates);

}  // namespace coolkit::cli
