#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coolkit::cli {
namespace {

using testing::HasSubstr;

Result<Invocation> Parse(std::vector<std::string> arguments) {
  return ParseCommandLine(CommandTable(), std::move(arguments));
}

std::string Refused(std::vector<std::string> arguments) {
  const auto invocation = Parse(std::move(arguments));
  return invocation ? "(accepted)" : invocation.error().detail;
}

TEST(CommandLineTest, NothingAndTheTwoFlags) {
  ASSERT_TRUE(Parse({}));
  EXPECT_EQ(Parse({})->command, "");
  EXPECT_TRUE(Parse({"--help"})->help);
  EXPECT_TRUE(Parse({"-h"})->help);
  EXPECT_TRUE(Parse({"--version"})->version);
}

TEST(CommandLineTest, FlagsArgumentsAndSwitches) {
  const auto get = Parse({"get", "--strong", "a/b c", "-o", "file", "--url=http://h:1", "-v"});
  ASSERT_TRUE(get) << get.error().detail;
  EXPECT_EQ(get->command, "get");
  EXPECT_EQ(get->Argument("COLLECTION/KEY"), "a/b c");
  EXPECT_EQ(get->Flag("output"), "file");
  EXPECT_EQ(get->Flag("url"), "http://h:1");
  EXPECT_EQ(get->Flag("timeout"), std::nullopt);
  EXPECT_TRUE(get->Switch("strong"));
  EXPECT_TRUE(get->Switch("verbose"));
  EXPECT_FALSE(get->Switch("json"));
}

TEST(CommandLineTest, ValuesArriveAsTheyAre) {
  for (const std::string value :
       {"-",   "{}",   "[]",    "[1,2,3]", "\"quoted\"", "'single'", "",   " ",
        "a,b", "get",  "serve", "help",    "@file",      "%%",       "#c", "a=b",
        "\n",  "\xff", "true",  "++",      "/x",         "::"}) {
    const auto put = Parse({"put", "c/k", value});
    ASSERT_TRUE(put) << value << ": " << put.error().detail;
    EXPECT_EQ(put->Argument("VALUE"), value);
    EXPECT_TRUE(put->arguments.contains("VALUE")) << value;
    const auto flag = Parse({"put", "c/k", "v", "--content-type", value});
    ASSERT_TRUE(flag) << value << ": " << flag.error().detail;
    EXPECT_EQ(flag->Flag("content-type"), value);
  }
  EXPECT_FALSE(Parse({"put", "c/k"})->arguments.contains("VALUE"));
}

TEST(CommandLineTest, SomeRepeat) {
  const auto check = Parse({"check", "a", "--json", "b", "--", "-c"});
  ASSERT_TRUE(check) << check.error().detail;
  EXPECT_EQ(check->All("HISTORY"), (std::vector<std::string>{"a", "b", "-c"}));
  EXPECT_EQ(check->All("other"), std::vector<std::string>());
  EXPECT_THAT(Refused({"check"}), HasSubstr("check needs HISTORY"));
  const auto bench = Parse({"bench", "--target", "x", "--target=y"});
  ASSERT_TRUE(bench) << bench.error().detail;
  EXPECT_EQ(bench->All("target"), (std::vector<std::string>{"x", "y"}));
}

TEST(CommandLineTest, TwoDashesEndTheFlags) {
  const auto put = Parse({"put", "--ttl", "5s", "c/k", "--", "-5"});
  ASSERT_TRUE(put) << put.error().detail;
  EXPECT_EQ(put->Argument("VALUE"), "-5");
  EXPECT_EQ(put->Flag("ttl"), "5s");
  const auto key = Parse({"get", "--", "--help"});
  ASSERT_TRUE(key) << key.error().detail;
  EXPECT_EQ(key->Argument("COLLECTION/KEY"), "--help");
}

TEST(CommandLineTest, EmptyValuesOfFlags) {
  for (const auto& given : {std::vector<std::string>{"serve", "--peers", "", "--threads", "2"},
                            std::vector<std::string>{"serve", "--peers=", "--threads", "2"}}) {
    const auto serve = Parse(given);
    ASSERT_TRUE(serve) << serve.error().detail;
    EXPECT_EQ(serve->Flag("peers"), "");
    EXPECT_EQ(serve->Flag("threads"), "2");
  }
}

TEST(CommandLineTest, UnknownNamesAreAnsweredWithWhatWasMeant) {
  EXPECT_EQ(Refused({"serv"}), "unknown command 'serv'; did you mean serve?");
  EXPECT_EQ(Refused({"frobnicate"}), "unknown command 'frobnicate'");
  EXPECT_THAT(Refused({"--verbose", "get", "a/b"}), HasSubstr("unknown flag --verbose"));
  EXPECT_EQ(Refused({"serve", "--max-stalenes=1s"}),
            "unknown flag --max-stalenes of serve; did you mean --max-staleness?");
  EXPECT_EQ(Refused({"serve", "--database", "x"}),
            "unknown flag --database of serve; did you mean --database-url?");
  EXPECT_EQ(Refused({"get", "a/b", "--xyzzy"}), "unknown flag --xyzzy of get");
  EXPECT_THAT(Refused({"put", "c/k", "-5"}), HasSubstr("unknown flag -5 of put; put -- before"));
}

TEST(CommandLineTest, ASecretInAMistypedFlagIsNotShown) {
  EXPECT_THAT(Refused({"serve", "--databse-url=postgres://u:hunter2@h/db"}),
              testing::Not(HasSubstr("hunter2")));
  EXPECT_THAT(Refused({"--databse-url=postgres://u:hunter2@h/db"}),
              testing::Not(HasSubstr("hunter2")));
}

TEST(CommandLineTest, ArgumentsAreCounted) {
  EXPECT_EQ(Refused({"get"}), "get needs COLLECTION/KEY");
  EXPECT_EQ(Refused({"get", "a/b", "c/d"}), "get: unexpected argument 'c/d'");
  EXPECT_EQ(Refused({"serve", "now"}), "serve: unexpected argument 'now'");
  EXPECT_EQ(Refused({"migrate", "sideways"}),
            "migrate: ACTION 'sideways' is not allowed; allowed is apply, status, after-restore, "
            "rotate-ring-key or roles");
  EXPECT_THAT(Refused({"completion", "tcsh"}), HasSubstr("bash, zsh or fish"));
  EXPECT_EQ(Refused({"migrate"}), "(accepted)");
}

TEST(CommandLineTest, AFlagNeedsItsValueOnce) {
  EXPECT_EQ(Refused({"serve", "--listen"}), "--listen needs a value: HOST:PORT");
  EXPECT_EQ(Refused({"serve", "--listen", "--threads", "2"}),
            "--listen needs a value: HOST:PORT; write --listen=VALUE for one that begins with a "
            "dash");
  EXPECT_EQ(Parse({"put", "c/k", "--if-match=--x"})->Flag("if-match"), "--x");
  EXPECT_EQ(Refused({"serve", "--threads", "1", "--threads", "2"}), "--threads is given twice");
  EXPECT_EQ(Refused({"get", "a/b", "--strong=maybe"}), "--strong takes no value");
  EXPECT_EQ(Refused({"get", "a/b", "-o"}), "--output needs a value: FILE");
  EXPECT_THAT(Refused({"get", "a/b", "-ofile"}), HasSubstr("unknown flag -ofile"));
  EXPECT_EQ(Refused({"get", "a/b", "-vv"}), "(accepted)");
}

TEST(CommandLineTest, HelpAsksForNothingElse) {
  const auto get = Parse({"get", "--help"});
  ASSERT_TRUE(get) << get.error().detail;
  EXPECT_TRUE(get->help);
  EXPECT_EQ(get->command, "get");
  EXPECT_TRUE(Parse({"put", "a/b", "c", "-h"})->help);
}

TEST(CommandLineTest, AnActionIsTheSecondWord) {
  const auto table = CommandTable();
  const auto invocation =
      ParseCommandLine(table, {"scaler", "serve", "--workload", "a=h:1", "--workload", "b=h:2"});
  ASSERT_TRUE(invocation) << invocation.error().detail;
  EXPECT_EQ(invocation->command, "scaler serve");
  EXPECT_EQ(invocation->All("workload"), (std::vector<std::string>{"a=h:1", "b=h:2"}));
  EXPECT_EQ(ParseCommandLine(table, {"scaler", "validate", "--help"})->command, "scaler validate");
  EXPECT_TRUE(ParseCommandLine(table, {"scaler", "--help"})->help);
  // Only as two words, and only these.
  EXPECT_FALSE(ParseCommandLine(table, {"scaler serve"}));
  EXPECT_FALSE(ParseCommandLine(table, {"scaler"}));
  EXPECT_FALSE(ParseCommandLine(table, {"scaler", "get"}));
  EXPECT_EQ(ParseCommandLine(table, {"serve"})->command, "serve");
}

}  // namespace
}  // namespace coolkit::cli
