#include "http/plain_head.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "http/head_scanner.h"
#include "http/names.h"

namespace coolkit::http {
namespace {

constexpr std::size_t kVersionBytes = 9;  // " HTTP/1.1"
constexpr std::size_t kLengthDigitsMax = 15;

constexpr std::array<bool, 256> kTargetChars = [] {
  std::array<bool, 256> chars{};
  for (int c = '0'; c <= '9'; ++c) chars[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) chars[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) chars[static_cast<std::size_t>(c)] = true;
  for (const char c : std::string_view("-._~!$&'()*+,;=:@%/?")) {
    chars[static_cast<unsigned char>(c)] = true;
  }
  return chars;
}();

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

// All of the bytes below 0x80?
bool IsAscii(std::string_view text) {
  unsigned char all = 0;
  for (const char c : text) all |= static_cast<unsigned char>(c);
  return all < 0x80;
}

// Fields that decide where a message ends, or that Beast reads a list from.
bool NeedsThought(Field field, std::string_view name, std::string_view value) {
  switch (field) {
    case Field::kContentLength:
      return value.size() > kLengthDigitsMax || !std::all_of(value.begin(), value.end(), IsDigit);
    case Field::kTransferEncoding:
    case Field::kUpgrade:
      return true;
    case Field::kConnection:
      return !EqualsIgnoreCase(value, "keep-alive") && !EqualsIgnoreCase(value, "close");
    case Field::kOther:
      return EqualsIgnoreCase(name, "proxy-connection");
    default:
      return false;
  }
}

}  // namespace

bool PlainHead::Read(std::string_view head, std::vector<Header>& headers) {
  bool first = true;
  for (std::size_t at = 0; at + 2 < head.size();) {
    const std::size_t end = FindControl(head, at);
    if (end >= head.size() || head[end] != '\r') return false;
    const std::string_view line = head.substr(at, end - at);
    if (!(first ? TakeFirstLine(line) : TakeField(line, headers))) return false;
    first = false;
    at = end + 2;  // the scanner saw that LF follows
  }
  return !first;
}

bool PlainHead::TakeFirstLine(std::string_view line) {
  if (line.size() <= kVersionBytes) return false;
  const std::string_view ending = line.substr(line.size() - kVersionBytes);
  if (ending != " HTTP/1.1" && ending != " HTTP/1.0") return false;
  version_minor = ending.back() - '0';
  line.remove_suffix(kVersionBytes);
  const std::size_t space = line.find(' ');
  if (space == 0 || space == std::string_view::npos) return false;
  method = line.substr(0, space);
  target = line.substr(space + 1);
  for (const char c : target) {
    if (!kTargetChars[static_cast<unsigned char>(c)]) return false;
  }
  return !target.empty() && std::all_of(method.begin(), method.end(), IsUpper);
}

bool PlainHead::TakeField(std::string_view line, std::vector<Header>& headers) {
  std::size_t colon = 0;
  while (colon < line.size() && IsTokenChar(line[colon])) ++colon;
  if (colon == 0 || colon == line.size() || line[colon] != ':') return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = TrimBlanks(line.substr(colon + 1));
  const Field field = FieldFromName(name);
  if (value.empty() || !IsAscii(value) || NeedsThought(field, name, value)) return false;
  const std::uint32_t bit = 1u << static_cast<unsigned>(field);
  if (field == Field::kContentLength && (present & bit) != 0) return false;
  headers.push_back(Header{field, name, value});
  present |= bit;
  return true;
}

}  // namespace coolkit::http
