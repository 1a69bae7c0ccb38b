// Why: `coolkit serve`: runs a pod from its start to the end of its drain.
#pragma once

#include "cli/settings.h"

namespace coolkit::cli {

// Serves until SIGTERM or SIGINT, drains, and returns the exit code: 0 after a drain, 1 when it
// could not start or the drain took longer than allowed. A second signal ends the process at once.
// Signals are blocked already (net::BlockSignals) and no thread runs yet.
[[nodiscard]] int RunServe(const Settings& settings);

}  // namespace coolkit::cli
