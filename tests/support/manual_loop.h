// Why: the manual clock and seeded scheduler under which unit tests and the simulation run code of
// floors 3 to 5. Single-threaded; nothing happens until Run… is called.
#pragma once

#include <map>
#include <vector>

#include "base/random.h"
#include "net/loop.h"

namespace coolkit::support {

class ManualClock final : public Clock {
 public:
  [[nodiscard]] BootTime Now() const override { return now_; }
  [[nodiscard]] std::chrono::system_clock::time_point WallNow() const override {
    return std::chrono::system_clock::time_point(seconds(1'700'000'000)) +
           std::chrono::duration_cast<std::chrono::system_clock::duration>(now_.time_since_epoch());
  }
  void Advance(nanoseconds by) { now_ += by; }
  void Set(BootTime now) { now_ = now; }

 private:
  BootTime now_{seconds(1000)};
};

// With a Random, ready work runs in a random order; without, in the order of the posts.
class ManualLoop final : public net::Loop {
 public:
  explicit ManualLoop(ManualClock& clock, Random* random = nullptr)
      : clock_(clock), random_(random) {}

  void Post(Function<void()> work) override { ready_.push_back(std::move(work)); }
  [[nodiscard]] net::TimerId At(BootTime when, Function<void()> work) override {
    const net::TimerId id{++last_id_};
    timers_.emplace(std::pair(when, id.value), std::move(work));
    return id;
  }
  bool Cancel(net::TimerId timer) override {
    for (auto it = timers_.begin(); it != timers_.end(); ++it) {
      if (it->first.second == timer.value) {
        timers_.erase(it);
        return true;
      }
    }
    return false;
  }
  [[nodiscard]] const Clock& clock() const override { return clock_; }

  // Runs one ready piece of work; false: none is ready.
  bool RunOne() {
    if (ready_.empty()) return false;
    const std::size_t pick = random_ == nullptr ? 0 : random_->Below(ready_.size());
    Function<void()> work = std::move(ready_[pick]);
    ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(pick));
    work();
    return true;
  }
  // Runs until nothing is ready; timers stay.
  void RunReady() {
    while (RunOne()) {
    }
  }
  // Moves the clock to the next timer and fires it; false: there is none.
  bool RunNextTimer() {
    if (timers_.empty()) return false;
    auto node = timers_.extract(timers_.begin());
    if (node.key().first > clock_.Now()) clock_.Set(node.key().first);
    node.mapped()();
    return true;
  }
  // Everything that is due within `span`, moving the clock along.
  void RunFor(nanoseconds span) {
    const BootTime end = clock_.Now() + span;
    RunReady();
    while (!timers_.empty() && timers_.begin()->first.first <= end) {
      RunNextTimer();
      RunReady();
    }
    if (clock_.Now() < end) clock_.Set(end);
  }
  [[nodiscard]] std::size_t pending() const { return ready_.size() + timers_.size(); }

 private:
  ManualClock& clock_;
  Random* random_;
  std::vector<Function<void()>> ready_;
  std::map<std::pair<BootTime, std::uint64_t>, Function<void()>> timers_;
  std::uint64_t last_id_ = 0;
};

}  // namespace coolkit::support
