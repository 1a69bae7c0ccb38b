#include "model/token.h"

#include <limits>

#include "base/text.h"

namespace coolkit::model {

std::string FormatToken(const Token& token) {
  return FormatIncarnation(token.incarnation) + ":" + std::to_string(token.position.value);
}

std::optional<Token> ParseToken(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto incarnation = ParseIncarnation(text.substr(0, colon));
  const auto position = ParseDecimal(text.substr(colon + 1));
  if (!incarnation || !position ||
      *position > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return std::nullopt;
  }
  return Token{*incarnation, Position{static_cast<std::int64_t>(*position)}};
}

}  // namespace coolkit::model
