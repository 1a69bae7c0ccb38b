#include "bench/trace_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/text.h"

namespace coolkit::bench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// `printf '1 3 . .\n9 1 . .\n' | zstd | xxd -p`
constexpr std::string_view kZstd = "28b52ffd0458810000312033202e202e0a392031202e202e0a125a5881";

TEST(TraceFileTest, KeysAreNumberedByAppearance) {
  const auto trace =
      ParseTrace(std::string("\0\0\1\2\0\0\0\7\0\0\1\2", 12), TraceFormat::kBigEndian32);
  ASSERT_TRUE(trace);
  EXPECT_THAT(trace->requests, ElementsAre(0, 1, 0));
  EXPECT_EQ(trace->keys, 2U);
  const auto wide =
      ParseTrace(std::string("\0\0\0\0\0\0\0\7\1\0\0\0\0\0\0\7", 16), TraceFormat::kBigEndian64);
  ASSERT_TRUE(wide);
  EXPECT_THAT(wide->requests, ElementsAre(0, 1));
}

TEST(TraceFileTest, LinesAreRanges) {
  const auto trace = ParseTrace("10 3 0 1\n\n 11 1\n9 0\r\n", TraceFormat::kArcLines);
  ASSERT_TRUE(trace) << trace.error().detail;
  EXPECT_THAT(trace->requests, ElementsAre(0, 1, 2, 1));
}

TEST(TraceFileTest, WhatIsWrongIsTold) {
  const auto detail = [](std::string_view bytes, TraceFormat format) {
    const auto trace = ParseTrace(bytes, format);
    return trace ? std::string("(accepted)") : trace.error().detail;
  };
  EXPECT_EQ(detail("", TraceFormat::kBigEndian32), "the trace is empty");
  EXPECT_EQ(detail("12345", TraceFormat::kBigEndian32), "the trace's size is no multiple of 4");
  EXPECT_THAT(detail("1 2\nx", TraceFormat::kArcLines), HasSubstr("line 2"));
  EXPECT_THAT(detail("1\n", TraceFormat::kArcLines), HasSubstr("line 1"));
  EXPECT_EQ(detail("1 999999999999", TraceFormat::kArcLines), "the trace has too many requests");
}

TEST(TraceFileTest, PlainBytesStayAsTheyAre) {
  EXPECT_EQ(UnpackTrace("plain").value(), "plain");
  EXPECT_THAT(UnpackTrace("\x1f\x8bxx").error().detail, HasSubstr("gzip"));
  for (const std::string& bytes : {std::string("\xfd"
                                               "7zXZ\0",
                                               6),
                                   std::string("\x28\xb5\x2f\xfd")}) {
    EXPECT_FALSE(UnpackTrace(bytes));
    EXPECT_FALSE(UnpackTrace(bytes + "nonsense"));
  }
}

TEST(TraceFileTest, XzIsUnpacked) {
  std::filesystem::path root = std::filesystem::current_path();
  while (root.has_relative_path() && !std::filesystem::exists(root / "tests/data")) {
    root = root.parent_path();
  }
  std::ifstream file(root / "tests/data/web12.trace.xz", std::ios::binary);
  const std::string packed{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = UnpackTrace(packed);
  ASSERT_TRUE(bytes) << bytes.error().detail;
  const auto trace = ParseTrace(*bytes, TraceFormat::kBigEndian32);
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->requests.size(), 95'607U);
  EXPECT_EQ(trace->keys, 13'756U);
  EXPECT_FALSE(UnpackTrace(packed.substr(0, packed.size() / 2)));
}

TEST(TraceFileTest, ZstdIsUnpacked) {
  const std::string packed = HexDecode(kZstd).value();
  EXPECT_EQ(UnpackTrace(packed).value(), "1 3 . .\n9 1 . .\n");
  EXPECT_EQ(UnpackTrace(packed + packed).value().size(), 32U);
  EXPECT_FALSE(UnpackTrace(packed.substr(0, packed.size() - 1)));
}

}  // namespace
}  // namespace coolkit::bench
