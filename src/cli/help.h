// Why: help that a newcomer can use, rendered from the command table: grouped flags with their
// variables and defaults, examples, 100 columns. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/command_table.h"

namespace coolkit::cli {

// What `coolkit` and `coolkit --help` print.
[[nodiscard]] std::string RenderHelp(const std::vector<CommandSpec>& table);
[[nodiscard]] std::string RenderCommandHelp(const CommandSpec& command);

// `text` broken into lines of at most `width` characters (UTF-8 counted as one each), each but the
// first indented by `indent` spaces; ends with a line break. A longer word stands alone.
[[nodiscard]] std::string Wrap(const std::string& text, std::size_t indent, std::size_t width);

}  // namespace coolkit::cli
