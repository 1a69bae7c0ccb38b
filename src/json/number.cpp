#include "json/number.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>

namespace coolkit::json {
namespace {

// The digits of a token without zeros on either side, and the power of ten of the last one.
struct Decimal {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
  std::size_t first = 0;  // digits [first, last) of whole and fraction together
  std::size_t last = 0;
  std::int64_t exponent = 0;

  [[nodiscard]] char At(std::size_t i) const {
    return i < whole.size() ? whole[i] : fraction[i - whole.size()];
  }
  [[nodiscard]] std::size_t Count() const { return last - first; }
};

Decimal Read(std::string_view token) {
  Decimal number;
  if (!token.empty() && token.front() == '-') {
    number.negative = true;
    token.remove_prefix(1);
  }
  if (const std::size_t e = token.find_first_of("eE"); e != std::string_view::npos) {
    std::string_view exponent = token.substr(e + 1);
    if (exponent.starts_with('+')) exponent.remove_prefix(1);
    std::from_chars(exponent.data(), exponent.data() + exponent.size(), number.exponent);
    token = token.substr(0, e);
  }
  const std::size_t point = std::min(token.find('.'), token.size());
  number.whole = token.substr(0, point);
  number.fraction = token.substr(std::min(point + 1, token.size()));
  number.last = number.whole.size() + number.fraction.size();
  number.exponent -= static_cast<std::int64_t>(number.fraction.size());
  while (number.first < number.last && number.At(number.first) == '0') ++number.first;
  while (number.first < number.last && number.At(number.last - 1) == '0') {
    --number.last;
    ++number.exponent;
  }
  return number;
}

}  // namespace

bool EqualNumbers(std::string_view a, std::string_view b) {
  const Decimal x = Read(a);
  const Decimal y = Read(b);
  if (x.Count() == 0 || y.Count() == 0) return x.Count() == y.Count();
  if (x.negative != y.negative || x.exponent != y.exponent || x.Count() != y.Count()) return false;
  for (std::size_t i = 0; i < x.Count(); ++i) {
    if (x.At(x.first + i) != y.At(y.first + i)) return false;
  }
  return true;
}

}  // namespace coolkit::json
