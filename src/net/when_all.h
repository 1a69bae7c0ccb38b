// Why: a batch starts all its parts at once and goes on when the last has ended.
#pragma once

#include <coroutine>
#include <optional>
#include <utility>
#include <vector>

#include "net/task.h"

namespace coolkit::net {

// `std::vector<T> results = co_await WhenAll<T>(std::move(tasks));` in the order of the tasks.
// All tasks run on the awaiter's loop.
template <class T>
class WhenAll {
 public:
  explicit WhenAll(std::vector<Task<T>> tasks) : tasks_(std::move(tasks)), left_(tasks_.size()) {
    results_.resize(tasks_.size());
  }
  WhenAll(const WhenAll&) = delete;
  WhenAll& operator=(const WhenAll&) = delete;

  bool await_ready() const noexcept { return tasks_.empty(); }
  // False when every task ended at once.
  bool await_suspend(std::coroutine_handle<> awaiter) {
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      Detach(std::move(tasks_[i]), [this, i](T result) {
        results_[i].emplace(std::move(result));
        if (--left_ == 0 && awaiter_) awaiter_.resume();
      });
    }
    if (left_ == 0) return false;
    awaiter_ = awaiter;
    return true;
  }
  std::vector<T> await_resume() {
    std::vector<T> out;
    out.reserve(results_.size());
    for (auto& result : results_) out.push_back(std::move(*result));
    return out;
  }

 private:
  std::vector<Task<T>> tasks_;
  std::vector<std::optional<T>> results_;
  std::size_t left_;
  std::coroutine_handle<> awaiter_;
};

}  // namespace coolkit::net
