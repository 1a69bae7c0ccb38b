// Why: the promises G1 to G4 are only as good as a history that was checked against them. All keys
// are judged on their own, so all workers share them. Called from one thread.
#pragma once

#include "bench/check_types.h"
#include "bench/history.h"
#include "bench/workers.h"

namespace coolkit::bench {

// Judges a history and takes its operations out of it (its names stay). The result does not depend
// on the number of workers.
[[nodiscard]] CheckResult CheckHistory(History& history, const CheckOptions& options,
                                       const Workers& workers);

}  // namespace coolkit::bench
