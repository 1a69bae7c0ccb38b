#include "telemetry/exposition.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace coolkit::telemetry {
namespace {

constexpr std::string_view kTotal = "_total";
constexpr std::array<std::string_view, 3> kUnits{"seconds", "bytes", "ratio"};
// Integers up to here are exact in a double and are written without an exponent.
constexpr double kExactIntegerMax = 9007199254740992.0;

void AppendEscaped(std::string& out, std::string_view text, bool escape_quotes) {
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '"':
        out += escape_quotes ? "\\\"" : "\"";
        break;
      default:
        out += c;
    }
  }
}

template <class... Arguments>
std::string ToChars(Arguments... arguments) {
  std::array<char, 64> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), arguments...);
  return {buffer.data(), end.ptr};
}

std::string_view SpecialNumber(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return {};
}

std::string_view WithoutTotal(std::string_view name) {
  if (name.ends_with(kTotal)) name.remove_suffix(kTotal.size());
  return name;
}

}  // namespace

std::string RenderLabels(const Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (!out.empty()) out += ',';
    out += name;
    out += "=\"";
    std::string clean = value;
    if (!IsValidUtf8(clean)) {
      for (char& c : clean) {
        if (static_cast<unsigned char>(c) >= 0x80) c = '?';
      }
    }
    AppendEscaped(out, clean, true);
    out += '"';
  }
  return out;
}

std::string FormatNumber(double value) {
  if (const std::string_view special = SpecialNumber(value); !special.empty()) {
    return std::string(special);
  }
  if (value == std::trunc(value) && std::abs(value) <= kExactIntegerMax) {
    return ToChars(static_cast<std::int64_t>(value));
  }
  return ToChars(value);
}

std::string FormatBound(double value) {
  if (const std::string_view special = SpecialNumber(value); !special.empty()) {
    return std::string(special);
  }
  std::string text = ToChars(value, std::chars_format::general);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string_view UnitOf(std::string_view name) {
  for (const std::string_view unit : kUnits) {
    if (name.ends_with(unit) && name.size() > unit.size() + 1 &&
        name[name.size() - unit.size() - 1] == '_') {
      return unit;
    }
  }
  return {};
}

ExpositionWriter::ExpositionWriter(ExpositionFormat format, std::size_t expected_bytes)
    : format_(format) {
  out_.reserve(expected_bytes);
}

void ExpositionWriter::Begin(const MetricInfo& info) {
  const bool open_metrics = format_ == ExpositionFormat::kOpenMetrics;
  name_ = info.name;
  const std::string_view family = open_metrics && info.type == MetricType::kCounter
                                      ? WithoutTotal(info.name)
                                      : std::string_view(info.name);
  const auto line = [&](std::string_view keyword) {
    out_.append("# ").append(keyword).append(" ").append(family).append(" ");
  };
  line("HELP");
  AppendEscaped(out_, info.help, open_metrics);
  out_ += '\n';
  line("TYPE");
  out_.append(MetricTypeName(info.type)).append("\n");
  if (const std::string_view unit = UnitOf(family); open_metrics && !unit.empty()) {
    line("UNIT");
    out_.append(unit).append("\n");
  }
}

void ExpositionWriter::Line(std::string_view suffix, std::string_view labels,
                            std::string_view value) {
  out_.append(name_).append(suffix);
  if (!labels.empty()) out_.append("{").append(labels).append("}");
  out_.append(" ").append(value).append("\n");
}

void ExpositionWriter::Sample(std::string_view labels, std::uint64_t value) {
  Line("", labels, ToChars(value));
}

void ExpositionWriter::Sample(std::string_view labels, double value) {
  Line("", labels, FormatNumber(value));
}

void ExpositionWriter::Sample(std::string_view labels, const Histogram::Snapshot& snapshot) {
  std::string bucket_labels(labels);
  if (!bucket_labels.empty()) bucket_labels += ',';
  bucket_labels += "le=\"";
  const std::size_t prefix = bucket_labels.size();
  for (std::size_t i = 0; i < snapshot.cumulative.size(); ++i) {
    bucket_labels.resize(prefix);
    bucket_labels += i < snapshot.upper_bounds.size() ? FormatBound(snapshot.upper_bounds[i])
                                                      : std::string("+Inf");
    bucket_labels += '"';
    Line("_bucket", bucket_labels, ToChars(snapshot.cumulative[i]));
  }
  Line("_sum", labels, FormatNumber(snapshot.sum));
  Line("_count", labels, ToChars(snapshot.count()));
}

std::string ExpositionWriter::Finish() {
  if (format_ == ExpositionFormat::kOpenMetrics) out_ += "# EOF\n";
  return std::move(out_);
}

}  // namespace coolkit::telemetry
