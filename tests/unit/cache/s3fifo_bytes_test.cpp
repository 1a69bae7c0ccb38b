// The miss ratios of S3-FIFO weighted by bytes against a plain simulator of the published
// algorithm: lists, exact ghosts, no approximations.
#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/hash.h"
#include "base/random.h"
#include "cache/s3fifo.h"

namespace coolkit::cache {
namespace {

std::uint64_t Mix(std::uint64_t key) {
  return Hash64({reinterpret_cast<const char*>(&key), sizeof(key)});
}
// 50 to 4,000 bytes, mostly small.
std::uint64_t WeightOf(std::uint64_t key) { return 50 + Mix(key) % (1 + Mix(key + 1) % 3'950); }

class PlainS3Fifo {
 public:
  explicit PlainS3Fifo(std::uint64_t capacity) : capacity_(capacity) {}

  bool Ask(std::uint64_t key) {
    const auto found = items_.find(key);
    if (found != items_.end()) {
      found->second.count = std::min(found->second.count + 1, 3);
      return true;
    }
    const std::uint64_t weight = WeightOf(key);
    while (small_weight_ + main_weight_ + weight > capacity_) Evict();
    const bool main = ghosts_.erase(key) > 0 || (!evicted_ && small_weight_ >= capacity_ / 10);
    items_[key] = {};
    (main ? main_ : small_).push_back(key);
    (main ? main_weight_ : small_weight_) += weight;
    return false;
  }

 private:
  struct Item {
    int count = 0;
  };

  void Evict() {
    evicted_ = true;
    const std::uint64_t total = small_weight_ + main_weight_;
    if (small_.empty() || main_weight_ > total - total / 10) return EvictMain();
    while (!small_.empty()) {
      const std::uint64_t key = small_.front();
      small_.pop_front();
      small_weight_ -= WeightOf(key);
      if (items_[key].count < 2) {
        items_.erase(key);
        Remember(key);
        return;
      }
      items_[key].count = 0;
      main_.push_back(key);
      main_weight_ += WeightOf(key);
    }
    EvictMain();
  }
  void EvictMain() {
    while (!main_.empty()) {
      const std::uint64_t key = main_.front();
      main_.pop_front();
      if (items_[key].count == 0) {
        main_weight_ -= WeightOf(key);
        items_.erase(key);
        return;
      }
      --items_[key].count;
      main_.push_back(key);
    }
  }
  // As many as main has items, oldest first out.
  void Remember(std::uint64_t key) {
    if (ghosts_.insert(key).second) order_.push_back(key);
    while (ghosts_.size() > main_.size()) {
      ghosts_.erase(order_.front());
      order_.pop_front();
    }
  }

  std::uint64_t capacity_;
  std::unordered_map<std::uint64_t, Item> items_;
  std::deque<std::uint64_t> small_;
  std::deque<std::uint64_t> main_;
  std::unordered_set<std::uint64_t> ghosts_;
  std::deque<std::uint64_t> order_;
  std::uint64_t small_weight_ = 0;
  std::uint64_t main_weight_ = 0;
  bool evicted_ = false;
};

// The component, owned in the simplest way.
class ByteCache {
 public:
  explicit ByteCache(std::uint64_t capacity) : capacity_(capacity) { queue_.SetCapacity(capacity); }
  bool Ask(std::uint64_t key) {
    const auto found = handles_.find(key);
    if (found != handles_.end()) {
      queue_.Touch(found->second);
      return true;
    }
    while (queue_.weight() + WeightOf(key) > capacity_) queue_.EvictOne(*this);
    EXPECT_LE(queue_.weight() + WeightOf(key), capacity_);
    handles_[key] = queue_.Insert(key, Print(key), WeightOf(key));
    return false;
  }

  static std::uint64_t Weight(std::uint64_t word) { return WeightOf(word & S3Fifo::kPayload); }
  void Moved(std::uint64_t word, S3Fifo::Handle /*from*/, S3Fifo::Handle to) {
    handles_[word & S3Fifo::kPayload] = to;
  }
  std::uint32_t Evicted(std::uint64_t word, S3Fifo::Handle /*handle*/) {
    handles_.erase(word & S3Fifo::kPayload);
    return Print(word & S3Fifo::kPayload);
  }

 private:
  static std::uint32_t Print(std::uint64_t key) {
    return static_cast<std::uint32_t>(Mix(key) >> 32);
  }
  std::uint64_t capacity_;
  S3Fifo queue_;
  std::unordered_map<std::uint64_t, S3Fifo::Handle> handles_;
};

// Skewed popularity that drifts, with scans in between.
std::vector<std::uint64_t> Requests(std::uint64_t seed) {
  SeededRandom random(seed);
  std::vector<std::uint64_t> keys;
  std::uint64_t scan = 1'000'000;
  for (std::uint64_t i = 0; i < 300'000; ++i) {
    if (random.Below(2'000) == 0) {
      for (int n = 0; n < 300; ++n) keys.push_back(scan++);
    }
    std::uint64_t range = 60'000;
    for (int n = 0; n < 3; ++n) range = 1 + random.Below(range);
    keys.push_back(range + i / 20);
  }
  return keys;
}

TEST(S3FifoBytes, MissesAsOftenAsAPlainSimulator) {
  for (const std::uint64_t capacity : {1'000'000u, 5'000'000u, 25'000'000u}) {
    const std::vector<std::uint64_t> keys = Requests(capacity);
    PlainS3Fifo plain(capacity);
    ByteCache cache(capacity);
    double plain_misses = 0;
    double misses = 0;
    for (const std::uint64_t key : keys) {
      plain_misses += plain.Ask(key) ? 0 : 1;
      misses += cache.Ask(key) ? 0 : 1;
    }
    const auto count = static_cast<double>(keys.size());
    std::printf("%lu bytes: %.4f, plain simulator %.4f\n", capacity, misses / count,
                plain_misses / count);
    EXPECT_NEAR(misses / count, plain_misses / count, 0.002);
  }
}

}  // namespace
}  // namespace coolkit::cache
