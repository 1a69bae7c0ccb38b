#include "api/header_block.h"

#include <algorithm>
#include <chrono>

namespace coolkit::api {
namespace {

constexpr std::string_view kWeekdays = "SunMonTueWedThuFriSat";
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::string_view kHexDigits = "0123456789abcdef";

constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kFirstSecond = -62'167'219'200;  // of the year 0
constexpr std::int64_t kLastSecond = 253'402'300'799;   // of the year 9999

}  // namespace

void HeaderBlock::TwoDigits(unsigned value) {
  const char digits[] = {static_cast<char>('0' + value / 10), static_cast<char>('0' + value % 10)};
  Text({digits, 2});
}

void HeaderBlock::HttpDate(std::int64_t unix_seconds) {
  const std::int64_t at = std::clamp(unix_seconds, kFirstSecond, kLastSecond);
  const std::chrono::sys_days day =
      std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(at)));
  const auto second =
      static_cast<unsigned>(at - std::int64_t{day.time_since_epoch().count()} * kSecondsPerDay);
  const std::chrono::year_month_day date(day);
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  Text(kWeekdays.substr(std::chrono::weekday(day).c_encoding() * 3, 3));
  Text(", ");
  TwoDigits(static_cast<unsigned>(date.day()));
  Text(" ");
  Text(kMonths.substr((static_cast<unsigned>(date.month()) - 1) * 3, 3));
  Text(" ");
  TwoDigits(year / 100);
  TwoDigits(year % 100);
  Text(" ");
  TwoDigits(second / 3600);
  Text(":");
  TwoDigits(second / 60 % 60);
  Text(":");
  TwoDigits(second % 60);
  Text(" GMT");
}

void HeaderBlock::Token(const model::Token& token) {
  Number(token.incarnation.system_id);
  Text(".");
  Number(std::uint64_t{token.incarnation.database_oid});
  Text(".");
  char hex[32];
  for (std::size_t i = 0; i < token.incarnation.id.size(); ++i) {
    hex[2 * i] = kHexDigits[token.incarnation.id[i] >> 4];
    hex[2 * i + 1] = kHexDigits[token.incarnation.id[i] & 15];
  }
  Text({hex, sizeof hex});
  Text(".");
  Number(token.incarnation.base);
  Text(":");
  Number(token.position.value);
}

}  // namespace coolkit::api
