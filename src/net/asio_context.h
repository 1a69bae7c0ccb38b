// Why: what the .cpp files of this module share about Asio; nobody else includes it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <vector>

#include "net/event_loop.h"

namespace coolkit::net {

// Something with deadlines that the loop looks at every kSweepInterval. A timer per operation
// would cost two system calls or a heap operation per request.
class DeadlineHolder {
 public:
  virtual ~DeadlineHolder() = default;
  virtual void CheckDeadlines(BootTime now) = 0;

 private:
  friend struct AsioContext;
  std::size_t sweep_index_ = 0;
};

struct AsioContext {
  static constexpr milliseconds kSweepInterval{50};

  explicit AsioContext(EventLoop& owner) : loop(owner), timer(io), sweep_timer(io) {}

  void Watch(DeadlineHolder& holder);
  void Unwatch(DeadlineHolder& holder);
  void ArmTimer();
  void ArmSweep();

  EventLoop& loop;
  boost::asio::io_context io{1};  // one thread runs it
  boost::asio::steady_timer timer;
  std::map<std::pair<BootTime, std::uint64_t>, Function<void()>> timers;
  std::map<std::uint64_t, BootTime> timer_times;
  std::uint64_t last_timer = 0;
  BootTime armed_for = kNever;
  boost::asio::steady_timer sweep_timer;
  bool sweep_armed = false;
  std::vector<DeadlineHolder*> holders;
};

}  // namespace coolkit::net
