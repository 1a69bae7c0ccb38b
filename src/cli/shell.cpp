// The commands that explain the others: help and completion.
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/help.h"

namespace coolkit::cli {

ExitCode RunHelp(const Invocation& invocation, Console& console) {
  const auto table = CommandTable();
  const CommandSpec* command = FindCommand(table, invocation.Argument("COMMAND"));
  console.output << (command == nullptr ? RenderHelp(table) : RenderCommandHelp(*command));
  return ExitCode::kDone;
}

ExitCode RunCompletion(const Invocation& invocation, Console& console) {
  const auto table = CommandTable();
  const std::string shell = invocation.Argument("SHELL");
  console.output << (shell == "bash"  ? BashCompletion(table)
                     : shell == "zsh" ? ZshCompletion(table)
                                      : FishCompletion(table));
  return ExitCode::kDone;
}

}  // namespace coolkit::cli
