// Why: the version and the revision that are running show in coolkit_build_info, the log and
// --version. The definitions are generated (cmake/build_info.cmake), so that a new commit compiles
// one file. Pure; any thread.
#pragma once

#include <string_view>

namespace coolkit::cli {

// The release, as "0.1.0".
[[nodiscard]] std::string_view BuildVersion();
// The short commit the binary was built from; "unknown" outside of a repository.
[[nodiscard]] std::string_view BuildRevision();

}  // namespace coolkit::cli
