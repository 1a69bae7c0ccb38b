// Why: the cache's misses are held against the published algorithm (S3-FIFO, SOSP '23), written in
// the plainest way: lists, exact ghosts, sets, and nothing of the product. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <unordered_set>

namespace coolkit::support {

template <class WeightOf>
class PlainS3Fifo {
 public:
  // `weight_of` gives a key's weight, always the same.
  PlainS3Fifo(std::uint64_t capacity, WeightOf weight_of)
      : capacity_(capacity), weight_of_(weight_of) {}

  // True: a hit.
  bool Ask(std::uint64_t key) {
    const auto found = items_.find(key);
    if (found != items_.end()) {
      found->second.count = std::min(found->second.count + 1, 3);
      return true;
    }
    const std::uint64_t weight = weight_of_(key);
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
      small_weight_ -= weight_of_(key);
      if (items_[key].count < 2) {
        items_.erase(key);
        Remember(key);
        return;
      }
      items_[key].count = 0;
      main_.push_back(key);
      main_weight_ += weight_of_(key);
    }
    EvictMain();
  }
  void EvictMain() {
    while (!main_.empty()) {
      const std::uint64_t key = main_.front();
      main_.pop_front();
      if (items_[key].count == 0) {
        main_weight_ -= weight_of_(key);
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
  WeightOf weight_of_;
  std::unordered_map<std::uint64_t, Item> items_;
  std::deque<std::uint64_t> small_;
  std::deque<std::uint64_t> main_;
  std::unordered_set<std::uint64_t> ghosts_;
  std::deque<std::uint64_t> order_;
  std::uint64_t small_weight_ = 0;
  std::uint64_t main_weight_ = 0;
  bool evicted_ = false;
};

}  // namespace coolkit::support
