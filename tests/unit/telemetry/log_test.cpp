#include "telemetry/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <thread>
#include <vector>

#include "support/manual_loop.h"
#include "telemetry/log_line.h"

namespace coolkit::telemetry {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t kStringMax = 100;

std::string Quoted(std::string_view text, std::size_t max = kStringMax) {
  std::string out;
  AppendLogString(out, text, max);
  return out;
}

class LogTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::size_t Lines() const {
    return static_cast<std::size_t>(std::count(out_.begin(), out_.end(), '\n'));
  }
  support::ManualClock clock_;
  std::string out_;
};

TEST_F(LogTest, WritesJsonLines) {
  Log log(LogFormat::kJson, LogLevel::kInfo, "pod-1", &out_, &clock_);
  const std::string address = "127.0.0.1:8080";
  log.Info("listening", {{"address", address},
                         {"port", std::uint16_t{8080}},
                         {"delta", -1},
                         {"size", std::numeric_limits<std::uint64_t>::max()},
                         {"ratio", 0.5},
                         {"ready", true},
                         {"kind", "api"}});
  EXPECT_EQ(out_,
            "{\"ts\":\"2023-11-14T22:30:00.000Z\",\"level\":\"info\",\"pod\":\"pod-1\","
            "\"msg\":\"listening\",\"address\":\"127.0.0.1:8080\",\"port\":8080,\"delta\":-1,"
            "\"size\":18446744073709551615,\"ratio\":0.5,\"ready\":true,\"kind\":\"api\"}\n");
}

TEST_F(LogTest, WritesText) {
  clock_.Advance(milliseconds(7));
  Log log(LogFormat::kText, LogLevel::kInfo, "pod-1", &out_, &clock_);
  log.Warn("disk is slow", {{"path", "a b"}, {"empty", ""}, {"seconds", 1.25}, {"name", "x"}});
  EXPECT_EQ(out_,
            "2023-11-14T22:30:00.007Z warn  disk is slow path=\"a b\" empty=\"\" seconds=1.25 "
            "name=x\n");
}

TEST_F(LogTest, FiltersByLevel) {
  Log log(LogFormat::kJson, LogLevel::kWarn, "p", &out_, &clock_);
  log.Debug("d");
  log.Info("i");
  log.Write(LogLevel::kInfo, "w", {});
  EXPECT_EQ(out_, "");
  log.Warn("w");
  log.Error("e");
  EXPECT_EQ(Lines(), 2U);
  EXPECT_FALSE(log.Enabled(LogLevel::kInfo));
  EXPECT_TRUE(log.Enabled(LogLevel::kError));
}

// Whatever a client sends as a key or a header: one line, and no member of ours.
TEST_F(LogTest, CannotBeForged) {
  const std::string evil = "x\"}\n{\"ts\":\"now\",\"level\":\"error\"\r\x1b[2J\xc2\x9b\x00y";
  for (const LogFormat format : {LogFormat::kJson, LogFormat::kText}) {
    out_.clear();
    Log log(format, LogLevel::kInfo, evil, &out_, &clock_);
    log.Info(evil, {{"key", evil}, {"msg", evil}, {evil, 1}});
    EXPECT_EQ(Lines(), 1U);
    EXPECT_THAT(out_, EndsWith("\n"));
    EXPECT_THAT(out_, Not(HasSubstr("\r")));
    EXPECT_THAT(out_, Not(HasSubstr("\x1b")));
    EXPECT_THAT(out_, Not(HasSubstr("\xc2\x9b")));
    EXPECT_THAT(out_, Not(HasSubstr("x\"}")));
  }
}

TEST_F(LogTest, KeepsItsOwnMembers) {
  Log log(LogFormat::kJson, LogLevel::kInfo, "p", &out_, &clock_);
  log.Info("m", {{"level", "fatal"}, {"ts", "never"}});
  EXPECT_THAT(out_, HasSubstr("\"level\":\"info\""));
  EXPECT_THAT(out_, HasSubstr("\"level_\":\"fatal\",\"ts_\":\"never\""));
}

