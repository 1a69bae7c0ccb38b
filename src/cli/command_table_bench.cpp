// The entries of `bench` and `check` in the command table.
#include "cli/command_table.h"

namespace coolkit::cli {
namespace {

FlagSpec Flag(std::string name, std::string value_name, std::string meaning,
              std::string_view default_text, std::string group = {}) {
  FlagSpec flag;
  flag.name = std::move(name);
  flag.value_name = std::move(value_name);
  flag.meaning = std::move(meaning);
  flag.default_text = default_text;
  flag.group = std::move(group);
  return flag;
}

FlagSpec Switch(std::string name, std::string meaning, std::string group = {}) {
  return Flag(std::move(name), {}, std::move(meaning), {}, std::move(group));
}

}  // namespace

CommandSpec BenchCommand() {
  CommandSpec command;
  command.name = "bench";
  command.summary = "Load a service, measure it, and record what it answered";
  command.hidden = true;
  return command;
}

CommandSpec CheckCommand() {
  CommandSpec command;
  command.name = "check";
  command.summary = "Judge recorded histories: durable, bounded, session and strong reads";
  command.description =
      "Reads what `coolkit bench --history` or another client recorded, on one machine, and shows "
      "every answer that breaks a promise: G1 durable, G2 no staler than the bound, G3 session, G4 "
      "linearizable. docs/checker.md has the exact conditions, docs/history-format.md the format.\n"
      "Exit status: 0 no violation, 1 violations, 2 wrong usage or a file that can't be read, 3 "
      "the export failed.";
  command.arguments = {
      {"HISTORY", "binary or JSON lines; several are judged together", true, {}, true}};
  command.flags = {
      Flag("max-staleness", "DURATION", "the service's --max-staleness: the bound of G2",
           kDefaultCheckBound),
      Switch("outside-writers", "others wrote too: versions that nobody here wrote are theirs"),
      Switch("cut-off",
             "accept a history whose writer was killed; what is missing may show as "
             "versions that nobody wrote"),
      Flag("show", "NUMBER", "how many violations to show", kDefaultShown),
      Flag("export", "FILE", "write all operations to this file as JSON lines", {}),
      Switch("json", "print JSON, for scripts"),
  };
  command.examples = {{"coolkit check run.history", ""},
                      {"coolkit check --max-staleness 1s a.history b.history", "of two clients"},
                      {"coolkit check run.history --export run.jsonl", "for jq"}};
  return command;
}

}  // namespace coolkit::cli
