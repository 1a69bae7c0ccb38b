#include "model/incarnation.h"

#include <algorithm>
#include <limits>

#include "base/text.h"

namespace coolkit::model {

std::string FormatIncarnation(const Incarnation& incarnation) {
  const std::string_view id(reinterpret_cast<const char*>(incarnation.id.data()),
                            incarnation.id.size());
  return std::to_string(incarnation.system_id) + "." + std::to_string(incarnation.database_oid) +
         "." + HexEncode(id) + "." + std::to_string(incarnation.base);
}

std::optional<Incarnation> ParseIncarnation(std::string_view text) {
  std::array<std::string_view, 4> parts;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    parts[i] = text.substr(0, dot);
    text.remove_prefix(dot + 1);
  }
  parts[3] = text;
  const auto system_id = ParseDecimal(parts[0]);
  const auto oid = ParseDecimal(parts[1]);
  const auto base = ParseDecimal(parts[3]);
  std::string hex(parts[2]);
  if (hex.size() == 36) std::erase(hex, '-');
  const auto id = HexDecode(hex);
  if (!system_id || !oid || *oid > std::numeric_limits<std::uint32_t>::max() || !base ||
      *base > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) || !id ||
      id->size() != 16) {
    return std::nullopt;
  }
  Incarnation result;
  result.system_id = *system_id;
  result.database_oid = static_cast<std::uint32_t>(*oid);
  result.base = static_cast<std::int64_t>(*base);
  std::copy(id->begin(), id->end(), result.id.begin());
  return result;
}

}  // namespace coolkit::model
