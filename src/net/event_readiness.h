// Why: Readiness over the real loop's epoll. Everything belongs to the loop.
#pragma once

#include <memory>

#include "net/readiness.h"

namespace coolkit::net {

class EventLoop;

class EventReadiness final : public Readiness {
 public:
  // The loop outlives all watches.
  explicit EventReadiness(EventLoop& loop) : loop_(loop) {}
  [[nodiscard]] Result<std::unique_ptr<FdWatch>> Watch(int fd) override;
  [[nodiscard]] Loop& loop() override;

 private:
  EventLoop& loop_;
};

}  // namespace coolkit::net
