#include "store/postgres/snapshot_text.h"

#include <limits>

#include "base/text.h"

namespace coolkit::store {
namespace {

// Takes the number up to `end` (or to the end of the text) off the front of `text`.
std::optional<std::uint64_t> TakeNumber(std::string_view& text, char end) {
  const std::size_t size = text.find(end);
  const std::optional<std::uint64_t> number = ParseDecimal(text.substr(0, size));
  text = size == std::string_view::npos ? std::string_view() : text.substr(size + 1);
  return number;
}

}  // namespace

std::optional<PgSnapshot> ParsePgSnapshot(std::string_view text) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  PgSnapshot snapshot;
  if (text.find(':') == std::string_view::npos) return std::nullopt;
  const std::optional<std::uint64_t> xmin = TakeNumber(text, ':');
  if (!xmin || text.find(':') == std::string_view::npos) return std::nullopt;
  const std::optional<std::uint64_t> xmax = TakeNumber(text, ':');
  if (!xmax || *xmin > *xmax || *xmax > kMax) return std::nullopt;
  snapshot.xmin = *xmin;
  snapshot.xmax = *xmax;
  std::uint64_t last = 0;
  while (!text.empty()) {
    if (text.back() == ',') return std::nullopt;
    const std::optional<std::uint64_t> id = TakeNumber(text, ',');
    if (!id || *id < *xmin || *id >= *xmax || *id <= last) return std::nullopt;
    last = *id;
    snapshot.xip.push_back(*id);
  }
  return snapshot;
}

}  // namespace coolkit::store
