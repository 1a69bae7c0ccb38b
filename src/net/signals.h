// Why: SIGTERM and SIGINT begin the drain, the second one ends at once. Signals are blocked in all
// threads and taken by a signalfd-free wait of the main thread, so that nothing runs in a handler.
#pragma once

#include <chrono>

namespace coolkit::net {

// Blocks SIGTERM, SIGINT (and ignores SIGPIPE) in the calling thread and all that it will start.
// Call before any thread is started.
void BlockSignals();

// Waits for SIGTERM or SIGINT; the number of the signal, or 0 after `timeout` (negative: for ever).
[[nodiscard]] int WaitForSignal(std::chrono::milliseconds timeout);

}  // namespace coolkit::net
