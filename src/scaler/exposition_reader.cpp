#include "scaler/exposition_reader.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace coolkit::scaler {
namespace {

bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
}
bool IsNameCharacter(char c) { return IsNameStart(c) || (c >= '0' && c <= '9'); }

void SkipBlanks(std::string_view& text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
}

std::string_view TakeName(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && (size == 0 ? IsNameStart(text[0]) : IsNameCharacter(text[size]))) {
    ++size;
  }
  const std::string_view name = text.substr(0, size);
  text.remove_prefix(size);
  return name;
}

// A quoted text with the escapes \\, \" and \n; what is between the quotes.
std::optional<std::string_view> TakeQuoted(std::string_view& text) {
  if (!text.starts_with('"')) return std::nullopt;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
      if (at == text.size() || std::string_view("\\\"n").find(text[at]) == std::string_view::npos) {
        return std::nullopt;
      }
    } else if (text[at] == '"') {
      const std::string_view inside = text.substr(1, at - 1);
      text.remove_prefix(at + 1);
      return inside;
    }
  }
  return std::nullopt;
}

struct LabelPair {
  std::string_view name;
  std::string_view value;  // escaped
};

// The next pair of `a="x",b="y"`, with the comma behind it.
std::optional<LabelPair> TakeLabel(std::string_view& text) {
  SkipBlanks(text);
  LabelPair pair;
  pair.name = TakeName(text);
  SkipBlanks(text);
  if (pair.name.empty() || !text.starts_with('=')) return std::nullopt;
  text.remove_prefix(1);
  SkipBlanks(text);
  const auto value = TakeQuoted(text);
  if (!value) return std::nullopt;
  pair.value = *value;
  SkipBlanks(text);
  if (text.starts_with(',')) {
    text.remove_prefix(1);
  } else if (!text.empty() && text.front() != '}') {
    return std::nullopt;
  }
  return pair;
}

// Labels in braces; what is between them.
std::optional<std::string_view> TakeLabels(std::string_view& text) {
  text.remove_prefix(1);
  const char* begin = text.data();
  for (;;) {
    SkipBlanks(text);
    if (text.starts_with('}')) break;
    if (!TakeLabel(text)) return std::nullopt;
  }
  const std::string_view inside(begin, static_cast<std::size_t>(text.data() - begin));
  text.remove_prefix(1);
  return inside;
}

std::optional<double> ParseValue(std::string_view text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "+Inf" || text == "Inf") return std::numeric_limits<double>::infinity();
  if (text == "-Inf") return -std::numeric_limits<double>::infinity();
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return value == 0 ? 0 : value;
  if (error != std::errc()) return std::nullopt;
  return value;
}

std::string_view TakeWord(std::string_view& text) {
  SkipBlanks(text);
  const std::size_t size = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view word = text.substr(0, size);
  text.remove_prefix(size);
  SkipBlanks(text);
  return word;
}

// One line that is neither empty nor a comment.
std::optional<ExpositionSample> ReadLine(std::string_view line) {
  ExpositionSample sample;
  sample.name = TakeName(line);
  if (sample.name.empty()) return std::nullopt;
  SkipBlanks(line);
  if (line.starts_with('{')) {
    const auto labels = TakeLabels(line);
    if (!labels) return std::nullopt;
    sample.labels = *labels;
  }
  const auto value = ParseValue(TakeWord(line));
  if (!value) return std::nullopt;
  sample.value = *value;
  if (line.empty() || line.starts_with("# {")) return sample;
  if (!ParseValue(TakeWord(line))) return std::nullopt;  // a timestamp
  if (line.empty() || line.starts_with("# {")) return sample;
  return std::nullopt;
}

}  // namespace

std::optional<std::string> ExpositionSample::Label(std::string_view label) const {
  std::string_view rest = labels;
  while (!rest.empty()) {
    const auto pair = TakeLabel(rest);
    if (!pair) break;
    if (pair->name != label) continue;
    std::string unescaped;
    for (std::size_t i = 0; i < pair->value.size(); ++i) {
      char c = pair->value[i];
      if (c == '\\' && i + 1 < pair->value.size())
        c = pair->value[++i] == 'n' ? '\n' : pair->value[i];
      unescaped += c;
    }
    return unescaped;
  }
  return std::nullopt;
}

Result<void> ReadExposition(std::string_view text,
                            const std::function<void(const ExpositionSample&)>& visit,
                            ExpositionLimits limits) {
  if (text.size() > limits.bytes_max) {
    return Fail(ErrorCode::kPayloadTooLarge, "the metrics are too long");
  }
  std::size_t number = 0;
  std::size_t samples = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    SkipBlanks(line);
    if (line.empty() || line.front() == '#') continue;
    const auto sample = ReadLine(line);
    if (!sample) {
      return Fail(ErrorCode::kInvalidRequest,
                  "line " + std::to_string(number) + " of the metrics makes no sense");
    }
    if (++samples > limits.samples_max) {
      return Fail(ErrorCode::kPayloadTooLarge, "the metrics have too many samples");
    }
    visit(*sample);
  }
  return {};
}

}  // namespace coolkit::scaler
