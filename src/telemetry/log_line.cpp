#include "telemetry/log_line.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <iterator>

namespace coolkit::telemetry {
namespace {

constexpr std::string_view kReplacement = "\\ufffd";
constexpr std::string_view kCut = "…";
constexpr std::array<std::string_view, 5> kOwnNames{"ts", "level", "pod", "msg", "suppressed"};

struct CodePoint {
  char32_t value = 0;
  std::size_t length = 0;  // in bytes; 0: not UTF-8
};

bool IsTail(std::string_view text, std::size_t i) {
  return i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
}

// The code point at the front of non-empty `text` (RFC 3629).
CodePoint Decode(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return {};
  char32_t value = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if (!IsTail(text, i)) return {};
    value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < kSmallest[length] || surrogate || value > 0x10FFFF) return {};
  return {value, length};
}

bool MustEscape(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029 ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

// The length of the longest prefix of at most `bytes_max` bytes that ends between characters.
std::size_t CutAt(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text.size();
  std::size_t end = bytes_max;
  while (end > 0 && end + 3 > bytes_max && IsTail(text, end)) --end;
  return end;
}

void AppendTime(std::string& out, std::chrono::system_clock::time_point time) {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
  const std::time_t whole = std::chrono::floor<std::chrono::seconds>(since).count();
  fmt::format_to(std::back_inserter(out), "{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(whole),
                 since.count() - whole * 1000);
}

// Numbers and truth values as both formats write them; false: it is a text.
bool AppendPlain(std::string& out, const LogValue& value) {
  const auto& variant = value.get();
  if (const auto* number = std::get_if<std::int64_t>(&variant)) {
    fmt::format_to(std::back_inserter(out), "{}", *number);
  } else if (const auto* natural = std::get_if<std::uint64_t>(&variant)) {
    fmt::format_to(std::back_inserter(out), "{}", *natural);
  } else if (const auto* real = std::get_if<double>(&variant)) {
    const std::string_view quote = std::isfinite(*real) ? "" : "\"";  // JSON has no NaN
    fmt::format_to(std::back_inserter(out), "{}{}{}", quote, *real, quote);
  } else if (const auto* truth = std::get_if<bool>(&variant)) {
    out += *truth ? "true" : "false";
  } else {
    return false;
  }
  return true;
}

// May a text stand in a text line without quotes?
bool IsBare(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != '=';
  });
}

void AppendBareOrQuoted(std::string& out, std::string_view text, std::size_t bytes_max) {
  if (IsBare(text) && text.size() <= bytes_max) {
    out += text;
  } else {
    AppendLogString(out, text, bytes_max);
  }
}

}  // namespace

void AppendLogString(std::string& out, std::string_view text, std::size_t bytes_max) {
  const std::size_t end = CutAt(text, bytes_max);
  const bool cut = end < text.size();
  text = text.substr(0, end);
  out += '"';
  while (!text.empty()) {
    const CodePoint point = Decode(text);
    if (point.length == 0) {
      out += kReplacement;
      text.remove_prefix(1);
      continue;
    }
    if (point.value == '"' || point.value == '\\') {
      out += '\\';
      out += static_cast<char>(point.value);
    } else if (point.value == '\n') {
      out += "\\n";
    } else if (MustEscape(point.value)) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<std::uint32_t>(point.value));
    } else {
      out += text.substr(0, point.length);
    }
    text.remove_prefix(point.length);
  }
  if (cut) out += kCut;
  out += '"';
}

std::string JsonLine(const LogHeader& header, std::initializer_list<LogField> fields,
                     std::size_t string_bytes_max) {
  std::string out = "{\"ts\":\"";
  AppendTime(out, header.time);
  out.append("\",\"level\":\"").append(LogLevelName(header.level)).append("\",\"pod\":");
  AppendLogString(out, header.pod, string_bytes_max);
  out += ",\"msg\":";
  AppendLogString(out, header.message, string_bytes_max);
  for (const LogField& field : fields) {
    const bool own = std::find(kOwnNames.begin(), kOwnNames.end(), field.name) != kOwnNames.end();
    out += ',';
    AppendLogString(out, own ? std::string(field.name) + "_" : std::string(field.name),
                    string_bytes_max);
    out += ':';
    if (!AppendPlain(out, field.value)) {
      AppendLogString(out, std::get<std::string_view>(field.value.get()), string_bytes_max);
    }
  }
  if (header.suppressed > 0) {
    fmt::format_to(std::back_inserter(out), ",\"suppressed\":{}", header.suppressed);
  }
  out += '}';
  return out;
}

std::string TextLine(const LogHeader& header, std::initializer_list<LogField> fields,
                     std::size_t string_bytes_max) {
  std::string out;
  AppendTime(out, header.time);
  fmt::format_to(std::back_inserter(out), " {:<5} ", LogLevelName(header.level));
  std::string message;
  AppendLogString(message, header.message, string_bytes_max);
  out += std::string_view(message).substr(1, message.size() - 2);  // words without quotes
  for (const LogField& field : fields) {
    out += ' ';
    AppendBareOrQuoted(out, field.name, string_bytes_max);
    out += '=';
    if (!AppendPlain(out, field.value)) {
      AppendBareOrQuoted(out, std::get<std::string_view>(field.value.get()), string_bytes_max);
    }
  }
  if (header.suppressed > 0) {
    fmt::format_to(std::back_inserter(out), " suppressed={}", header.suppressed);
  }
  return out;
}

}  // namespace coolkit::telemetry
