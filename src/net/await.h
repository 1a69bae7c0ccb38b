// Why: the bridge from completions, which may come on any thread, to coroutines, which run on one
// loop. Also waiting for a time.
#pragma once

#include <coroutine>
#include <optional>
#include <utility>

#include "net/loop.h"

namespace coolkit::net {

// `T result = co_await Await<T>(loop, start);` calls start(Completion<T>) and resumes on `loop`
// when the completion was called (exactly once, on any thread). The awaiting coroutine must run
// on `loop`.
template <class T, class Start>
class Await {
 public:
  Await(Loop& loop, Start start) : loop_(loop), start_(std::move(start)) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiter) {
    start_(Completion<T>([this, awaiter](T result) mutable {
      result_.emplace(std::move(result));
      loop_.Post([awaiter] { awaiter.resume(); });
    }));
  }
  T await_resume() { return std::move(*result_); }

 private:
  Loop& loop_;
  Start start_;
  std::optional<T> result_;
};

// Deduces Start: `co_await AwaitCompletion<T>(loop, [&](Completion<T> done) { … });`
template <class T, class Start>
[[nodiscard]] Await<T, Start> AwaitCompletion(Loop& loop, Start start) {
  return Await<T, Start>(loop, std::move(start));
}

// `co_await SleepUntil(loop, when);`
class SleepUntil {
 public:
  SleepUntil(Loop& loop, BootTime when) : loop_(loop), when_(when) {}
  [[nodiscard]] bool await_ready() const { return when_ <= loop_.Now(); }
  void await_suspend(std::coroutine_handle<> awaiter) {
    static_cast<void>(loop_.At(when_, [awaiter] { awaiter.resume(); }));
  }
  void await_resume() const noexcept {}

 private:
  Loop& loop_;
  BootTime when_;
};

}  // namespace coolkit::net
