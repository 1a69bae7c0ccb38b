#include "bench/key_choice.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/text.h"

namespace coolkit::bench {
namespace {

class Uniform final : public KeyChoice {
 public:
  explicit Uniform(std::uint32_t keys) : keys_(keys) {}
  std::uint32_t Next(Random& random) override {
    return static_cast<std::uint32_t>(random.Below(keys_));
  }

 private:
  std::uint32_t keys_;
};

class Zipf final : public KeyChoice {
 public:
  Zipf(std::uint32_t keys, double exponent) : law_(keys, exponent) {}
  std::uint32_t Next(Random& random) override { return law_.Next(random) - 1; }

 private:
  ZipfLaw law_;
};

class Hotspot final : public KeyChoice {
 public:
  Hotspot(std::uint32_t keys, double share, std::uint32_t hot)
      : share_(share), hot_(std::min(hot, keys)), keys_(keys) {}
  std::uint32_t Next(Random& random) override {
    const bool hot = UnitInterval(random) < share_ || hot_ == keys_;
    if (hot) return static_cast<std::uint32_t>(random.Below(hot_));
    return hot_ + static_cast<std::uint32_t>(random.Below(keys_ - hot_));
  }

 private:
  double share_;
  std::uint32_t hot_;
  std::uint32_t keys_;
};

class Trace final : public KeyChoice {
 public:
  Trace(std::span<const std::uint32_t> trace, std::size_t part, std::size_t parts)
      : trace_(trace), next_(part % trace.size()), parts_(parts) {}
  std::uint32_t Next(Random& /*random*/) override {
    const std::uint32_t key = trace_[next_];
    next_ = (next_ + parts_) % trace_.size();
    return key;
  }

 private:
  std::span<const std::uint32_t> trace_;
  std::size_t next_;
  std::size_t parts_;
};

std::optional<double> ParseNumber(std::string_view text, double max) {
  double number = 0;
  const auto done = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool good = !text.empty() && done.ec == std::errc() &&
                    done.ptr == text.data() + text.size() && number > 0 && number <= max;
  return good ? std::optional(number) : std::nullopt;
}

// (exp(x) - 1) / x and log(1 + x) / x, also near 0.
double ExpRatio(double x) {
  return std::abs(x) > 1e-8 ? std::expm1(x) / x : 1 + x / 2 * (1 + x / 3 * (1 + x / 4));
}
double LogRatio(double x) {
  return std::abs(x) > 1e-8 ? std::log1p(x) / x : 1 - x * (0.5 - x * (1.0 / 3 - x / 4));
}

}  // namespace

double UnitInterval(Random& random) { return static_cast<double>(random.Next() >> 11U) * 0x1p-53; }

Result<KeyLaw> ParseKeyLaw(std::string_view text) {
  KeyLaw law;
  if (text == "uniform") return law;
  if (text == "zipf" || text.starts_with("zipf:")) {
    law.kind = KeyLaw::Kind::kZipf;
    if (text == "zipf") return law;
    if (const auto exponent = ParseNumber(text.substr(5), 10)) {
      law.exponent = *exponent;
      return law;
    }
  }
  if (text.starts_with("hotspot:")) {
    text.remove_prefix(8);
    const std::size_t colon = std::min(text.find(':'), text.size());
    const auto share = ParseNumber(text.substr(0, colon), 1);
    const auto keys = ParseDecimal(text.substr(std::min(colon + 1, text.size())));
    if (share && keys && *keys > 0 && *keys <= std::numeric_limits<std::uint32_t>::max()) {
      law.kind = KeyLaw::Kind::kHotspot;
      law.hot_share = *share;
      law.hot_keys = static_cast<std::uint32_t>(*keys);
      return law;
    }
  }
  return Fail(ErrorCode::kInvalidRequest,
              "keys are chosen uniform, zipf, zipf:EXPONENT (at most 10) or hotspot:SHARE:KEYS");
}

std::unique_ptr<KeyChoice> MakeKeyChoice(const KeyLaw& law, std::uint32_t keys) {
  if (law.kind == KeyLaw::Kind::kZipf) return std::make_unique<Zipf>(keys, law.exponent);
  if (law.kind == KeyLaw::Kind::kHotspot) {
    return std::make_unique<Hotspot>(keys, law.hot_share, law.hot_keys);
  }
  return std::make_unique<Uniform>(keys);
}

std::unique_ptr<KeyChoice> MakeTraceChoice(std::span<const std::uint32_t> trace, std::size_t part,
                                           std::size_t parts) {
  return std::make_unique<Trace>(trace, part, parts);
}

ZipfLaw::ZipfLaw(std::uint32_t n, double exponent)
    : n_(n),
      exponent_(exponent),
      from_(Integral(1.5) - 1),
      to_(Integral(n_ + 0.5)),
      shortcut_(2 - InverseIntegral(Integral(2.5) - Weight(2))) {}

double ZipfLaw::Integral(double x) const {
  const double log_x = std::log(x);
  return ExpRatio((1 - exponent_) * log_x) * log_x;
}

double ZipfLaw::InverseIntegral(double y) const {
  const double t = std::max(-1.0, y * (1 - exponent_));
  return std::exp(LogRatio(t) * y);
}

double ZipfLaw::Weight(double x) const { return std::exp(-exponent_ * std::log(x)); }

std::uint32_t ZipfLaw::Next(Random& random) const {
  for (;;) {
    const double u = to_ + UnitInterval(random) * (from_ - to_);
    const double x = InverseIntegral(u);
    const double k = std::clamp(std::floor(x + 0.5), 1.0, n_);
    if (k - x <= shortcut_ || u >= Integral(k + 0.5) - Weight(k)) {
      return static_cast<std::uint32_t>(k);
    }
  }
}

}  // namespace coolkit::bench
