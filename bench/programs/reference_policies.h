// Why: the miss ratios of the cache are held against four published policies, each written in the
// plainest way, counted in items and fed with numbered keys. Not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <list>
#include <vector>

namespace coolkit::bench {

using Key = std::uint32_t;

// Least recently used goes first.
class Lru {
 public:
  Lru(std::size_t capacity, std::size_t keys) : capacity_(capacity), at_(keys + 1) {}
  // True: a hit.
  bool Ask(Key key) {
    const bool hit = Has(key);
    if (hit) list_.erase(at_[key]);
    if (!hit && list_.size() == capacity_) PopOldest();
    Push(key);
    return hit;
  }

  // For policies that are made of several lists; an item of no list is at end().
  [[nodiscard]] bool Has(Key key) const { return at_[key] != std::list<Key>::iterator{}; }
  [[nodiscard]] std::size_t size() const { return list_.size(); }
  [[nodiscard]] Key oldest() const { return list_.back(); }
  void Push(Key key) {
    list_.push_front(key);
    at_[key] = list_.begin();
  }
  void Drop(Key key) {
    list_.erase(at_[key]);
    at_[key] = {};
  }
  Key PopOldest() {
    const Key key = oldest();
    Drop(key);
    return key;
  }

 private:
  std::size_t capacity_;
  std::list<Key> list_;
  std::vector<std::list<Key>::iterator> at_;
};

// SIEVE (NSDI '24): a hand that moves from the oldest to the youngest and spares what was visited.
class Sieve {
 public:
  Sieve(std::size_t capacity, std::size_t keys)
      : capacity_(capacity), at_(keys + 1), visited_(keys + 1), hand_(list_.end()) {}
  bool Ask(Key key) {
    if (at_[key] != std::list<Key>::iterator{}) {
      visited_[key] = true;
      return true;
    }
    if (list_.size() == capacity_) Evict();
    list_.push_front(key);
    at_[key] = list_.begin();
    return false;
  }

 private:
  void Evict() {
    if (hand_ == list_.end()) hand_ = std::prev(list_.end());
    while (visited_[*hand_]) {
      visited_[*hand_] = false;
      hand_ = hand_ == list_.begin() ? std::prev(list_.end()) : std::prev(hand_);
    }
    at_[*hand_] = {};
    const auto gone = hand_;
    hand_ = hand_ == list_.begin() ? list_.end() : std::prev(hand_);
    list_.erase(gone);
  }

  std::size_t capacity_;
  std::list<Key> list_;
  std::vector<std::list<Key>::iterator> at_;
  std::vector<bool> visited_;
  std::list<Key>::iterator hand_;
};

// S3-FIFO (SOSP '23): a tenth small, ghosts as many as main has room for, promotion at 2 hits.
class S3FifoReference {
 public:
  S3FifoReference(std::size_t capacity, std::size_t keys)
      : small_max_(std::max<std::size_t>(capacity / 10, 1)),
        main_max_(capacity - small_max_),
        count_(keys + 1),
        where_(keys + 1),
        ghost_since_(keys + 1) {}
  bool Ask(Key key) {
    if (where_[key] != kNowhere) {
      count_[key] = std::min(count_[key] + 1, 3);
      return true;
    }
    const bool ghost = ghost_since_[key] != 0 && ghosts_ - ghost_since_[key] < main_max_;
    ghost_since_[key] = 0;
    while (small_.size() + main_.size() >= small_max_ + main_max_) Evict();
    const bool to_main = ghost || (!evicted_ && small_.size() >= small_max_);
    count_[key] = 0;
    where_[key] = to_main ? kMain : kSmall;
    (to_main ? main_ : small_).push_back(key);
    return false;
  }

 private:
  enum Where : std::uint8_t { kNowhere, kSmall, kMain };

