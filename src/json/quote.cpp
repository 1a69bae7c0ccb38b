#include "json/quote.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace coolkit::json {
namespace {

// How a byte is written inside a string: 0 as it is, 'u' as \u00XX, else a reverse solidus and
// this.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> escapes{};
  for (std::size_t byte = 0; byte < 0x20; ++byte) escapes[byte] = 'u';
  escapes['\b'] = 'b';
  escapes['\f'] = 'f';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  return escapes;
}();

char EscapeOf(char c) { return kEscapes[static_cast<std::uint8_t>(c)]; }

// The first byte from `at` on that is escaped, or the end. Eight at a time: a byte of `eight` whose
// upper bit gets set is below the space, a quote or a reverse solidus (or behind such a one).
std::size_t NextEscape(std::string_view text, std::size_t at) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighBits = 0x80 * kOnes;
  for (std::uint64_t eight = 0; at + sizeof eight <= text.size(); at += sizeof eight) {
    std::memcpy(&eight, text.data() + at, sizeof eight);
    const std::uint64_t quotes = eight ^ (kOnes * '"');
    const std::uint64_t solidi = eight ^ (kOnes * '\\');
    const std::uint64_t found = ((eight - kOnes * 0x20) & ~eight) | ((quotes - kOnes) & ~quotes) |
                                ((solidi - kOnes) & ~solidi);
    if ((found & kHighBits) != 0) break;
  }
  while (at < text.size() && EscapeOf(text[at]) == 0) ++at;
  return at;
}

}  // namespace

void AppendQuoted(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  std::size_t copied = 0;
  for (std::size_t at = NextEscape(text, 0); at < text.size(); at = NextEscape(text, at + 1)) {
    const char escape = EscapeOf(text[at]);
    out.append(text, copied, at - copied);
    copied = at + 1;
    out += '\\';
    out += escape;
    if (escape != 'u') continue;
    const auto byte = static_cast<std::uint8_t>(text[at]);
    out += "00";
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  out.append(text, copied);
  out += '"';
}

std::size_t QuotedSize(std::string_view text) {
  std::size_t size = text.size() + 2;
  for (const char c : text) {
    const char escape = EscapeOf(c);
    if (escape != 0) size += escape == 'u' ? 5 : 1;
  }
  return size;
}

}  // namespace coolkit::json
