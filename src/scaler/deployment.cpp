#include "scaler/deployment.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace coolkit::scaler {
namespace {

constexpr double kNeverReady = std::numeric_limits<double>::infinity();

}  // namespace

Deployment::Deployment(Options options, int replicas)
    : options_(options), spec_(replicas), ready_(replicas), next_ready_(kNeverReady) {
  pods_.assign(static_cast<std::size_t>(replicas), Pod{0, 0, true});
}

void Deployment::SetReplicas(double now, int replicas) {
  spec_ = replicas;
  Settle(now);
}

void Deployment::StartRollout(double now) {
  ++revision_;
  old_pods_ = static_cast<int>(pods_.size());
  Settle(now);
}

void Deployment::Advance(double now) {
  if (cold_ > 0) {
    cold_ *= std::exp(-(now - now_) / options_.warming_s);
    if (cold_ < 1e-6) cold_ = 0;
  }
  now_ = now;
  if (now < next_ready_) return;
  next_ready_ = kNeverReady;
  for (Pod& pod : pods_) {
    if (pod.ready) continue;
    if (pod.ready_at <= now) {
      pod.ready = true;
      ++ready_;
      cold_ += 1 - options_.cold_capacity;
    } else {
      next_ready_ = std::min(next_ready_, pod.ready_at);
    }
  }
  Settle(now);
}

void Deployment::Add(double now) {
  pods_.push_back({now + options_.start_s, revision_, false});
  next_ready_ = std::min(next_ready_, now + options_.start_s);
}

void Deployment::RemoveOne(bool only_old) {
  const auto worse = [](const Pod& a, const Pod& b) {
    if (a.ready != b.ready) return b.ready;
    if (a.revision != b.revision) return a.revision < b.revision;
    return a.ready_at > b.ready_at;
  };
  auto victim = pods_.end();
  for (auto pod = pods_.begin(); pod != pods_.end(); ++pod) {
    if (only_old && pod->revision == revision_) continue;
    if (victim == pods_.end() || worse(*pod, *victim)) victim = pod;
  }
  if (victim == pods_.end()) return;
  if (victim->ready) {
    // What the cold ones lack is spread over all that are ready.
    cold_ *= ready_ > 1 ? static_cast<double>(ready_ - 1) / ready_ : 0;
    --ready_;
  }
  if (victim->revision != revision_) --old_pods_;
  pods_.erase(victim);
}

void Deployment::Settle(double now) {
  const auto total = [this] { return static_cast<int>(pods_.size()); };
  if (old_pods_ == 0) {
    while (total() < spec_) Add(now);
    while (total() > spec_) RemoveOne(false);
    return;
  }
  const int surge = (spec_ * options_.surge_percent + 99) / 100;
  const int unavailable = spec_ * options_.unavailable_percent / 100;
  while (total() > spec_ + surge) RemoveOne(false);
  for (bool moved = true; moved && old_pods_ > 0;) {
    moved = false;
    const bool spare = ready_ > spec_ - unavailable || ready_ < total();
    if (total() > spec_ - unavailable && spare && old_pods_ > 0) {
      const bool old_unready = std::any_of(pods_.begin(), pods_.end(), [this](const Pod& pod) {
        return !pod.ready && pod.revision != revision_;
      });
      if (old_unready || ready_ > spec_ - unavailable) {
        RemoveOne(true);
        moved = true;
      }
    }
    if (total() < spec_ + surge && total() - old_pods_ < spec_) {
      Add(now);
      moved = true;
    }
  }
  if (old_pods_ == 0) Settle(now);
}

Replicas Deployment::replicas() const { return {spec_, static_cast<int>(pods_.size()), ready_}; }

double Deployment::WarmPods() const { return ready_ - cold_; }

int Deployment::ReadySince(double now, double seconds) const {
  return static_cast<int>(std::count_if(pods_.begin(), pods_.end(), [&](const Pod& pod) {
    return pod.ready && pod.ready_at <= now - seconds;
  }));
}

}  // namespace coolkit::scaler
