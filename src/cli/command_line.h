// Why: argv becomes a checked Invocation here, and only here. Written by hand, because values must
// arrive as they are: CLI11 2.1 drops `++` and the empty value of `--flag=`, gives a flag's name to
// the flag before it, and loses `--` (docs/adr/0004). Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/command_table.h"

namespace coolkit::cli {

struct Invocation {
  std::string command;  // empty: none was given
  bool help = false;
  bool version = false;
  std::map<std::string, std::string> flags;      // those with a value that were given
  std::set<std::string> switches;                // those that were given
  std::map<std::string, std::string> arguments;  // by the name that help shows
  // Of flags and arguments that repeat, in their order; `flags` and `arguments` have the last one.
  std::map<std::string, std::vector<std::string>> lists;

  [[nodiscard]] std::optional<std::string> Flag(const std::string& name) const;
  [[nodiscard]] bool Switch(const std::string& name) const { return switches.contains(name); }
  // Empty if it was not given.
  [[nodiscard]] std::string Argument(const std::string& name) const;
  // All values of a flag or argument that repeats.
  [[nodiscard]] std::vector<std::string> All(const std::string& name) const;
};

// `words` without the program's name. Errors: kInvalidRequest with a sentence that names what
// is wrong and, for a mistyped name, what may have been meant. After --help nothing else is read.
[[nodiscard]] Result<Invocation> ParseCommandLine(const std::vector<CommandSpec>& table,
                                                  const std::vector<std::string>& words);

}  // namespace coolkit::cli
