// Why: who starts a process on port 0 must learn where it listens. Any thread.
#pragma once

#include <string>

#include "base/result.h"

namespace coolkit::cli {

// Writes {"listen":…,"ops_listen":…} beside `path` and renames it, so that who waits for the file
// never reads half of it. Errors: kInternal.
[[nodiscard]] Result<void> WritePortFile(const std::string& path, const std::string& listen,
                                         const std::string& ops_listen);

}  // namespace coolkit::cli
