// Why: what is to be known of a socket of somebody else at once, without a loop that tells it. A
// command that runs once, before any loop, still must not wait for a socket for ever.
#pragma once

#include "base/time.h"
#include "net/readiness.h"

namespace coolkit::net {

// True: `fd` is ready for `interest`, or failed, which its owner will notice. False: not within
// `time`. Blocks the calling thread: any but a loop's.
[[nodiscard]] bool BlockUntilReady(int fd, Interest interest, milliseconds time);

// The other side has ended the connection, or reset it, as far as this machine knows by now. Never
// blocks; any thread.
[[nodiscard]] bool PeerEnded(int fd);

}  // namespace coolkit::net
