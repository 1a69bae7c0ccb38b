// Why: the real Loop: one thread, one epoll. Asio stays inside the .cpp files of this module.
// Post is safe from any thread; everything else belongs to the loop's own thread.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "net/loop.h"

namespace coolkit::net {

struct AsioContext;  // the io_context, for tcp.cpp

class EventLoop final : public Loop {
 public:
  // `clock` outlives the loop. `name` (at most 15 characters) is the thread's name.
  EventLoop(const Clock& clock, std::string name);
  ~EventLoop() override;  // Stop was called

  void Start();
  // Ends the thread after the work that is running; work still queued is destroyed. Any other
  // thread.
  void Stop();

  void Post(Function<void()> work) override;
  [[nodiscard]] TimerId At(BootTime when, Function<void()> work) override;
  bool Cancel(TimerId timer) override;
  [[nodiscard]] const Clock& clock() const override { return clock_; }

  // Is the calling thread this loop's?
  [[nodiscard]] bool InLoop() const;

  [[nodiscard]] AsioContext& asio() { return *asio_; }

 private:
  const Clock& clock_;
  std::string name_;
  std::unique_ptr<AsioContext> asio_;
  std::thread thread_;
};

}  // namespace coolkit::net
