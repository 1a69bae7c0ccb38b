#include "net/wait_ready.h"

#include <poll.h>

#include <cerrno>

#include "base/clock.h"

namespace coolkit::net {

bool BlockUntilReady(int fd, Interest interest, milliseconds time) {
  const SystemClock clock;
  const BootTime deadline = clock.Now() + time;
  pollfd watched{};
  watched.fd = fd;
  if (interest != Interest::kWritable) watched.events |= POLLIN;
  if (interest != Interest::kReadable) watched.events |= POLLOUT;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - clock.Now());
    if (left.count() <= 0) return false;
    const int ready = ::poll(&watched, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return true;
  }
}

bool PeerEnded(int fd) {
  pollfd watched{fd, POLLRDHUP, 0};
  return ::poll(&watched, 1, 0) > 0;  // POLLERR and POLLHUP come unasked
}

}  // namespace coolkit::net
