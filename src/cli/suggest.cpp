#include "cli/suggest.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace coolkit::cli {
namespace {

// The least number of insertions, deletions and replacements (Levenshtein).
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string Nearest(std::string_view text, const std::vector<std::string>& candidates) {
  constexpr std::size_t kPrefixMin = 3;  // shorter ones begin too many names
  std::string best;
  std::size_t best_distance = 0;
  for (const std::string& candidate : candidates) {
    const bool begins = text.size() >= kPrefixMin && candidate.starts_with(text);
    const std::size_t distance = begins ? 1 : EditDistance(text, candidate);
    if (distance > std::max<std::size_t>(1, candidate.size() / 3)) continue;
    if (best.empty() || distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace coolkit::cli
