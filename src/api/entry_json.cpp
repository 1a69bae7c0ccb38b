#include "api/entry_json.h"

#include <algorithm>
#include <chrono>

#include "base/text.h"

namespace coolkit::api {
namespace {

// `value` with at least `width` digits.
void AppendPadded(std::string& out, std::int64_t value, std::size_t width) {
  const std::string digits = std::to_string(value);
  out.append(width - std::min(width, digits.size()), '0');
  out += digits;
}

}  // namespace

std::string FormatTimestamp(DbTime time) {
  const auto since = time.time_since_epoch();
  const auto day = std::chrono::floor<std::chrono::days>(since);
  const std::chrono::year_month_day date{std::chrono::sys_days(day)};
  const std::int64_t micros = (since - day).count();
  const std::int64_t second = micros / 1'000'000;
  std::string text;
  AppendPadded(text, static_cast<int>(date.year()), 4);
  text += '-';
  AppendPadded(text, static_cast<unsigned>(date.month()), 2);
  text += '-';
  AppendPadded(text, static_cast<unsigned>(date.day()), 2);
  text += 'T';
  AppendPadded(text, second / 3600, 2);
  text += ':';
  AppendPadded(text, second / 60 % 60, 2);
  text += ':';
  AppendPadded(text, second % 60, 2);
  text += '.';
  AppendPadded(text, micros % 1'000'000, 6);
  text += 'Z';
  return text;
}

void WriteVersion(json::Writer& writer, model::Version version) {
  writer.Field("version", std::to_string(version.value));
}

void WriteEntryMembers(json::Writer& writer, const model::Entry& entry, std::uint64_t size,
                       std::optional<milliseconds> ttl) {
  WriteVersion(writer, entry.version());
  writer.Field("content_type", entry.content_type());
  writer.Field("size", size);
  writer.Field("modified_at", FormatTimestamp(entry.modified_at()));
  if (ttl) writer.Field("ttl_ms", std::int64_t{ttl->count()});
}

void WriteValue(json::Writer& writer, std::string_view value) {
  if (IsValidUtf8(value)) {
    writer.Field("text", value);
  } else {
    writer.Field("base64", Base64Encode(value));
  }
}

}  // namespace coolkit::api
