#include "api/page_token.h"

#include <array>
#include <cstdint>
#include <optional>

#include "base/hash.h"
#include "base/text.h"
#include "model/limits.h"

namespace coolkit::api {
namespace {

constexpr char kFormat = '\x01';
constexpr std::size_t kChecksumBytes = 8;
constexpr std::uint64_t kSeed = 0x70616765746f6b31;  // apart from every other use of the hash
// The smallest code point that a key may contain: no key lies between k and k + U+0001.
constexpr char kSmallest = '\x01';

std::string Checksum(std::string_view collection, std::string_view prefix,
                     std::string_view last_key) {
  std::string text(collection);
  text += '\0';
  text += prefix;
  text += '\0';
  text += last_key;
  const std::uint64_t hash = Hash64(text, kSeed);
  std::string bytes;
  for (std::size_t i = 0; i < kChecksumBytes; ++i) {
    bytes += static_cast<char>(hash >> (8 * i) & 0xFF);
  }
  return bytes;
}

// base64url without padding (RFC 4648 section 5): the token stands in a query.
std::string EncodeForUrl(std::string_view bytes) {
  std::string text = Base64Encode(bytes);
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

std::optional<std::string> DecodeFromUrl(std::string_view text) {
  std::string padded;
  for (const char c : text) {
    if (c == '+' || c == '/' || c == '=') return std::nullopt;
    padded += c == '-' ? '+' : c == '_' ? '/' : c;
  }
  while (padded.size() % 4 != 0) padded += '=';
  return Base64Decode(padded);
}

char32_t LastCodePoint(std::string_view text, std::size_t& start) {
  start = text.size() - 1;
  while ((static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
  const auto lead = static_cast<unsigned char>(text[start]);
  char32_t point = lead < 0x80   ? lead
                   : lead < 0xE0 ? lead & 0x1F
                   : lead < 0xF0 ? lead & 0xF
                                 : lead & 7;
  for (std::size_t i = start + 1; i < text.size(); ++i) {
    point = point << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
  }
  return point;
}

void AppendCodePoint(std::string& out, char32_t point) {
  const auto byte = [&out](char32_t value) { out += static_cast<char>(value); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xC0 | point >> 6);
    byte(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    byte(0xE0 | point >> 12);
    byte(0x80 | (point >> 6 & 0x3F));
    byte(0x80 | (point & 0x3F));
  } else {
    byte(0xF0 | point >> 18);
    byte(0x80 | (point >> 12 & 0x3F));
    byte(0x80 | (point >> 6 & 0x3F));
    byte(0x80 | (point & 0x3F));
  }
}

}  // namespace

std::string MakePageToken(std::string_view collection, std::string_view prefix,
                          std::string_view last_key) {
  std::string bytes(1, kFormat);
  bytes += Checksum(collection, prefix, last_key);
  bytes += last_key;
  return EncodeForUrl(bytes);
}

Result<std::string> ReadPageToken(std::string_view token, std::string_view collection,
                                  std::string_view prefix) {
  const auto bytes = DecodeFromUrl(token);
  constexpr std::size_t kHeadBytes = 1 + kChecksumBytes;
  if (bytes && bytes->size() > kHeadBytes && bytes->front() == kFormat) {
    const std::string_view last_key = std::string_view(*bytes).substr(kHeadBytes);
    const bool mine = std::string_view(*bytes).substr(1, kChecksumBytes) ==
                      Checksum(collection, prefix, last_key);
    // Not ValidateKey: plain SQL may have written a key that no request can name.
    if (mine && last_key.starts_with(prefix) && last_key.size() <= model::kMaxKeyBytes) {
      return std::string(last_key) + kSmallest;
    }
  }
  return Fail(ErrorCode::kInvalidPageToken,
              "page_token is not one that was given for this collection and prefix");
}

std::string PrefixEnd(std::string_view prefix) {
  while (!prefix.empty()) {
    std::size_t start = 0;
    const char32_t last = LastCodePoint(prefix, start);
    prefix = prefix.substr(0, start);
    if (last == 0x10FFFF) continue;
    std::string end(prefix);
    AppendCodePoint(end, last + 1 == 0xD800 ? 0xE000 : last + 1);
    return end;
  }
  return {};
}

}  // namespace coolkit::api
