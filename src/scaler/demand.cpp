#include "scaler/demand.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <numbers>
#include <optional>

#include "base/random.h"

namespace coolkit::scaler {
namespace {

constexpr double kDaySeconds = 86400;
constexpr double kDayStep = 60;
constexpr double kBurstStep = 10;
constexpr double kNightShare = 0.2;
constexpr double kTraceStepMinSeconds = 0.001;
constexpr double kTraceMaxSeconds = 366 * kDaySeconds;  // a simulation has a number per second

std::optional<double> ParseNumber(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<int> Digits(std::string_view text, std::size_t offset, std::size_t count) {
  if (text.size() < offset + count) return std::nullopt;
  int value = 0;
  for (const char digit : text.substr(offset, count)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = value * 10 + (digit - '0');
  }
  return value;
}

// "1998-04-30 21:30:00" or with a T; or seconds.
std::optional<double> ParseTime(std::string_view text) {
  if (const auto seconds = ParseNumber(text)) return seconds;
  const auto year = Digits(text, 0, 4);
  const auto month = Digits(text, 5, 2);
  const auto day = Digits(text, 8, 2);
  const auto hour = Digits(text, 11, 2);
  const auto minute = Digits(text, 14, 2);
  const auto second = text.size() > 16 ? Digits(text, 17, 2) : 0;
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  const double days = static_cast<double>(std::chrono::sys_days(date).time_since_epoch().count());
  return days * kDaySeconds + *hour * 3600.0 + *minute * 60.0 + *second;
}

double Uniform(Random& random) {
  return (static_cast<double>(random.Next() >> 11) + 0.5) / 9007199254740992.0;
}

// Two independent ones per call of Box and Muller; the second is not used: speed does not matter.
double Normal(Random& random) {
  const double radius = std::sqrt(-2 * std::log(Uniform(random)));
  return radius * std::cos(2 * std::numbers::pi * Uniform(random));
}

}  // namespace

Result<Trace> ParseTrace(std::string name, std::string_view csv, double step_s) {
  Trace trace;
  trace.name = std::move(name);
  trace.step_s = step_s;
  std::optional<double> first_time;
  int number = 0;
  while (!csv.empty()) {
    const std::size_t end = std::min(csv.find('\n'), csv.size());
    std::string_view line = csv.substr(0, end);
    csv.remove_prefix(std::min(end + 1, csv.size()));
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const std::size_t comma = line.rfind(',');
    const auto count = ParseNumber(comma == std::string_view::npos ? line : line.substr(comma + 1));
    if (!count && trace.load.empty() && number == 1) continue;  // the heading
    if (!count || *count < 0) {
      return Fail(ErrorCode::kInvalidRequest, "line " + std::to_string(number) +
                                                  ": the last column is not a number of requests");
    }
    if (comma != std::string_view::npos && trace.load.size() < 2) {
      const auto time = ParseTime(line.substr(0, line.find(',')));
      if (time && first_time && *time > *first_time) trace.step_s = *time - *first_time;
      if (!first_time) first_time = time;
    }
    trace.load.push_back(*count);
  }
  if (trace.load.size() < 2) return Fail(ErrorCode::kInvalidRequest, "fewer than two intervals");
  const double all_s = trace.step_s * static_cast<double>(trace.load.size());
  if (trace.step_s < kTraceStepMinSeconds || all_s > kTraceMaxSeconds) {
    return Fail(ErrorCode::kInvalidRequest,
                "the first two times are less than a millisecond apart, or so far that the whole "
                "is longer than a year");
  }
  for (double& load : trace.load) load /= trace.step_s;
  return trace;
}

Trace MakeBurst(const Burst& burst) {
  Trace trace;
  trace.name = "burst";
  trace.step_s = kBurstStep;
  const double up = burst.before_s;
  const double top = up + burst.ramp_s;
  const double down = top + burst.hold_s;
  const double end = down + burst.ramp_s + burst.after_s;
  for (double t = kBurstStep / 2; t < end; t += kBurstStep) {
    double share = 0;  // of the rise
    if (t > up) share = std::min(1.0, (t - up) / burst.ramp_s);
    if (t > down) share = std::max(0.0, 1 - (t - down) / burst.ramp_s);
    trace.load.push_back(burst.base * (1 + (burst.factor - 1) * share));
  }
  return trace;
}

Trace MakeDays(double peak, int days) {
  Trace trace;
  trace.name = "days";
  trace.step_s = kDayStep;
  for (double t = 0; t < days * kDaySeconds; t += kDayStep) {
    const double day = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * t / kDaySeconds);
    trace.load.push_back(peak * (kNightShare + (1 - kNightShare) * day * day));
  }
  return trace;
}

Trace MakeSteps(double low, double high, double stay_s, double all_s, std::uint64_t seed) {
  Trace trace;
  trace.name = "steps";
  trace.step_s = kBurstStep;
  SeededRandom random(seed);
  bool up = false;
  double until = 0;
  for (double t = 0; t < all_s; t += kBurstStep) {
    if (t >= until) {
      up = !up;
      until = t + stay_s * (0.2 + 1.6 * Uniform(random));
    }
    trace.load.push_back(up ? high : low);
  }
  return trace;
}

std::vector<float> MakeDemand(const Trace& trace, double scale, const Noise& noise) {
  SeededRandom random(noise.seed);
  const double keep = std::exp(-1 / noise.seconds);
  const double fresh = std::sqrt(1 - keep * keep);
  double lasting = 0;
  const auto intervals = trace.load.size();
  const auto all = static_cast<std::size_t>(trace.step_s * static_cast<double>(intervals));
  std::vector<float> demand;
  demand.reserve(all);
  for (std::size_t second = 0; second < all; ++second) {
    const double place = (static_cast<double>(second) + 0.5) / trace.step_s - 0.5;
    const auto before = static_cast<std::size_t>(std::max(0.0, std::floor(place)));
    const std::size_t after = std::min(before + 1, intervals - 1);
    const double part = std::clamp(place - static_cast<double>(before), 0.0, 1.0);
    const double mean = scale * (trace.load[before] * (1 - part) + trace.load[after] * part);
    lasting = lasting * keep + Normal(random) * fresh;
    const double poisson = Normal(random) * std::sqrt(mean);
    const double noisy = noise.share == 0 ? mean : mean * (1 + noise.share * lasting) + poisson;
    demand.push_back(static_cast<float>(std::max(0.0, noisy)));
  }
  return demand;
}

double ScaleToPeak(const Trace& trace, double peak) {
  const double highest = *std::max_element(trace.load.begin(), trace.load.end());
  return highest > 0 ? peak / highest : 1;
}

}  // namespace coolkit::scaler
