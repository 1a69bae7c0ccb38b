#include "ops/probe.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "json/writer.h"

namespace coolkit::ops {
namespace {

constexpr std::size_t kShownNameMax = 64;

// `+` is a space, `%41` an A; a broken escape stays as it is.
std::string DecodeQuery(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (const auto byte = HexDecode(text.substr(i + 1, 2)); byte && byte->size() == 1) {
        out += *byte;
        i += 2;
        continue;
      }
    }
    out += text[i] == '+' ? ' ' : text[i];
  }
  return out;
}

// What a client sent, fit to be shown in an answer.
std::string Shown(std::string_view name) {
  std::string out(name.substr(0, kShownNameMax));
  for (char& c : out) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-' || c == '.';
    if (!plain) c = '?';
  }
  return out;
}

// A detail on one line, whoever wrote it.
std::string OneLine(std::string_view detail) {
  std::string out(detail);
  const bool utf8 = IsValidUtf8(out);
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !utf8)) c = ' ';
  }
  return out;
}

void AppendFailure(std::string& out, const ProbeReport::Line& line) {
  out.append("[-]").append(line.name).append(" failed");
  if (!line.result.detail.empty()) out.append(": ").append(OneLine(line.result.detail));
  out += '\n';
}

std::string Warning(std::string_view unknown) {
  return "there is no check \"" + Shown(unknown) + "\" to exclude";
}

}  // namespace

ProbeQuery ProbeQuery::Parse(std::string_view query) {
  ProbeQuery parsed;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string name = DecodeQuery(pair.substr(0, equals));
    const std::string value = DecodeQuery(pair.substr(std::min(equals + 1, pair.size())));
    if (name == "verbose") parsed.verbose = value != "false" && value != "0";
    if (name == "exclude" && !value.empty() && parsed.excluded.size() < kExcludedMax) {
      parsed.excluded.push_back(value);
    }
  }
  return parsed;
}

bool ProbeQuery::Excludes(std::string_view check) const {
  return std::find(excluded.begin(), excluded.end(), check) != excluded.end();
}

bool ProbeReport::ok() const {
  return std::all_of(lines.begin(), lines.end(),
                     [](const Line& line) { return line.excluded || line.result.ok; });
}

std::string ProbeReport::Text(bool verbose) const {
  std::string out;
  if (ok() && !verbose) out = unknown_excluded.empty() ? "ok" : "ok\n";
  for (const Line& line : lines) {
    if (!line.excluded && !line.result.ok) {
      AppendFailure(out, line);
    } else if (verbose) {
      out.append("[+]").append(line.name).append(line.excluded ? " excluded: ok\n" : " ok\n");
    }
  }
  for (const std::string& unknown : unknown_excluded) {
    out.append("warn: ").append(Warning(unknown)).append("\n");
  }
  if (verbose || !ok()) out.append(probe).append(ok() ? " check passed\n" : " check failed\n");
  return out;
}

std::string ProbeReport::Json() const {
  std::string out;
  json::Writer writer(out);
  writer.BeginObject();
  writer.Field("probe", probe);
  writer.Field("status", ok() ? "ok" : "failed");
  writer.Key("checks").BeginArray();
  for (const Line& line : lines) {
    writer.BeginObject();
    writer.Field("name", line.name);
    writer.Field("status", line.excluded ? "excluded" : line.result.ok ? "ok" : "failed");
    if (!line.result.detail.empty()) writer.Field("detail", OneLine(line.result.detail));
    writer.EndObject();
  }
  writer.EndArray();
  if (!unknown_excluded.empty()) {
    writer.Key("warnings").BeginArray();
    for (const std::string& unknown : unknown_excluded) writer.String(Warning(unknown));
    writer.EndArray();
  }
  writer.EndObject();
  out += '\n';
  return out;
}

ProbeReport RunProbe(std::string probe, const std::vector<const Check*>& checks,
                     const std::vector<Check>& known, const ProbeQuery& query) {
  ProbeReport report;
  report.probe = std::move(probe);
  for (const Check* check : checks) {
    const bool excluded = query.Excludes(check->name);
    report.lines.push_back({check->name, excluded ? CheckResult{} : check->read(), excluded});
  }
  for (const std::string& name : query.excluded) {
    const bool is_known = std::any_of(known.begin(), known.end(),
                                      [&](const Check& check) { return check.name == name; });
    if (!is_known) report.unknown_excluded.push_back(name);
  }
  return report;
}

}  // namespace coolkit::ops
