#include "scaler/keda.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace coolkit::scaler {
namespace {

// Go's int64(value * 1000): towards zero. Beyond that: the most.
long Milli(double value) {
  constexpr double kMost = 9.0e15;
  return static_cast<long>(std::clamp(value, -kMost, kMost) * 1000);
}

}  // namespace

double KedaValue(double value) { return std::isfinite(value) && value > 0 ? value : 0; }

Keda::Keda(Options options, Source source)
    : options_(std::move(options)), source_(std::move(source)) {}

long Keda::target_milli() const { return Milli(options_.target); }

// An error rebuilds the scaler and asks once more, at once.
std::optional<double> Keda::Get(double now) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    ++gets_;
    if (const Result<double> value = source_(now)) return KedaValue(*value);
  }
  return std::nullopt;
}

void Keda::Count(bool good) { failures_ = good ? 0 : failures_ + 1; }

void Keda::Poll(double now) {
  cache_ = Get(now);
  polled_ = true;
  Count(cache_.has_value());
}

std::optional<long> Keda::Read(double now, int current) {
  const std::optional<double> value = options_.cached && polled_ ? cache_ : Get(now);
  Count(value.has_value());
  if (value) return Milli(*value);
  if (!options_.fallback || failures_ <= options_.fallback->failure_threshold) return std::nullopt;
  int replicas = options_.fallback->replicas;
  switch (options_.fallback->behavior) {
    case FallbackBehavior::kStatic:
      break;
    case FallbackBehavior::kCurrentReplicas:
      replicas = current;
      break;
    case FallbackBehavior::kCurrentReplicasIfHigher:
      replicas = std::max(replicas, current);
      break;
    case FallbackBehavior::kCurrentReplicasIfLower:
      replicas = std::min(replicas, current);
      break;
  }
  return Milli(options_.target * replicas);
}

}  // namespace coolkit::scaler
