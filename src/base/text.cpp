#include "base/text.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>

namespace coolkit {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr std::array kDurationUnits{Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000},
                                    Unit{"s", 1'000}, Unit{"ms", 1}};
constexpr std::array kByteUnits{Unit{"TiB", 1ULL << 40}, Unit{"GiB", 1ULL << 30},
                                Unit{"MiB", 1ULL << 20}, Unit{"KiB", 1ULL << 10}, Unit{"B", 1}};

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::uint8_t Byte(char c) { return static_cast<std::uint8_t>(c); }

std::size_t DigitCount(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && text[n] >= '0' && text[n] <= '9') ++n;
  return n;
}

template <class Units>
std::optional<std::uint64_t> Scale(std::string_view digits, std::string_view unit,
                                   const Units& units) {
  const auto number = ParseDecimal(digits);
  if (!number) return std::nullopt;
  for (const auto& [name, factor] : units) {
    if (name != unit) continue;
    if (*number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / factor) {
      return std::nullopt;
    }
    return *number * factor;
  }
  return std::nullopt;
}

// Length of the well-formed UTF-8 sequence at the front (Unicode table 3-7); 0: ill-formed.
std::size_t SequenceLength(std::string_view s) {
  const auto cont = [&](std::size_t i, int low = 0x80, int high = 0xBF) {
    return i < s.size() && Byte(s[i]) >= low && Byte(s[i]) <= high;
  };
  const int lead = Byte(s[0]);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return cont(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const int low = lead == 0xE0 ? 0xA0 : 0x80;
    const int high = lead == 0xED ? 0x9F : 0xBF;
    return cont(1, low, high) && cont(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const int low = lead == 0xF0 ? 0x90 : 0x80;
    const int high = lead == 0xF4 ? 0x8F : 0xBF;
    return cont(1, low, high) && cont(2) && cont(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string HexEncode(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out += kHexDigits[Byte(c) >> 4];
    out += kHexDigits[Byte(c) & 15];
  }
  return out;
}

std::optional<std::string> HexDecode(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = HexValue(text[i]);
    const int low = HexValue(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::string Base64Encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t block = static_cast<std::uint32_t>(Byte(bytes[i])) << 16;
    if (have > 1) block |= static_cast<std::uint32_t>(Byte(bytes[i + 1])) << 8;
    if (have > 2) block |= Byte(bytes[i + 2]);
    out += kBase64Digits[block >> 18];
    out += kBase64Digits[(block >> 12) & 63];
    out += have > 1 ? kBase64Digits[(block >> 6) & 63] : '=';
    out += have > 2 ? kBase64Digits[block & 63] : '=';
  }
  return out;
}

std::optional<std::string> Base64Decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  static constexpr auto kValues = [] {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < kBase64Digits.size(); ++i) {
      values[static_cast<std::uint8_t>(kBase64Digits[i])] = static_cast<std::int8_t>(i);
    }
    return values;
  }();
  std::string out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const bool last = i + 4 == text.size();
    const int padding = !last                                      ? 0
                        : text[i + 2] == '=' && text[i + 3] == '=' ? 2
                        : text[i + 3] == '='                       ? 1
                                                                   : 0;
    std::uint32_t block = 0;
    for (int j = 0; j < 4; ++j) {
      const int value = j < 4 - padding ? kValues[Byte(text[i + static_cast<std::size_t>(j)])] : 0;
      if (value < 0) return std::nullopt;
      block = block << 6 | static_cast<std::uint32_t>(value);
    }
    if (padding == 2 && (block & 0xFFFF) != 0) return std::nullopt;
    if (padding == 1 && (block & 0xFF) != 0) return std::nullopt;
    out += static_cast<char>(block >> 16);
    if (padding < 2) out += static_cast<char>(block >> 8 & 0xFF);
    if (padding < 1) out += static_cast<char>(block & 0xFF);
  }
  return out;
}

bool IsValidUtf8(std::string_view bytes) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  while (!bytes.empty()) {
    std::uint64_t eight = 0;
    if (bytes.size() >= sizeof eight) {
      std::memcpy(&eight, bytes.data(), sizeof eight);
      if ((eight & kHighBits) == 0) {
        bytes.remove_prefix(sizeof eight);
        continue;
      }
    }
    const std::size_t length = SequenceLength(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

Result<milliseconds> ParseDuration(std::string_view text, bool allow_zero) {
  if (allow_zero && text == "0") return milliseconds(0);
  const std::size_t digits = DigitCount(text);
  if (digits > 0 && text[0] != '0') {
    if (const auto ms = Scale(text.substr(0, digits), text.substr(digits), kDurationUnits)) {
      return milliseconds(static_cast<std::int64_t>(*ms));
    }
  }
  return Fail(ErrorCode::kInvalidRequest,
              "a duration is a whole number above 0 and a unit: ms, s, m, h or d");
}

std::string FormatDuration(milliseconds duration) {
  const auto count = static_cast<std::uint64_t>(duration.count());
  if (count == 0) return "0";
  for (const auto& [name, factor] : kDurationUnits) {
    if (count % factor == 0) return std::to_string(count / factor) + std::string(name);
  }
  return std::to_string(count) + "ms";
}

Result<std::uint64_t> ParseByteSize(std::string_view text) {
  const std::size_t digits = DigitCount(text);
  const std::string_view unit = text.substr(digits);
  if (digits > 0) {
    if (const auto bytes = Scale(text.substr(0, digits), unit.empty() ? "B" : unit, kByteUnits)) {
      return *bytes;
    }
  }
  return Fail(ErrorCode::kInvalidRequest,
              "a size is a whole number and a unit: B, KiB, MiB, GiB or TiB");
}

std::string FormatByteSize(std::uint64_t bytes) {
  for (const auto& [name, factor] : kByteUnits) {
    if (bytes != 0 && bytes % factor == 0) {
      return std::to_string(bytes / factor) + std::string(name);
    }
  }
  return std::to_string(bytes) + "B";
}

std::optional<std::uint64_t> ParseDecimal(std::string_view text) {
  if (text.empty() || DigitCount(text) != text.size()) return std::nullopt;
  if (text[0] == '0' && text.size() > 1) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

}  // namespace coolkit
