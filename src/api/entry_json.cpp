#include "api/entry_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <string_view>

#include "base/text.h"

namespace coolkit::api {
namespace {

// Writes `value` over the `width` digits that end there.
void Digits(std::string& text, std::size_t at, std::size_t width, std::int64_t value) {
  for (std::size_t i = at + width; i-- > at; value /= 10) {
    text[i] = static_cast<char>('0' + value % 10);
  }
}

}  // namespace

std::string FormatTimestamp(DbTime time) {
  const auto since = time.time_since_epoch();
  const auto day = std::chrono::floor<std::chrono::days>(since);
  const std::chrono::year_month_day date{std::chrono::sys_days(day)};
  const std::int64_t micros = (since - day).count();
  const std::int64_t second = micros / 1'000'000;
  const auto year = std::clamp(static_cast<int>(date.year()), 0, 9999);
  std::string text = "0000-00-00T00:00:00.000000Z";
  Digits(text, 0, 4, year);
  Digits(text, 5, 2, static_cast<unsigned>(date.month()));
  Digits(text, 8, 2, static_cast<unsigned>(date.day()));
  Digits(text, 11, 2, second / 3600);
  Digits(text, 14, 2, second / 60 % 60);
  Digits(text, 17, 2, second % 60);
  Digits(text, 20, 6, micros % 1'000'000);
  return text;
}

void WriteVersion(json::Writer& writer, model::Version version) {
  std::array<char, 24> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), version.value);
  writer.Field("version",
               std::string_view(text.data(), static_cast<std::size_t>(end.ptr - text.data())));
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
