// Why: a library that owns its sockets (libpq) only needs to be told when one is readable or
// writable. This is that seam, so that its user runs on a Loop and knows nothing of epoll.
// Everything belongs to the loop.
#pragma once

#include <coroutine>
#include <cstdint>
#include <memory>

#include "base/function.h"
#include "base/result.h"
#include "net/loop.h"

namespace coolkit::net {

enum class Interest : std::uint8_t { kReadable, kWritable, kEither };

// Watches one file descriptor. Not destroyed while something waits for it.
class FdWatch {
 public:
  virtual ~FdWatch() = default;

  // Calls `ready` once, later, on the loop, when the descriptor is ready or failed, or on Wake. It
  // may come early, so the caller looks for itself. One wait at a time.
  virtual void Wait(Interest interest, Function<void()> ready) = 0;
  // Ends the wait that is under way, inside the call; nothing happens without one.
  virtual void Wake() = 0;
};

class Readiness {
 public:
  virtual ~Readiness() = default;
  // The descriptor may be closed while it is watched. Errors: kInternal (out of descriptors).
  [[nodiscard]] virtual Result<std::unique_ptr<FdWatch>> Watch(int fd) = 0;
  [[nodiscard]] virtual Loop& loop() = 0;
};

// `co_await UntilReady(watch, interest);`
class UntilReady {
 public:
  UntilReady(FdWatch& watch, Interest interest) : watch_(watch), interest_(interest) {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiter) {
    watch_.Wait(interest_, [awaiter] { awaiter.resume(); });
  }
  void await_resume() const noexcept {}

 private:
  FdWatch& watch_;
  Interest interest_;
};

}  // namespace coolkit::net
