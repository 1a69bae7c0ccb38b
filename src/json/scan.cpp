#include "json/scan.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace coolkit::json {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// What may stand behind a number or a literal.
bool IsDelimiter(char c) { return c == ',' || c == ']' || c == '}' || IsSpace(c); }

std::uint32_t HexUnit(std::string_view digits) {
  std::uint32_t unit = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
  return unit;
}

void AppendUtf8(std::string& out, std::uint32_t code_point) {
  const auto tail = [&](unsigned shift) {
    out += static_cast<char>(0x80 | ((code_point >> shift) & 0x3F));
  };
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xC0 | (code_point >> 6));
    tail(0);
  } else if (code_point < 0x10000) {
    out += static_cast<char>(0xE0 | (code_point >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (code_point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

// Appends what the escape behind the reverse solidus at `at` stands for; the position behind it.
std::size_t AppendEscape(std::string& out, std::string_view text, std::size_t at) {
  constexpr std::string_view kLetters = "bfnrt";
  constexpr std::string_view kControls = "\b\f\n\r\t";
  const char letter = text[at + 1];
  if (letter != 'u') {
    const std::size_t known = kLetters.find(letter);
    out += known == std::string_view::npos ? letter : kControls[known];
    return at + 2;
  }
  const std::uint32_t unit = HexUnit(text.substr(at + 2, 4));
  if (unit < 0xD800 || unit > 0xDBFF) {
    AppendUtf8(out, unit);
    return at + 6;
  }
  const std::uint32_t low = HexUnit(text.substr(at + 8, 4));
  AppendUtf8(out, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
  return at + 12;
}

struct Walk {
  std::size_t end = 0;     // behind the closing bracket
  std::size_t depth = 0;   // containers inside each other at most
  std::size_t commas = 0;  // of the outermost one, if they are counted
};

// Walks from the bracket at `at` to the end of its container.
template <bool kCountCommas = false>
Walk WalkContainer(std::string_view text, std::size_t at) {
  Walk walk;
  std::size_t open = 0;
  while (true) {
    switch (text[at]) {
      case '"':
        at = SkipString(text, at);
        continue;
      case ',':
        if constexpr (kCountCommas) walk.commas += open == 1 ? 1 : 0;
        break;
      case '{':
      case '[':
        walk.depth = std::max(walk.depth, ++open);
        break;
      case '}':
      case ']':
        if (--open > 0) break;
        walk.end = at + 1;
        return walk;
      default:
        break;
    }
    ++at;
  }
}

}  // namespace

std::size_t SkipSpace(std::string_view text, std::size_t at) {
  while (at < text.size() && IsSpace(text[at])) ++at;
  return at;
}

std::size_t SkipString(std::string_view text, std::size_t at) {
  ++at;
  while (text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return at + 1;
}

std::size_t SkipValue(std::string_view text, std::size_t at) {
  switch (KindOf(text[at])) {
    case Kind::kString:
      return SkipString(text, at);
    case Kind::kArray:
    case Kind::kObject:
      return WalkContainer(text, at).end;
    default:
      while (at < text.size() && !IsDelimiter(text[at])) ++at;
      return at;
  }
}

std::size_t CountParts(std::string_view text) { return WalkContainer<true>(text, 0).commas + 1; }

std::size_t DepthOf(std::string_view text) {
  const std::size_t at = SkipSpace(text, 0);
  return text[at] == '[' || text[at] == '{' ? WalkContainer(text, at).depth : 0;
}

Kind KindOf(char first) {
  switch (first) {
    case '{':
      return Kind::kObject;
    case '[':
      return Kind::kArray;
    case '"':
      return Kind::kString;
    case 't':
    case 'f':
      return Kind::kBool;
    case 'n':
      return Kind::kNull;
    default:
      return Kind::kNumber;
  }
}

std::string Unquote(std::string_view quoted) {
  const std::string_view text = quoted.substr(1, quoted.size() - 2);
  std::string out;
  std::size_t at = 0;
  while (true) {
    const std::size_t escape = std::min(text.find('\\', at), text.size());
    out += text.substr(at, escape - at);
    if (escape == text.size()) return out;
    at = AppendEscape(out, text, escape);
  }
}

}  // namespace coolkit::json
