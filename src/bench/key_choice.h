// Why: which key is asked next decides what a cache is worth: evenly chosen, by Zipf's law, a hot
// spot, or as recorded from real programs. Each thread has its own; not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"

namespace coolkit::bench {

class KeyChoice {
 public:
  virtual ~KeyChoice() = default;
  // A number below the count of keys.
  [[nodiscard]] virtual std::uint32_t Next(Random& random) = 0;
};

struct KeyLaw {
  enum class Kind : std::uint8_t { kUniform, kZipf, kHotspot };
  Kind kind = Kind::kUniform;
  double exponent = 0.99;      // of Zipf
  double hot_share = 0;        // of the calls …
  std::uint32_t hot_keys = 0;  // … go to these
};

// `uniform`, `zipf[:EXPONENT]` (above 0, at most 10), `hotspot:SHARE:KEYS` (0.5:1: half of the
// calls to one key). Errors: kInvalidRequest.
[[nodiscard]] Result<KeyLaw> ParseKeyLaw(std::string_view text);

// Keys 0 to `keys` - 1; with Zipf's law and a hot spot the first ones are the hottest.
[[nodiscard]] std::unique_ptr<KeyChoice> MakeKeyChoice(const KeyLaw& law, std::uint32_t keys);

// The requests of a trace in their order, over and over: the `part`-th of every `parts`. `trace`
// outlives it and is not empty.
[[nodiscard]] std::unique_ptr<KeyChoice> MakeTraceChoice(std::span<const std::uint32_t> trace,
                                                         std::size_t part, std::size_t parts);

// Zipf's law over 1 to n by rejection-inversion (Hörmann and Derflinger, "Rejection-inversion to
// generate variates from monotone discrete distributions", 1996): no table, any exponent.
class ZipfLaw {
 public:
  ZipfLaw(std::uint32_t n, double exponent);
  [[nodiscard]] std::uint32_t Next(Random& random) const;

 private:
  [[nodiscard]] double Integral(double x) const;
  [[nodiscard]] double InverseIntegral(double y) const;
  [[nodiscard]] double Weight(double x) const;

  double n_;
  double exponent_;
  double from_;
  double to_;
  double shortcut_;
};

// Uniform in [0, 1).
[[nodiscard]] double UnitInterval(Random& random);

}  // namespace coolkit::bench
