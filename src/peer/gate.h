// Why: one coroutine waits until somebody on its loop lets it go on.
// Not thread-safe: one loop.
#pragma once

#include <coroutine>
#include <utility>

namespace coolkit::peer {

class Gate {
 public:
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) { waiter_ = waiter; }
  void await_resume() const noexcept {}

  [[nodiscard]] bool waiting() const { return static_cast<bool>(waiter_); }
  // Runs the waiter now, if there is one.
  void Resume() {
    if (waiter_) std::exchange(waiter_, nullptr).resume();
  }

 private:
  std::coroutine_handle<> waiter_;
};

}  // namespace coolkit::peer
