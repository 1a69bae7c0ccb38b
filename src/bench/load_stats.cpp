#include "bench/load_stats.h"

namespace coolkit::bench {

std::string_view FailureName(Failure failure) {
  constexpr std::array<std::string_view, kFailureCount> kNames{"connect", "timeout", "closed",
                                                               "malformed"};
  return kNames[static_cast<std::size_t>(failure)];
}

void LoadStats::Begin(std::int64_t from_ns, nanoseconds interval) {
  *this = LoadStats();
  from_ns_ = from_ns;
  interval_ = interval;
}

Moment* LoadStats::At(std::int64_t end_ns) {
  if (end_ns < from_ns_) return nullptr;
  const auto index = static_cast<std::size_t>((end_ns - from_ns_) / interval_.count());
  if (index >= kMomentsMax) return nullptr;
  if (index >= moments_.size()) moments_.resize(index + 1);
  return &moments_[index];
}

void LoadStats::Answered(Call call, int status, std::int64_t intended_ns, std::int64_t end_ns) {
  if (intended_ns < from_ns_) return;
  ++statuses_[static_cast<std::size_t>(status)];
  Moment* moment = At(end_ns);
  if (!IsGood(status)) {
    if (moment != nullptr) ++moment->failed;
    return;
  }
  latency_[static_cast<std::size_t>(call)].Record(end_ns - intended_ns);
  if (moment != nullptr) moment->latency.Record(end_ns - intended_ns);
}

void LoadStats::Failed(Call /*call*/, Failure failure, std::int64_t intended_ns,
                       std::int64_t end_ns) {
  if (intended_ns < from_ns_) return;
  ++failures_[static_cast<std::size_t>(failure)];
  if (Moment* moment = At(end_ns)) ++moment->failed;
}

void LoadStats::ReadFrom(bool memory, bool stale, std::int64_t intended_ns) {
  if (intended_ns < from_ns_) return;
  ++reads_;
  hits_ += memory ? 1 : 0;
  stale_ += stale ? 1 : 0;
}

void LoadStats::Add(const LoadStats& other) {
  for (std::size_t i = 0; i < kCallCount; ++i) latency_[i].Add(other.latency_[i]);
  for (std::size_t i = 0; i < statuses_.size(); ++i) statuses_[i] += other.statuses_[i];
  for (std::size_t i = 0; i < kFailureCount; ++i) failures_[i] += other.failures_[i];
  unsent_ += other.unsent_;
  reads_ += other.reads_;
  hits_ += other.hits_;
  stale_ += other.stale_;
  interval_ = other.interval_;
  if (moments_.size() < other.moments_.size()) moments_.resize(other.moments_.size());
  for (std::size_t i = 0; i < other.moments_.size(); ++i) {
    moments_[i].latency.Add(other.moments_[i].latency);
    moments_[i].failed += other.moments_[i].failed;
  }
}

Histogram LoadStats::AllLatency() const {
  Histogram all;
  for (const Histogram& latency : latency_) all.Add(latency);
  return all;
}

std::uint64_t LoadStats::good() const {
  std::uint64_t count = 0;
  for (const Histogram& latency : latency_) count += latency.count();
  return count;
}

std::uint64_t LoadStats::bad() const {
  std::uint64_t count = 0;
  for (std::size_t status = 0; status < statuses_.size(); ++status) {
    if (!IsGood(static_cast<int>(status))) count += statuses_[status];
  }
  for (const std::uint64_t failures : failures_) count += failures;
  return count;
}

}  // namespace coolkit::bench
