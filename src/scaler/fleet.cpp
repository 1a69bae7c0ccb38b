#include "scaler/fleet.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace coolkit::scaler {
namespace {

// Below what the cheapest request, a hit of a pipelining client, costs: so much CPU proves it.
constexpr double kRequestCpuMin = 5e-6;  // seconds
// A pod may have so many times what half of the pods have.
constexpr double kUnevenFactor = 4;

}  // namespace

Fleet::Fleet(Options options) : options_(options) {}

// A counter that is lower than before began again at zero.
double Fleet::Grown(double before, double now) const { return now >= before ? now - before : now; }

// The rates since the pod was heard last; nothing the first time.
std::optional<Fleet::Rates> Fleet::Advance(Pod& pod, const PodAnswer& answer) {
  const PodReading before = std::exchange(pod.last, *answer.reading);
  const bool heard = std::exchange(pod.heard, true);
  const double seconds = answer.at_s - std::exchange(pod.heard_at_s, answer.at_s);
  if (!heard || seconds <= 0) return std::nullopt;
  const PodReading& now = pod.last;
  if (now.requests < before.requests) ++resets_;
  Rates rates;
  rates.requests = Grown(before.requests, now.requests) / seconds;
  rates.refused = Grown(before.refused, now.refused) / seconds;
  // What is refused for want of the database says nothing about how full the pod is.
  if (!before.database || !now.database || now.database_errors > before.database_errors) {
    rates.refused = 0;
  }
  rates.cpu_cores =
      std::min(options_.cpu_rate_max, Grown(before.cpu_seconds, now.cpu_seconds) / seconds);
  rates.latency_sum_s = Grown(before.latency_sum_s, now.latency_sum_s);
  rates.latency_count = Grown(before.latency_count, now.latency_count);
  return rates;
}

// What the pods did together. Connections that are kept can lead most of the load to one pod, so a
// high rate is no lie where CPU was used for it or the other pods have it too; a rate that has
// neither proof counts up to what a pod may do.
Fleet::Rates Fleet::Sum(std::vector<Rates> pods) const {
  Rates sum;
  if (pods.empty()) return sum;
  const auto middle = pods.begin() + static_cast<std::ptrdiff_t>((pods.size() - 1) / 2);
  std::nth_element(pods.begin(), middle, pods.end(),
                   [](const Rates& a, const Rates& b) { return a.requests < b.requests; });
  const double usual = middle->requests;
  for (const Rates& pod : pods) {
    const double proven = std::max(kUnevenFactor * usual, pod.cpu_cores / kRequestCpuMin);
    const double believed = std::min(options_.rate_max, std::max(options_.rate_unproven, proven));
    const double requests = std::min(pod.requests, believed);
    sum.requests += requests;
    sum.refused += std::min(pod.refused, requests);
    sum.cpu_cores += pod.cpu_cores;
    sum.latency_sum_s += pod.latency_sum_s;
    sum.latency_count += pod.latency_count;
  }
  return sum;
}

std::optional<Sample> Fleet::Next(double now_s, const std::vector<PodAnswer>& answers) {
  Sample sample;
  sample.at_s = now_s;
  std::vector<Rates> pod_rates;
  int silent = 0;    // known, but without a rate now
  int expected = 0;  // not starting
  int caches = 0;
  std::map<std::string, Pod> kept;
  std::set<std::string> revisions;
  for (const PodAnswer& answer : answers) {
    const auto known = pods_.find(answer.address);
    Pod pod = known != pods_.end() ? known->second
                                   : Pod{now_s, !began_ && !options_.listed, false, 0, {}};
    if (options_.listed && !answer.reading && now_s - pod.heard_at_s > options_.gone_s) continue;
    const bool was_heard = pod.heard;
    std::optional<Rates> rates;
    if (answer.reading) {
      rates = Advance(pod, answer);
      revisions.insert(answer.reading->revision);
      (answer.reading->serving ? sample.serving : sample.leaving) += 1;
      if (!answer.reading->database) ++sample.cut_off;
      sample.cache_bytes += answer.reading->cache_bytes;
      sample.cache_bytes_per_pod += answer.reading->cache_limit_bytes;
      ++caches;
    }
    const bool starting =
        !was_heard && !pod.from_the_start && now_s - pod.found_at_s < options_.starting_s;
    if (!starting) ++expected;
    if (rates) {
      pod_rates.push_back(*rates);
    } else if (!starting && (was_heard || pod.from_the_start)) {
      ++silent;
    }
    kept.insert_or_assign(answer.address, std::move(pod));
  }
  began_ = began_ || !answers.empty();
  pods_ = std::move(kept);
  discovered_ = static_cast<int>(pods_.size());
  const int with_rate = static_cast<int>(pod_rates.size());
  reporting_ = with_rate;
  serving_ = sample.serving;
  if (with_rate == 0 || with_rate < options_.reporting_min * expected) return std::nullopt;
  // Those that are silent do as much as the others.
  const Rates sum = Sum(std::move(pod_rates));
  const double all = static_cast<double>(with_rate + silent) / with_rate;
  sample.discovered = discovered_ - sample.leaving;
  sample.reporting = with_rate;
  sample.serving += silent;
  sample.revisions = std::max<int>(1, static_cast<int>(revisions.size()));
  sample.load = sum.requests * all;
  sample.refused = sum.refused * all;
  sample.cpu_cores = sum.cpu_cores * all;
  sample.latency_s = sum.latency_count > 0 ? sum.latency_sum_s / sum.latency_count : 0;
  sample.cache_bytes *= static_cast<double>(discovered_) / std::max(1, caches);
  sample.cache_bytes_per_pod /= std::max(1, caches);
  sample.cpu_cores_per_pod = options_.cpu_cores_per_pod;
  return sample;
}

}  // namespace coolkit::scaler
