#include "api/header_block.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <tuple>
#include <type_traits>

namespace coolkit::api {
namespace {

constexpr std::string_view kWeekdays = "SunMonTueWedThuFriSat";
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";

// The two hex digits of every byte.
constexpr std::array<char, 512> kHexPairs = [] {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<char, 512> pairs{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    pairs[2 * byte] = kDigits[byte >> 4];
    pairs[2 * byte + 1] = kDigits[byte & 15];
  }
  return pairs;
}();

constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kFirstSecond = -62'167'219'200;  // of the year 0
constexpr std::int64_t kLastSecond = 253'402'300'799;   // of the year 9999

void TwoDigits(char* at, unsigned value) {
  at[0] = static_cast<char>('0' + value / 10);
  at[1] = static_cast<char>('0' + value % 10);
}

}  // namespace

void HeaderBlock::HttpDate(std::int64_t unix_seconds) {
  const std::int64_t at = std::clamp(unix_seconds, kFirstSecond, kLastSecond);
  const std::chrono::sys_days day =
      std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(at)));
  const auto second =
      static_cast<unsigned>(at - std::int64_t{day.time_since_epoch().count()} * kSecondsPerDay);
  const std::chrono::year_month_day date(day);
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  char text[] = "Sun, 06 Nov 1994 08:49:37 GMT";
  std::memcpy(text, &kWeekdays[std::chrono::weekday(day).c_encoding() * 3], 3);
  TwoDigits(text + 5, static_cast<unsigned>(date.day()));
  std::memcpy(text + 8, &kMonths[(static_cast<unsigned>(date.month()) - 1) * 3], 3);
  TwoDigits(text + 12, year / 100);
  TwoDigits(text + 14, year % 100);
  TwoDigits(text + 17, second / 3600);
  TwoDigits(text + 20, second / 60 % 60);
  TwoDigits(text + 23, second % 60);
  Text({text, sizeof text - 1});
}

void HeaderBlock::Token(const model::Token& token) {
  const auto& id = token.incarnation.id;
  char hex[2 * 16];
  static_assert(sizeof hex == 2 * std::tuple_size_v<std::remove_cvref_t<decltype(id)>>);
  for (std::size_t i = 0; i < id.size(); ++i) {
    std::memcpy(hex + 2 * i, &kHexPairs[2 * std::size_t{id[i]}], 2);
  }
  Number(token.incarnation.system_id);
  Text(".");
  Number(std::uint64_t{token.incarnation.database_oid});
  Text(".");
  Text({hex, sizeof hex});
  Text(".");
  Number(token.incarnation.base);
  Text(":");
  Number(token.position.value);
}

}  // namespace coolkit::api
