// Why: a command that runs once, before any loop, still must not wait for a socket for ever. Blocks
// the calling thread; any thread but a loop's.
#pragma once

#include "base/time.h"
#include "net/readiness.h"

namespace coolkit::net {

// True: `fd` is ready for `interest`, or failed, which its owner will notice. False: not within
// `time`.
[[nodiscard]] bool BlockUntilReady(int fd, Interest interest, milliseconds time);

}  // namespace coolkit::net
