// Why: completion scripts made from the command table complete every command, flag and word that
// exists, and nothing else. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command_table.h"

namespace coolkit::cli {

[[nodiscard]] std::string BashCompletion(const std::vector<CommandSpec>& table);
[[nodiscard]] std::string ZshCompletion(const std::vector<CommandSpec>& table);
[[nodiscard]] std::string FishCompletion(const std::vector<CommandSpec>& table);

}  // namespace coolkit::cli
