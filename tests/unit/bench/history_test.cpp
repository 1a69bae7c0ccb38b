#include "bench/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <tuple>

#include "base/random.h"
#include "bench/history_json.h"
#include "bench/history_reader.h"
#include "bench/history_writer.h"
#include "unit/bench/model_history.h"

namespace coolkit::bench {
namespace {

using testing::HasSubstr;

class TextSink final : public HistorySink {
 public:
  Result<void> Write(std::string_view bytes) override {
    if (text.size() + bytes.size() > room) return Fail(ErrorCode::kInternal, "disk full");
    text += bytes;
    return {};
  }
  std::string text;
  std::size_t room = std::numeric_limits<std::size_t>::max();
};

// All operations of a history in one order, with the names of their keys.
std::vector<std::string> Lines(const History& history) {
  std::vector<std::string> lines;
  for (std::uint32_t shard = 0; shard < History::kShards; ++shard) {
    for (const Operation& operation : history.Shard(shard)) {
      std::string& line = lines.emplace_back();
      AppendJsonLine(history, operation, line);
    }
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

// Writes operations over some streams, as threads of one client would.
std::string Write(const std::vector<Operation>& operations, std::uint32_t streams) {
  TextSink sink;
  HistoryFile file(sink);
  std::vector<HistoryStream> open;
  std::vector<std::map<std::uint32_t, std::uint32_t>> keys(streams);
  for (std::uint32_t i = 0; i < streams; ++i) {
    open.emplace_back(file);
    EXPECT_EQ(open.back().DefineIncarnation(kTestIncarnation), 1);
  }
  std::size_t next = 0;
  for (Operation operation : operations) {
    const std::size_t i = next++ % streams;
    const auto [at, fresh] = keys[i].try_emplace(operation.key, 0);
    if (fresh) at->second = open[i].DefineKey("c/k" + std::to_string(operation.key));
    operation.key = at->second;
    open[i].Add(operation);
    if (next % 97 == 0) open[i].Flush();
  }
  for (HistoryStream& stream : open) stream.Flush();
  EXPECT_TRUE(file.Finish());
  EXPECT_EQ(file.operations(), operations.size());
  return sink.text;
}

std::vector<Operation> SomeOperations() {
  ModelOptions options;
  options.operations = 1000;
  options.keys = 50;
  options.absence_versions = true;
  return ModelHistory(options, 1).operations();
}

TEST(HistoryTest, BinaryGivesBackWhatWasWritten) {
  const std::vector<Operation> operations = SomeOperations();
  const std::vector<std::string> expected = Lines(MakeHistory(operations));
  for (const std::uint32_t streams : {1U, 3U}) {
    const std::string bytes = Write(operations, streams);
    EXPECT_LT(bytes.size(), operations.size() * 45);
    for (const unsigned workers : {1U, 4U}) {
      History history;
      const auto summary = ReadBinaryHistory(bytes, SerialWorkers(workers), history);
      ASSERT_TRUE(summary) << summary.error().detail;
      EXPECT_EQ(summary->operations, operations.size());
      EXPECT_FALSE(summary->cut_off);
      EXPECT_EQ(history.size(), operations.size());
      EXPECT_EQ(Lines(history), expected);
    }
  }
}

TEST(HistoryTest, ExtremeNumbers) {
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  Operation first;
  first.start_ns = kMin;
  first.end_ns = -1;
  first.version = kMax;
  first.digest = std::numeric_limits<std::uint64_t>::max();
  first.client = kClientMask;
  first.limit_ms = std::numeric_limits<std::uint32_t>::max();
  first.marks = kAllMarks;
  first.given_incarnation = first.received_incarnation = 1;
  first.given_position = kMax;
  Operation second;
  second.start_ns = second.end_ns = kMax;
  second.version = 1;
  second.kind = Kind::kPatch;
  second.outcome = Outcome::kRefused;
  const std::vector<Operation> operations{first, second};
  History history;
  ASSERT_TRUE(ReadBinaryHistory(Write(operations, 1), SerialWorkers(), history));
  EXPECT_EQ(history.Shard(0), operations);
}

TEST(HistoryTest, SourcesNumberTheirClientsApart) {
  History history;
  const std::string bytes = Write(SomeOperations(), 1);
  ASSERT_TRUE(ReadBinaryHistory(bytes, SerialWorkers(), history));
  ASSERT_TRUE(ReadBinaryHistory(bytes, SerialWorkers(), history));
  EXPECT_EQ(history.sources(), 2U);
  EXPECT_EQ(history.keys().size(), 50U);
  std::map<std::uint32_t, int> sources;
  for (const Operation& operation : history.Shard(0)) ++sources[operation.client >> kClientBits];
  EXPECT_EQ(sources.size(), 2U);
  EXPECT_EQ(sources[0], sources[1]);
}

TEST(HistoryTest, WhatIsCutOffGivesWhatIsWhole) {
  const std::vector<Operation> operations = SomeOperations();
  const std::string bytes = Write(operations, 1);
  std::uint64_t before = 0;
  for (std::size_t size = kHistoryMagic.size(); size < bytes.size(); size += 101) {
    History history;
    const auto summary =
        ReadBinaryHistory(std::string_view(bytes).substr(0, size), SerialWorkers(), history);
    ASSERT_TRUE(summary) << size;
    EXPECT_TRUE(summary->cut_off);
    EXPECT_GE(summary->operations, before);
    EXPECT_EQ(history.size(), summary->operations);
    before = summary->operations;
  }
  EXPECT_GT(before, 900U);
}

TEST(HistoryTest, EveryFlippedByteIsNoticed) {
  const std::string bytes = Write(SomeOperations(), 2);
  for (std::size_t at = 0; at < bytes.size(); at += 7) {
    std::string wrong = bytes;
    wrong[at] = static_cast<char>(wrong[at] ^ 0x10);
    History history;
    const auto summary = ReadBinaryHistory(wrong, SerialWorkers(), history);
    EXPECT_TRUE(!summary || summary->cut_off) << at;
  }
}

TEST(HistoryTest, BytesBehindTheEnd) {
  History history;
  const auto summary =
      ReadBinaryHistory(Write(SomeOperations(), 1) + "x", SerialWorkers(), history);
  ASSERT_FALSE(summary);
  EXPECT_THAT(summary.error().detail, HasSubstr("bytes follow the end"));
}

TEST(HistoryTest, AFullDiskIsTold) {
  TextSink sink;
  sink.room = 100;
  HistoryFile file(sink);
  HistoryStream stream(file);
  Operation operation;
  operation.key = stream.DefineKey("c/k");
  for (int i = 0; i < 100; ++i) stream.Add(operation);
  stream.Flush();
  const auto finished = file.Finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().detail, "disk full");
}

TEST(HistoryTest, JsonGivesBackWhatWasWritten) {
  const History history = MakeHistory(SomeOperations());
  const std::vector<std::string> lines = Lines(history);
  std::string text = "\n \n";
  for (const std::string& line : lines) text += line;
  text.pop_back();
  History again;
  const auto count = ReadJsonHistory(text, again);
  ASSERT_TRUE(count) << count.error().detail;
  EXPECT_EQ(*count, lines.size());
  EXPECT_EQ(Lines(again), lines);
}

TEST(HistoryTest, JsonTakesValues) {
  constexpr std::string_view kBase =
      R"({"kind":"put","key":"c/k","start_ns":1,"end_ns":2,"outcome":"ok",)";
  History history;
  const auto count = ReadJsonHistory(std::string(kBase) + "\"text\":\"hello\"}\n" +
                                         std::string(kBase) + "\"base64\":\"aGVsbG8=\"}",
                                     history);
  ASSERT_TRUE(count) << count.error().detail;
  for (const Operation& operation : history.Shard(0)) {
    EXPECT_EQ(operation.digest, DigestOf("hello"));
  }
}

TEST(HistoryTest, JsonThatIsWrong) {
  const auto refused = [](const std::string& line) {
    History history;
    const auto count = ReadJsonHistory("\n" + line, history);
    return count ? std::string("(accepted)") : count.error().detail;
  };
  const std::string good = R"({"kind":"get","key":"c/k","start_ns":1,"end_ns":2,"outcome":"ok")";
  EXPECT_EQ(refused(good + "}"), "(accepted)");
  EXPECT_THAT(refused("[]"), HasSubstr("line 2: it is no JSON object"));
  EXPECT_THAT(refused("{"), HasSubstr("line 2: "));
  EXPECT_THAT(refused("{}"), HasSubstr("is missing"));
  for (const std::string wrong :
       {R"("version":"-1")", R"("version":1)", R"("version":"9223372036854775808")",
        R"("digest":"12")", R"("digest":"0000000000000000")", R"("digest":"000000000000000g")",
        R"("client":16777216)", R"("client":-1)", R"("kind":"list")", R"("outcome":"maybe")",
        R"("key":"")", R"("start_ns":1.5)", R"("start_ns":"1")", R"("end_ns":1e3)",
        R"("given":"7:1")", R"("ttl_ms":0)", R"("strong":1)", R"("color":"red")",
        R"("base64":"?")"}) {
    EXPECT_THAT(refused(good + "," + wrong + "}"), HasSubstr("is unknown or wrong")) << wrong;
  }
  EXPECT_THAT(refused(good + R"(,"end_ns":0})"), HasSubstr("ends before it starts"));
}

}  // namespace
}  // namespace coolkit::bench
