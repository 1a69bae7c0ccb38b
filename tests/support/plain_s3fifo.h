// Why: the cache's misses are held against the published algorithm (S3-FIFO, SOSP '23) and against
// the one that adapts, written in the plainest way: lists, exact ghosts, sets, and nothing of the
// product. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <utility>

namespace coolkit::support {

template <class WeightOf>
class PlainS3Fifo {
 public:
  // `weight_of` gives a key's weight, always the same.
  PlainS3Fifo(std::uint64_t capacity, WeightOf weight_of, bool adapts = false)
      : capacity_(capacity), weight_of_(weight_of), adapts_(adapts) {}

  // True: a hit.
  bool Ask(std::uint64_t key) {
    const auto found = items_.find(key);
    if (found != items_.end()) {
      found->second.count = std::min(found->second.count + 1, 3);
      return true;
    }
    const std::uint64_t weight = weight_of_(key);
    while (small_weight_ + main_weight_ + weight > capacity_) Evict();
    const bool from_small = small_ghosts_.Forget(key);
    const bool from_main = main_ghosts_.Forget(key);
    if (adapts_ && from_small) percent_ = std::min(percent_ + 3, 90);
    if (adapts_ && from_main) percent_ = std::max(percent_ - 3, 1);
    const bool main = from_small || from_main || (!evicted_ && small_weight_ >= capacity_ / 10);
    items_[key] = {from_main ? 2 : 0};
    (main ? main_ : small_).push_back(key);
    (main ? main_weight_ : small_weight_) += weight;
    return false;
  }

 private:
  struct Item {
    int count = 0;
  };

  // The last `room` that were remembered and not forgotten since.
  struct Ghosts {
    bool Forget(std::uint64_t key) { return numbers.erase(key) > 0; }
    void Remember(std::uint64_t key, std::size_t room) {
      numbers[key] = ++last;
      order.emplace_back(key, last);
      while (numbers.size() > room) {
        const auto [oldest, number] = order.front();
        order.pop_front();
        const auto found = numbers.find(oldest);
        if (found != numbers.end() && found->second == number) numbers.erase(found);
      }
    }
    std::unordered_map<std::uint64_t, std::uint64_t> numbers;
    std::deque<std::pair<std::uint64_t, std::uint64_t>> order;
    std::uint64_t last = 0;
  };

  void Evict() {
    evicted_ = true;
    const std::uint64_t total = small_weight_ + main_weight_;
    const auto share = static_cast<std::uint64_t>(percent_);
    if (small_.empty() || (!main_.empty() && small_weight_ < total * share / 100)) {
      return EvictMain();
    }
    while (!small_.empty()) {
      const std::uint64_t key = small_.front();
      small_.pop_front();
      small_weight_ -= weight_of_(key);
      if (items_[key].count < (adapts_ ? 3 : 2)) {
        items_.erase(key);
        const std::size_t all = small_.size() + 1 + main_.size();
        small_ghosts_.Remember(key, adapts_ ? all * 6 / 10 : main_.size());
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
        if (adapts_) main_ghosts_.Remember(key, small_.size() + 1 + main_.size());
        return;
      }
      --items_[key].count;
      main_.push_back(key);
    }
  }

  std::uint64_t capacity_;
  WeightOf weight_of_;
  bool adapts_;
  std::unordered_map<std::uint64_t, Item> items_;
  std::deque<std::uint64_t> small_;
  std::deque<std::uint64_t> main_;
  Ghosts small_ghosts_;
  Ghosts main_ghosts_;
  int percent_ = 10;
  std::uint64_t small_weight_ = 0;
  std::uint64_t main_weight_ = 0;
  bool evicted_ = false;
};

}  // namespace coolkit::support
