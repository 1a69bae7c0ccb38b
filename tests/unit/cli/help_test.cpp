#include "cli/help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/command_table.h"
#include "cli/setting_table.h"

namespace coolkit::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

std::size_t Columns(const std::string& line) {
  std::size_t columns = 0;
  for (const char c : line) columns += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return columns;
}

std::string HelpOf(std::string_view name) {
  const auto table = CommandTable();
  return RenderCommandHelp(*FindCommand(table, name));
}

TEST(HelpTest, TheFrontPageNamesEveryCommand) {
  const std::string help = RenderHelp(CommandTable());
  for (const CommandSpec& command : CommandTable()) {
    if (command.hidden) {
      EXPECT_THAT(help, Not(HasSubstr("\n  " + command.name + " ")));
    } else {
      EXPECT_THAT(help, HasSubstr("\n  " + command.name + " "));
      EXPECT_THAT(help, HasSubstr(command.summary + "\n"));
    }
  }
}

TEST(HelpTest, LinesFitAndEndClean) {
  std::vector<std::string> pages = {RenderHelp(CommandTable())};
  for (const CommandSpec& command : CommandTable()) pages.push_back(RenderCommandHelp(command));
  for (const std::string& page : pages) {
    EXPECT_TRUE(page.ends_with('\n'));
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(Columns(line), 100U) << line;
      EXPECT_FALSE(line.ends_with(' ')) << line;
    }
  }
}

TEST(HelpTest, ServeShowsEveryRowOfTheTableInItsGroup) {
  const std::string help = HelpOf("serve");
  std::size_t at = 0;
  for (const SettingRow& row : SettingTable()) {
    const std::string name = "\n  --" + std::string(row.flag) + " " + std::string(row.value_name);
    const std::size_t found = help.find(name, at);
    ASSERT_NE(found, std::string::npos) << name;
    at = found;
    EXPECT_THAT(help, HasSubstr("\n" + std::string(GroupTitle(row.group)) + "\n"));
    EXPECT_THAT(help, HasSubstr(std::string(row.environment)));
  }
  EXPECT_THAT(help, HasSubstr("DATABASE_URL_FILE"));
}

TEST(HelpTest, AWholePage) {
  EXPECT_EQ(HelpOf("del"), R"(Delete a key

Usage: coolkit del COLLECTION/KEY [FLAGS]

Exit status: 0 done, 1 not found or precondition failed, 2 wrong usage, 3 the server or the network
failed.

Arguments
  COLLECTION/KEY  what to delete

Flags
  --if-match VERSION  only if the key has this version; * any
  -h, --help          show this help

Client
  --url URL           where coolkit serves its API [COOLKIT_URL; default: http://127.0.0.1:8080]
  --timeout DURATION  how long to wait for an answer [COOLKIT_TIMEOUT; default: 10s]
  --json              print JSON, for scripts
  -v, --verbose       show requests and response headers on standard error

Examples
  coolkit del settings/theme
)");
}

TEST(HelpTest, WrapCountsCharactersAndKeepsLongWords) {
  EXPECT_EQ(Wrap("", 2, 10), "\n");
  EXPECT_EQ(Wrap("ab cd ef", 0, 5), "ab cd\nef\n");
  EXPECT_EQ(Wrap("ab cd ef", 2, 7), "ab cd\n  ef\n");
  EXPECT_EQ(Wrap("ää öö", 0, 5), "ää öö\n");
  EXPECT_EQ(Wrap("a toolongforthis b", 0, 5), "a\ntoolongforthis\nb\n");
}

}  // namespace
}  // namespace coolkit::cli
