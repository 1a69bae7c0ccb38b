#include "json/pointer.h"

#include <algorithm>

#include "base/text.h"

namespace coolkit::json {

std::optional<Pointer> ParsePointer(std::string_view text) {
  Pointer tokens;
  if (text.empty()) return tokens;
  if (text.front() != '/') return std::nullopt;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '/') {
      tokens.emplace_back();
    } else if (c != '~') {
      tokens.back() += c;
    } else if (++at < text.size() && (text[at] == '0' || text[at] == '1')) {
      tokens.back() += text[at] == '0' ? '~' : '/';
    } else {
      return std::nullopt;
    }
  }
  return tokens;
}

std::optional<std::size_t> ArrayIndex(std::string_view token) { return ParseDecimal(token); }

}  // namespace coolkit::json
