// Why: policies are compared on the same traffic: a recorded trace or a generated burst, second by
// second, with the same noise for everyone. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace coolkit::scaler {

// Load per interval, as recorded.
struct Trace {
  std::string name;
  double step_s = 60;
  std::vector<double> load;  // requests per second
};

// CSV: one interval a line, the number of requests in the last column, a time in the first (ISO
// 8601 or seconds; the first two give the step, or `step_s` if there is no time); a heading is
// skipped. Errors: kInvalidRequest with the line; steps under a millisecond, more than a year.
[[nodiscard]] Result<Trace> ParseTrace(std::string name, std::string_view csv, double step_s = 60);

struct Burst {
  double base = 3000;  // requests per second
  double factor = 10;  // the burst is so many times the base
  double ramp_s = 60;  // up, and down again
  double before_s = 900;
  double hold_s = 1800;
  double after_s = 2700;
};
[[nodiscard]] Trace MakeBurst(const Burst& burst);
// Days with a night and a noon, `peak` at noon, a fifth of it at night.
[[nodiscard]] Trace MakeDays(double peak, int days);
// Up and down between `low` and `high`, each stay of `stay_s`; with stays of random length around
// it (0.2 to 1.8 times).
[[nodiscard]] Trace MakeSteps(double low, double high, double stay_s, double all_s,
                              std::uint64_t seed);

struct Noise {
  double share = 0.05;     // standard deviation of what lasts, of the load
  double seconds = 20;     // so long
  std::uint64_t seed = 1;  // besides, arrivals are Poisson
};

// Requests per second for every second: straight lines between the middles of the intervals, times
// `scale`, with noise.
[[nodiscard]] std::vector<float> MakeDemand(const Trace& trace, double scale, const Noise& noise);

// The factor that brings the trace's highest interval to `peak` requests per second.
[[nodiscard]] double ScaleToPeak(const Trace& trace, double peak);

}  // namespace coolkit::scaler
