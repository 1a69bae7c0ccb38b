#include "bench/checker.h"

#include <algorithm>
#include <atomic>
#include <tuple>

#include "bench/key_check.h"

namespace coolkit::bench {
namespace {

// Orders operations by key, keeping their order otherwise; `begins[k]` is where the k-th key of the
// shard begins.
void GroupByKey(std::vector<Operation>& operations, std::vector<std::uint32_t>& begins) {
  bool one_key = true;
  for (const Operation& operation : operations) {
    one_key = one_key && operation.key == operations.front().key;
    ++begins[operation.key / History::kShards + 1];
  }
  for (std::size_t i = 1; i < begins.size(); ++i) begins[i] += begins[i - 1];
  if (one_key) return;
  std::vector<Operation> grouped(operations.size());
  std::vector<std::uint32_t> next(begins.begin(), begins.end() - 1);
  for (const Operation& operation : operations) {
    grouped[next[operation.key / History::kShards]++] = operation;
  }
  operations = std::move(grouped);
}

CheckResult CheckShard(std::vector<Operation> operations, std::uint32_t keys,
                       const CheckOptions& options) {
  CheckResult result;
  std::vector<std::uint32_t> begins(keys / History::kShards + 2, 0);
  GroupByKey(operations, begins);
  KeyCheck check(options, result);
  for (std::size_t i = 0; i + 1 < begins.size(); ++i) {
    if (begins[i] == begins[i + 1]) continue;
    check.Run(std::span(operations).subspan(begins[i], begins[i + 1] - begins[i]));
  }
  return result;
}

bool StartsBefore(const Violation& a, const Violation& b) {
  return std::tie(a.operation.start_ns, a.operation.key, a.fault) <
         std::tie(b.operation.start_ns, b.operation.key, b.fault);
}

}  // namespace

CheckResult CheckHistory(History& history, const CheckOptions& options, const Workers& workers) {
  std::vector<CheckResult> shards(History::kShards);
  std::atomic<std::uint32_t> next{0};
  workers.Run([&](unsigned) {
    for (std::uint32_t i = next++; i < History::kShards; i = next++) {
      shards[i] = CheckShard(history.TakeShard(i), history.keys().size(), options);
    }
  });
  CheckResult all;
  for (CheckResult& shard : shards) {
    all.counts.Add(shard.counts);
    std::move(shard.violations.begin(), shard.violations.end(), std::back_inserter(all.violations));
  }
  std::stable_sort(all.violations.begin(), all.violations.end(), StartsBefore);
  if (all.violations.size() > options.shown_max) all.violations.resize(options.shown_max);
  return all;
}

}  // namespace coolkit::bench