  void Evict() {
    evicted_ = true;
    if (main_.size() > main_max_ || small_.empty()) return EvictMain();
    while (!small_.empty()) {
      const Key key = small_.front();
      small_.pop_front();
      if (count_[key] < 2) {
        where_[key] = kNowhere;
        ghost_since_[key] = ++ghosts_;
        return;
      }
      count_[key] = 0;
      where_[key] = kMain;
      main_.push_back(key);
    }
    EvictMain();
  }
  void EvictMain() {
    while (!main_.empty()) {
      const Key key = main_.front();
      main_.pop_front();
      if (count_[key] == 0) {
        where_[key] = kNowhere;
        return;
      }
      --count_[key];
      main_.push_back(key);
    }
  }

  std::size_t small_max_;
  std::size_t main_max_;
  std::vector<int> count_;
  std::vector<Where> where_;
  std::vector<std::uint64_t> ghost_since_;  // number of the ghost, from 1
  std::uint64_t ghosts_ = 0;
  std::deque<Key> small_;
  std::deque<Key> main_;
  bool evicted_ = false;
};

// How often keys were asked for lately: four rows of counters up to 15, halved now and then.
class Sketch {
 public:
  explicit Sketch(std::size_t capacity) : period_(10 * std::max<std::size_t>(capacity, 16)) {
    std::size_t width = 16;
    while (width < capacity) width *= 2;
    for (auto& row : rows_) row.resize(width);
  }
  void Add(Key key) {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      std::uint8_t& counter = rows_[i][Place(key, i)];
      if (counter < 15) ++counter;
    }
    if (++added_ < period_) return;
    added_ /= 2;
    for (auto& row : rows_) {
      for (std::uint8_t& counter : row) counter /= 2;
    }
  }
  [[nodiscard]] int Count(Key key) const {
    int least = 15;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      least = std::min<int>(least, rows_[i][Place(key, i)]);
    }
    return least;
  }

 private:
  [[nodiscard]] std::size_t Place(Key key, std::size_t row) const {
    std::uint64_t x = (key + (row << 40)) * 0x9e3779b97f4a7c15ull;
    x = (x ^ (x >> 29)) * 0xbf58476d1ce4e5b9ull;
    return (x ^ (x >> 32)) & (rows_[row].size() - 1);
  }
  std::array<std::vector<std::uint8_t>, 4> rows_;
  std::size_t period_;
  std::size_t added_ = 0;
};

// W-TinyLFU (ACM ToS '17) with a window of 1 %: a segmented LRU of which four fifths are protected,
// which what leaves the window enters only if it was asked for more often than who would leave.
class WTinyLfu {
 public:
  WTinyLfu(std::size_t capacity, std::size_t keys)
      : window_max_(std::max<std::size_t>(capacity / 100, 1)),
        main_max_(std::max<std::size_t>(capacity - window_max_, 1)),
        protected_max_(main_max_ * 8 / 10),
        window_(0, keys),
        probation_(0, keys),
        protected_(0, keys),
        sketch_(capacity) {}
  bool Ask(Key key) {
    sketch_.Add(key);
    if (window_.Has(key)) {
      window_.Drop(key);
      window_.Push(key);
      return true;
    }
    if (protected_.Has(key)) {
      protected_.Drop(key);
      protected_.Push(key);
      return true;
    }
    if (probation_.Has(key)) {
      probation_.Drop(key);
      protected_.Push(key);
      if (protected_.size() > protected_max_) probation_.Push(protected_.PopOldest());
      return true;
    }
    window_.Push(key);
    if (window_.size() > window_max_) Admit(window_.PopOldest());
    return false;
  }

 private:
  void Admit(Key candidate) {
    if (probation_.size() + protected_.size() >= main_max_) {
      Lru& from = probation_.size() > 0 ? probation_ : protected_;
      if (sketch_.Count(candidate) <= sketch_.Count(from.oldest())) return;
      from.PopOldest();
    }
    probation_.Push(candidate);
  }

  std::size_t window_max_;
  std::size_t main_max_;
  std::size_t protected_max_;
  Lru window_;
  Lru probation_;
  Lru protected_;
  Sketch sketch_;
};

}  // namespace coolkit::bench
