#include "bench/call_source.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace coolkit::bench {

MixSource::MixSource(const LoadOptions& options, std::unique_ptr<KeyChoice> keys,
                     std::uint64_t seed)
    : batch_size_(options.batch_size), keys_(std::move(keys)), random_(seed) {
  std::partial_sum(options.mix.begin(), options.mix.end(), up_to_.begin());
  for (double& share : up_to_) share /= up_to_.back();
  // Calls without a share behind the last one with one are never reached.
  for (double& share : up_to_) {
    if (share == up_to_.back()) share = 1;
  }
}

bool MixSource::Next(Plan& plan) {
  const double dice = UnitInterval(random_);
  const auto chosen = std::upper_bound(up_to_.begin(), up_to_.end(), dice);
  plan.call =
      static_cast<Call>(std::min<std::ptrdiff_t>(chosen - up_to_.begin(), std::ssize(up_to_) - 1));
  plan.strong = false;
  plan.keys.clear();
  const std::uint32_t count = IsBatch(plan.call) ? batch_size_ : 1;
  for (std::uint32_t i = 0; i < count; ++i) plan.keys.push_back(keys_->Next(random_));
  return true;
}

bool EveryKeySource::Next(Plan& plan) {
  if (next_ >= end_) return false;
  plan.call = call_;
  plan.strong = call_ == Call::kBatchGet;
  plan.keys.clear();
  while (next_ < end_ && plan.keys.size() < batch_size_) plan.keys.push_back(next_++);
  return true;
}

}  // namespace coolkit::bench