TEST(LogString, EscapesWhatMovesOrHides) {
  EXPECT_EQ(Quoted("plain"), "\"plain\"");
  EXPECT_EQ(Quoted("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(Quoted("a\nb\tc\x7f"), R"("a\nb\u0009c\u007f")");
  EXPECT_EQ(Quoted(std::string_view("\0", 1)), R"("\u0000")");
  EXPECT_EQ(Quoted("gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80"),
            "\"gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80\"");
  EXPECT_EQ(Quoted("\xE2\x80\xA8"), R"("\u2028")");  // line separator
  EXPECT_EQ(Quoted("\xE2\x80\xAE"), R"("\u202e")");  // right-to-left override
  EXPECT_EQ(Quoted("\xC2\x85"), R"("\u0085")");      // next line
}

TEST(LogString, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(Quoted("a\xFFz"), R"("a\ufffdz")");
  EXPECT_EQ(Quoted("\xC0\x80"), R"("\ufffd\ufffd")");                      // overlong
  EXPECT_EQ(Quoted("\xED\xA0\x80"), R"("\ufffd\ufffd\ufffd")");            // surrogate
  EXPECT_EQ(Quoted("\xE2\x82"), R"("\ufffd\ufffd")");                      // cut short
  EXPECT_EQ(Quoted("\xF4\x90\x80\x80"), R"("\ufffd\ufffd\ufffd\ufffd")");  // beyond U+10FFFF
}

TEST(LogString, CutsLongTextsBetweenCharacters) {
  EXPECT_EQ(Quoted("abcdef", 4), "\"abcd\xE2\x80\xA6\"");
  EXPECT_EQ(Quoted("abc\xC3\xBCz", 4), "\"abc\xE2\x80\xA6\"");
  EXPECT_EQ(Quoted("abcd", 4), "\"abcd\"");
  EXPECT_EQ(Quoted(std::string(10, static_cast<char>(0x80)), 4), "\"\\ufffd\xE2\x80\xA6\"");
}

TEST(LogLine, WritesNumbersThatJsonLacksAsTexts) {
  const LogHeader header{std::chrono::system_clock::time_point{}, LogLevel::kError, "p", "m", 0};
  EXPECT_THAT(JsonLine(header,
                       {{"a", std::numeric_limits<double>::quiet_NaN()},
                        {"b", -std::numeric_limits<double>::infinity()}},
                       kStringMax),
              HasSubstr("\"a\":\"nan\",\"b\":\"-inf\""));
  EXPECT_THAT(JsonLine(header, {}, kStringMax), HasSubstr("\"ts\":\"1970-01-01T00:00:00.000Z\""));
}

TEST_F(LogTest, LimitsRepeatedWarnings) {
  LogLimits limits;
  limits.repeats_max = 2;
  limits.repeats_window = milliseconds(1000);
  Log log(LogFormat::kJson, LogLevel::kInfo, "p", &out_, &clock_, limits);
  for (int i = 0; i < 5; ++i) log.Warn("slow");
  log.Error("other");
  for (int i = 0; i < 5; ++i) log.Info("fine");
  EXPECT_EQ(Lines(), 2U + 1 + 5);
  EXPECT_EQ(log.suppressed_total(), 3U);
  clock_.Advance(milliseconds(999));
  log.Warn("slow");
  EXPECT_EQ(log.suppressed_total(), 4U);
  clock_.Advance(milliseconds(1));
  out_.clear();
  log.Warn("slow");
  EXPECT_THAT(out_, HasSubstr(",\"suppressed\":4}"));
  out_.clear();
  log.Warn("slow");
  EXPECT_THAT(out_, Not(HasSubstr("suppressed")));
}

TEST_F(LogTest, WatchesABoundedNumberOfMessages) {
  LogLimits limits;
  limits.repeats_max = 1;
  limits.messages_max = 1;
  Log log(LogFormat::kJson, LogLevel::kInfo, "p", &out_, &clock_, limits);
  for (int i = 0; i < 3; ++i) {
    log.Warn("watched");
    log.Warn("not watched");
  }
  EXPECT_EQ(Lines(), 1U + 3);
}

TEST_F(LogTest, KeepsLinesOfThreadsApart) {
  Log log(LogFormat::kJson, LogLevel::kInfo, "p", &out_, &clock_);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&log] {
      for (int i = 0; i < 200; ++i) log.Info("m", {{"i", i}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Lines(), 800U);
  std::size_t at = 0;
  while (at < out_.size()) {
    const std::size_t end = out_.find('\n', at);
    EXPECT_EQ(out_[at], '{');
    EXPECT_EQ(out_[end - 1], '}');
    at = end + 1;
  }
}

TEST(LogLevels, HaveNames) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn, LogLevel::kError}) {
    EXPECT_EQ(ParseLogLevel(LogLevelName(level)), level);
  }
  EXPECT_FALSE(ParseLogLevel("INFO"));
  EXPECT_FALSE(ParseLogLevel(""));
}

}  // namespace
}  // namespace coolkit::telemetry
