// The dates of RFC 9110 section 5.6.7, declared in message.h.
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace coolkit::http {
namespace {

constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> kLongDays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                    "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::int64_t kSecondsPerDay = 86'400;

void AppendDigits(std::string& out, unsigned value, int digits) {
  std::array<char, 4> text{};
  for (int i = digits; i > 0; --i, value /= 10) {
    text[static_cast<std::size_t>(i - 1)] = static_cast<char>('0' + value % 10);
  }
  out.append(text.data(), static_cast<std::size_t>(digits));
}

// Reads a date from left to right; after the first mismatch nothing matches any more.
class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  void Literal(std::string_view text) {
    if (rest_.starts_with(text)) {
      rest_.remove_prefix(text.size());
    } else {
      good_ = false;
    }
  }
  // Index of the name that the rest starts with.
  template <std::size_t N>
  unsigned OneOf(const std::array<std::string_view, N>& names) {
    for (std::size_t i = 0; i < N; ++i) {
      if (!rest_.starts_with(names[i])) continue;
      rest_.remove_prefix(names[i].size());
      return static_cast<unsigned>(i);
    }
    good_ = false;
    return 0;
  }
  unsigned Digits(std::size_t count) {
    unsigned value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') {
        good_ = false;
        return 0;
      }
      value = value * 10 + static_cast<unsigned>(rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  // The day of asctime: two digits, or a space and one.
  unsigned PaddedDay() {
    if (!rest_.starts_with(' ')) return Digits(2);
    rest_.remove_prefix(1);
    return Digits(1);
  }
  [[nodiscard]] bool done() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

struct Fields {
  unsigned year = 0;
  unsigned month = 0;  // from 0
  unsigned day = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
};

void ReadTime(Reader& reader, Fields& fields) {
  fields.hour = reader.Digits(2);
  reader.Literal(":");
  fields.minute = reader.Digits(2);
  reader.Literal(":");
  fields.second = reader.Digits(2);
}

std::optional<std::int64_t> ToSeconds(const Fields& fields) {
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(fields.year)),
                                         std::chrono::month(fields.month + 1),
                                         std::chrono::day(fields.day)};
  // Second 60 is a leap second.
  if (!date.ok() || fields.hour > 23 || fields.minute > 59 || fields.second > 60) {
    return std::nullopt;
  }
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return days * kSecondsPerDay + std::int64_t{fields.hour} * 3600 +
         std::int64_t{fields.minute} * 60 + std::int64_t{fields.second};
}

// Sun, 06 Nov 1994 08:49:37 GMT
std::optional<Fields> ReadImfFixdate(std::string_view text) {
  Reader reader(text);
  Fields fields;
  static_cast<void>(reader.OneOf(kDays));
  reader.Literal(", ");
  fields.day = reader.Digits(2);
  reader.Literal(" ");
  fields.month = reader.OneOf(kMonths);
  reader.Literal(" ");
  fields.year = reader.Digits(4);
  reader.Literal(" ");
  ReadTime(reader, fields);
  reader.Literal(" GMT");
  return reader.done() ? std::optional(fields) : std::nullopt;
}

// Sunday, 06-Nov-94 08:49:37 GMT
std::optional<Fields> ReadRfc850(std::string_view text) {
  Reader reader(text);
  Fields fields;
  static_cast<void>(reader.OneOf(kLongDays));
  reader.Literal(", ");
  fields.day = reader.Digits(2);
  reader.Literal("-");
  fields.month = reader.OneOf(kMonths);
  reader.Literal("-");
  fields.year = reader.Digits(2);
  fields.year += fields.year < 70 ? 2000 : 1900;
  reader.Literal(" ");
  ReadTime(reader, fields);
  reader.Literal(" GMT");
  return reader.done() ? std::optional(fields) : std::nullopt;
}

// Sun Nov  6 08:49:37 1994
std::optional<Fields> ReadAsctime(std::string_view text) {
  Reader reader(text);
  Fields fields;
  static_cast<void>(reader.OneOf(kDays));
  reader.Literal(" ");
  fields.month = reader.OneOf(kMonths);
  reader.Literal(" ");
  fields.day = reader.PaddedDay();
  reader.Literal(" ");
  ReadTime(reader, fields);
  reader.Literal(" ");
  fields.year = reader.Digits(4);
  return reader.done() ? std::optional(fields) : std::nullopt;
}

}  // namespace

std::string FormatHttpDate(std::int64_t unix_seconds) {
  const std::chrono::sys_seconds time{std::chrono::seconds(unix_seconds)};
  const std::chrono::sys_days days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(days);
  const auto of_day = static_cast<unsigned>((time - days).count());
  std::string text;
  text.reserve(29);
  text.append(kDays[std::chrono::weekday(days).c_encoding()]).append(", ");
  AppendDigits(text, static_cast<unsigned>(date.day()), 2);
  text.append(" ").append(kMonths[static_cast<unsigned>(date.month()) - 1]).append(" ");
  AppendDigits(text, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  text.append(" ");
  AppendDigits(text, of_day / 3600, 2);
  text.append(":");
  AppendDigits(text, of_day / 60 % 60, 2);
  text.append(":");
  AppendDigits(text, of_day % 60, 2);
  return text.append(" GMT");
}

std::optional<std::int64_t> ParseHttpDate(std::string_view text) {
  auto fields = ReadImfFixdate(text);
  if (!fields) fields = ReadRfc850(text);
  if (!fields) fields = ReadAsctime(text);
  return fields ? ToSeconds(*fields) : std::nullopt;
}

}  // namespace coolkit::http
