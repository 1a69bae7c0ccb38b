#include "net/signals.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <cerrno>

namespace coolkit::net {
namespace {

sigset_t TerminationSignals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

void BlockSignals() {
  const sigset_t set = TerminationSignals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

int WaitForSignal(std::chrono::milliseconds timeout) {
  const sigset_t set = TerminationSignals();
  for (;;) {
    int signal = 0;
    if (timeout.count() < 0) {
      signal = ::sigwaitinfo(&set, nullptr);
    } else {
      const timespec wait{timeout.count() / 1000, timeout.count() % 1000 * 1'000'000};
      signal = ::sigtimedwait(&set, nullptr, &wait);
    }
    if (signal > 0) return signal;
    if (errno == EAGAIN) return 0;  // EINTR: again
  }
}

}  // namespace coolkit::net
