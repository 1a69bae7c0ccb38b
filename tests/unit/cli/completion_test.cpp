#include "cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coolkit::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

// tests/integration/test_cli.py runs the bash script in a real bash.

TEST(CompletionTest, EveryCommandAndFlagIsInEveryScript) {
  const auto table = CommandTable();
  const std::string bash = BashCompletion(table);
  const std::string zsh = ZshCompletion(table);
  const std::string fish = FishCompletion(table);
  for (const CommandSpec& command : table) {
    if (command.hidden) {
      EXPECT_THAT(bash, Not(HasSubstr(command.name + ")")));
      EXPECT_THAT(zsh, Not(HasSubstr("'" + command.name + ":")));
      EXPECT_THAT(fish, Not(HasSubstr("-a " + command.name + " ")));
      continue;
    }
    EXPECT_THAT(bash, HasSubstr("      " + command.name + ") words='"));
    EXPECT_THAT(zsh, HasSubstr("'" + command.name + ":" + command.summary.substr(0, 8)));
    EXPECT_THAT(fish, HasSubstr("-a " + command.name + " "));
    for (const FlagSpec& flag : command.flags) {
      EXPECT_THAT(bash, HasSubstr("--" + flag.name));
      EXPECT_THAT(zsh, HasSubstr("--" + flag.name));
      EXPECT_THAT(fish, HasSubstr("from " + command.name + "' -l " + flag.name));
    }
  }
}

TEST(CompletionTest, ChoicesAreOffered) {
  const auto table = CommandTable();
  EXPECT_THAT(BashCompletion(table), HasSubstr("serve:--log-format) words='auto text json'"));
  EXPECT_THAT(ZshCompletion(table), HasSubstr(":FORMAT:(auto text json)'"));
  EXPECT_THAT(FishCompletion(table), HasSubstr("-l log-format -x -a 'auto text json'"));
}

TEST(CompletionTest, TextsAreQuotedForEachShell) {
  CommandSpec command;
  command.name = "odd";
  command.summary = "it's: odd";
  FlagSpec flag;
  flag.name = "x";
  flag.value_name = "A:B";
  flag.meaning = "don't [use]: \\";
  command.flags = {flag};
  EXPECT_THAT(ZshCompletion({command}), HasSubstr(R"('odd:it'\''s\: odd')"));
  EXPECT_THAT(ZshCompletion({command}), HasSubstr(R"('--x=[don'\''t \[use\]\: \\]:A\:B: ')"));
  EXPECT_THAT(FishCompletion({command}), HasSubstr(R"(-d 'don\'t [use]: \\')"));
}

TEST(CompletionTest, ActionsHaveTheirOwnFlags) {
  const auto table = CommandTable();
  const std::string bash = BashCompletion(table);
  EXPECT_THAT(bash, HasSubstr("      scaler) words='serve simulate validate --help'"));
  EXPECT_THAT(bash, HasSubstr("scaler-simulate:--cached) words='on off'"));
  EXPECT_THAT(ZshCompletion(table), HasSubstr("    scaler-validate)\n"));
  EXPECT_THAT(FishCompletion(table),
              HasSubstr("'__fish_seen_subcommand_from scaler; and __fish_seen_subcommand_from "
                        "validate' -l current"));
}

}  // namespace
}  // namespace coolkit::cli
