// Why: what the defaults of the settings depend on is read from the real machine in one place.
// Called once, before any thread runs.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "cli/settings.h"

namespace coolkit::cli {

[[nodiscard]] Surroundings ReadMachine(std::map<std::string, std::string> environment);

// The whole content. Errors: kInternal with the system's reason.
[[nodiscard]] Result<std::string> ReadWholeFile(const std::string& path);
// Replaces the content; a file that could not be written whole is said so. Errors: kInternal.
[[nodiscard]] Result<void> WriteWholeFile(const std::string& path, std::string_view content);

}  // namespace coolkit::cli
