// Why: operations wait for the one writer or for a reader; how many may wait, how their deadlines
// are kept while the database is stuck, and how they end when the store stops, is the same for
// both. Thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/time.h"
#include "telemetry/metrics.h"

namespace coolkit::store {

template <class Work>
struct Pending {
  Work work;
  BootTime deadline = kNever;
  BootTime queued_at{};
  std::size_t bytes = 0;  // of values, counted against the queue's limit
};

template <class Work>
class PendingQueue {
 public:
  struct Limits {
    std::size_t operations_max = 0;
    std::size_t bytes_max = 0;
  };
  enum class Admission { kQueued, kFull, kClosed };

  // `length` shows how many wait; it outlives the queue.
  PendingQueue(Limits limits, telemetry::Gauge& length) : limits_(limits), length_(length) {}

  // Takes the item only when it is queued. A single item is queued whatever its bytes.
  [[nodiscard]] Admission Push(Pending<Work>& item) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (closed_) return Admission::kClosed;
    if (items_.size() >= limits_.operations_max ||
        (!items_.empty() && bytes_ + item.bytes > limits_.bytes_max)) {
      return Admission::kFull;
    }
    items_.push_back(std::move(item));
    Added(items_.back());
    return Admission::kQueued;
  }
  // The same for what must get through an overload: it goes first, and a few more than the limit
  // fit.
  [[nodiscard]] Admission PushFirst(Pending<Work>& item) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (closed_) return Admission::kClosed;
    if (items_.size() >= limits_.operations_max + kFirstExtra) return Admission::kFull;
    items_.push_front(std::move(item));
    Added(items_.front());
    return Admission::kQueued;
  }

  // Blocks until something is queued (true) or the queue is closed (false).
  [[nodiscard]] bool WaitForWork() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (!closed_ && items_.empty()) work_available_.Wait(mutex_);
    return !closed_;
  }

  // Nothing to work for: nothing is queued, or the queue is closed.
  [[nodiscard]] bool Idle() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return closed_ || items_.empty();
  }
  [[nodiscard]] bool Closed() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return closed_;
  }

  // From the front, as long as `take(item)` says so.
  template <class Take>
  [[nodiscard]] std::vector<Pending<Work>> TakeWhile(Take take) EXCLUDES(mutex_) {
    std::vector<Pending<Work>> taken;
    const MutexLock lock(mutex_);
    while (!items_.empty() && take(std::as_const(items_.front()))) {
      bytes_ -= items_.front().bytes;
      taken.push_back(std::move(items_.front()));
      items_.pop_front();
    }
    length_.Set(static_cast<double>(items_.size()));
    return taken;
  }

  // Those whose deadline has passed. Cheap when there are none.
  [[nodiscard]] std::vector<Pending<Work>> TakeExpired(BootTime now) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (earliest_deadline_ > now) return {};
    return TakeIf([now](const Pending<Work>& item) { return item.deadline <= now; });
  }
  // Those that were queued before `moment`.
  [[nodiscard]] std::vector<Pending<Work>> TakeQueuedBefore(BootTime moment) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return TakeIf([moment](const Pending<Work>& item) { return item.queued_at < moment; });
  }

  // From now on nothing is queued; the answer is what was.
  [[nodiscard]] std::vector<Pending<Work>> Close() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    closed_ = true;
    work_available_.NotifyAll();
    return TakeIf([](const Pending<Work>&) { return true; });
  }
  // A queue is closed until its owner has threads for it.
  void Open() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    closed_ = false;
  }

 private:
  static constexpr std::size_t kFirstExtra = 64;

  void Added(const Pending<Work>& item) REQUIRES(mutex_) {
    bytes_ += item.bytes;
    if (item.deadline < earliest_deadline_) earliest_deadline_ = item.deadline;
    length_.Set(static_cast<double>(items_.size()));
    work_available_.NotifyOne();
  }

  template <class Predicate>
  std::vector<Pending<Work>> TakeIf(Predicate predicate) REQUIRES(mutex_) {
    std::vector<Pending<Work>> taken;
    std::deque<Pending<Work>> kept;
    earliest_deadline_ = kNever;
    bytes_ = 0;
    for (Pending<Work>& item : items_) {
      if (predicate(std::as_const(item))) {
        taken.push_back(std::move(item));
        continue;
      }
      bytes_ += item.bytes;
      if (item.deadline < earliest_deadline_) earliest_deadline_ = item.deadline;
      kept.push_back(std::move(item));
    }
    items_ = std::move(kept);
    length_.Set(static_cast<double>(items_.size()));
    return taken;
  }

  const Limits limits_;
  telemetry::Gauge& length_;
  mutable Mutex mutex_;
  CondVar work_available_;
  std::deque<Pending<Work>> items_ GUARDED_BY(mutex_);
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
  BootTime earliest_deadline_ GUARDED_BY(mutex_) = kNever;  // or earlier: taken items leave it
  bool closed_ GUARDED_BY(mutex_) = true;
};

}  // namespace coolkit::store
