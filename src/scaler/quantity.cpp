#include "scaler/quantity.h"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace coolkit::scaler {
namespace {

constexpr int kExponentMax = 300;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The factor of a suffix.
std::optional<double> Factor(std::string_view suffix) {
  constexpr std::array<std::pair<std::string_view, double>, 16> kSuffixes{{{"", 1},
                                                                           {"n", 1e-9},
                                                                           {"u", 1e-6},
                                                                           {"m", 1e-3},
                                                                           {"k", 1e3},
                                                                           {"M", 1e6},
                                                                           {"G", 1e9},
                                                                           {"T", 1e12},
                                                                           {"P", 1e15},
                                                                           {"E", 1e18},
                                                                           {"Ki", 1024.0},
                                                                           {"Mi", 1048576.0},
                                                                           {"Gi", 0x1p30},
                                                                           {"Ti", 0x1p40},
                                                                           {"Pi", 0x1p50},
                                                                           {"Ei", 0x1p60}}};
  for (const auto& [name, factor] : kSuffixes) {
    if (name == suffix) return factor;
  }
  if (suffix.size() < 2 || (suffix.front() != 'e' && suffix.front() != 'E')) return std::nullopt;
  suffix.remove_prefix(1);
  if (suffix.front() == '+') suffix.remove_prefix(1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(suffix.data(), suffix.data() + suffix.size(), exponent);
  if (error != std::errc() || end != suffix.data() + suffix.size()) return std::nullopt;
  if (std::abs(exponent) > kExponentMax) return std::nullopt;
  return std::pow(10.0, exponent);
}

}  // namespace

std::optional<double> ParseQuantity(std::string_view text) {
  double sign = 1;
  if (text.starts_with('+') || text.starts_with('-')) {
    if (text.front() == '-') sign = -1;
    text.remove_prefix(1);
  }
  std::size_t size = 0;
  std::size_t digits = 0;
  bool point = false;
  while (size < text.size() && (IsDigit(text[size]) || (text[size] == '.' && !point))) {
    if (text[size] == '.') point = true;
    if (IsDigit(text[size])) ++digits;
    ++size;
  }
  if (digits == 0) return std::nullopt;
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + size, number, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + size) return std::nullopt;
  const auto factor = Factor(text.substr(size));
  if (!factor) return std::nullopt;
  return sign * number * *factor;
}

}  // namespace coolkit::scaler
