// Why: the one place where commands, their arguments and flags are declared; the parser, the help
// texts and the completions all read it. Values; pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace coolkit::cli {

struct FlagSpec {
  std::string name;                  // without the dashes
  char short_name = 0;               // 0: none
  std::string value_name;            // as help shows it; empty: a switch
  std::string meaning;               // no full stop
  std::string environment;           // empty: none
  std::string default_text;          // empty: none
  std::string group;                 // heading in the help
  std::vector<std::string> choices;  // the only values; empty: any
  bool repeats = false;              // may be given more than once
};

struct ArgumentSpec {
  std::string name;  // as help shows it
  std::string meaning;
  bool required = true;
  std::vector<std::string> choices;
  bool repeats = false;  // the last one: takes all that are left
};

struct Example {
  std::string line;
  std::string meaning;
};

struct CommandSpec {
  std::string name;         // "scaler serve": an action of the command `scaler`, which is listed
  std::string summary;      // one line, no full stop
  std::string description;  // paragraphs of one line each
  std::vector<ArgumentSpec> arguments;
  std::vector<FlagSpec> flags;
  std::vector<Example> examples;
  bool hidden = false;  // not in the list of commands
};

// A flag with a value; with an empty `value_name` a switch.
[[nodiscard]] FlagSpec MakeFlag(std::string name, std::string value_name, std::string meaning,
                                std::string_view default_text, std::string group = {});

// In the order in which help shows them.
[[nodiscard]] std::vector<CommandSpec> CommandTable();
// Its entries of the two commands that measure and judge.
[[nodiscard]] CommandSpec BenchCommand();
[[nodiscard]] CommandSpec CheckCommand();
// `scaler` and its actions.
[[nodiscard]] std::vector<CommandSpec> ScalerCommands();
// Is it an action of another command?
[[nodiscard]] bool IsAction(const CommandSpec& command);
// Null: there is none of that name.
[[nodiscard]] const CommandSpec* FindCommand(const std::vector<CommandSpec>& table,
                                             std::string_view name);

// Does a value of this flag or argument name a file? By its value name.
[[nodiscard]] bool IsPathName(std::string_view value_name);

inline constexpr std::string_view kDefaultUrl = "http://127.0.0.1:8080";
inline constexpr std::string_view kDefaultClientTimeout = "10s";
inline constexpr std::string_view kDefaultCheckBound = "250ms";
inline constexpr std::string_view kDefaultShown = "20";
inline constexpr std::uint64_t kShownMax = 10'000;

}  // namespace coolkit::cli
