// Why: where a process's control group lies on disk depends on the version, on how the hierarchy is
// mounted and on what part of it a container may see; reading the figures should not have to care.
// Reads /proc/self under a root that tests can fake. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace coolkit::telemetry {

struct CgroupLocation {
  int version = 0;  // 1 or 2; 0: none found
  // Directories from the process's group up to the top of what is mounted; never empty unless
  // version is 0.
  std::vector<std::string> levels;
};

// Where `controller` ("memory", "cpu") of this process is managed. A v1 hierarchy with that
// controller wins over v2, because a controller belongs to one of them.
[[nodiscard]] CgroupLocation LocateCgroup(const std::string& root, std::string_view controller);

// The whole file, at most 64 KiB; empty when it can't be read.
[[nodiscard]] std::string ReadSmallFile(const std::string& path);

}  // namespace coolkit::telemetry
