#include "http/head_scanner.h"

#include <gtest/gtest.h>

#include <string>

namespace coolkit::http {
namespace {

using Outcome = HeadScanner::Outcome;

HeadScanner::Limits Roomy() { return {1000, 500, 10}; }

// The outcome when the bytes come one by one, and how many were needed.
std::pair<Outcome, std::size_t> ScanByteByByte(HeadScanner& scanner, const std::string& bytes) {
  for (std::size_t n = 0; n <= bytes.size(); ++n) {
    const Outcome outcome = scanner.Scan(std::string_view(bytes).substr(0, n));
    if (outcome != Outcome::kNeedMore) return {outcome, n};
  }
  return {Outcome::kNeedMore, bytes.size()};
}

TEST(HeadScannerTest, FindsControlsAtEveryOffset) {
  for (std::size_t size = 1; size < 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (const char control : {'\0', '\x1f', '\x7f', '\r', '\t'}) {
        std::string text(size, '\xff');
        for (std::size_t i = 0; i < size; ++i) {
          text[i] = i % 3 == 0 ? ' ' : (i % 3 == 1 ? '~' : '\x80');
        }
        text[at] = control;
        EXPECT_EQ(FindControl(text, 0), at);
        EXPECT_EQ(FindControl(text, at + 1), size);
      }
    }
  }
}

TEST(HeadScannerTest, FindsTheEndAsSoonAsItIsThere) {
  const std::string head = "GET / HTTP/1.1\r\nA: b\r\n\r\n";
  HeadScanner whole(Roomy(), nullptr, true);
  EXPECT_EQ(whole.Scan(head + "more\n"), Outcome::kComplete);
  EXPECT_EQ(whole.size(), head.size());
  EXPECT_EQ(whole.start(), 0u);
  HeadScanner slow(Roomy(), nullptr, true);
  EXPECT_EQ(ScanByteByByte(slow, head), std::pair(Outcome::kComplete, head.size()));
  slow.Reset();
  EXPECT_EQ(slow.Scan("\r\n" + head), Outcome::kComplete);
  EXPECT_EQ(slow.start(), 2u);
  EXPECT_EQ(slow.size(), head.size() + 2);
}

TEST(HeadScannerTest, RefusesAtTheFirstBadByte) {
  HeadScanner scanner(Roomy(), nullptr, true);
  EXPECT_EQ(ScanByteByByte(scanner, "GET /\n"), std::pair(Outcome::kRefused, std::size_t{6}));
  scanner.Reset();
  EXPECT_EQ(ScanByteByByte(scanner, "GET /\rx"), std::pair(Outcome::kRefused, std::size_t{7}));
  HeadScanner strict(Roomy(), nullptr, false);
  EXPECT_EQ(strict.Scan("\r\n"), Outcome::kRefused);
}

TEST(HeadScannerTest, LimitsTheFirstLine) {
  const auto outcome = [](std::size_t length) {
    HeadScanner scanner(Roomy(), nullptr, true);
    return scanner.Scan(std::string(length, 'a') + "\r\nA: b\r\n\r\n");
  };
  EXPECT_EQ(outcome(500), Outcome::kComplete);
  EXPECT_EQ(outcome(501), Outcome::kRefused);
  HeadScanner scanner(Roomy(), nullptr, true);
  EXPECT_EQ(ScanByteByByte(scanner, std::string(2000, 'a')),
            std::pair(Outcome::kRefused, std::size_t{501}));
  EXPECT_EQ(scanner.refusal().status, 414);
}

TEST(HeadScannerTest, LimitsTheWholeHead) {
  const auto outcome = [](std::size_t total) {
    HeadScanner scanner(Roomy(), nullptr, true);
    std::string head = "GET / HTTP/1.1\r\nA: ";
    head += std::string(total - head.size() - 4, 'b') + "\r\n\r\n";
    const Outcome whole = scanner.Scan(head);
    scanner.Reset();
    EXPECT_EQ(ScanByteByByte(scanner, head).first, whole);
    if (whole == Outcome::kRefused) {
      EXPECT_EQ(scanner.refusal().status, 431);
    }
    return whole;
  };
  EXPECT_EQ(outcome(1000), Outcome::kComplete);
  EXPECT_EQ(outcome(1001), Outcome::kRefused);
  EXPECT_EQ(outcome(1002), Outcome::kRefused);
  EXPECT_EQ(outcome(5000), Outcome::kRefused);
}

TEST(HeadScannerTest, LimitsTheNumberOfFields) {
  const auto outcome = [](int fields) {
    HeadScanner scanner(Roomy(), nullptr, true);
    std::string head = "GET / HTTP/1.1\r\n";
    for (int i = 0; i < fields; ++i) head += "A: b\r\n";
    return scanner.Scan(head + "\r\n");
  };
  EXPECT_EQ(outcome(10), Outcome::kComplete);
  EXPECT_EQ(outcome(11), Outcome::kRefused);
}

TEST(HeadScannerTest, JudgesTheFirstLineBeforeTheRestHasCome) {
  const auto check = [](std::string_view line) -> std::optional<Refusal> {
    if (line == "good") return std::nullopt;
    return Refusal{505, ErrorCode::kHttpVersionUnsupported, "bad", nullptr};
  };
  HeadScanner scanner(Roomy(), check, true);
  EXPECT_EQ(scanner.Scan("good\r\n"), Outcome::kNeedMore);
  scanner.Reset();
  EXPECT_EQ(scanner.Scan("\r\nbad\r\n"), Outcome::kRefused);
  EXPECT_EQ(scanner.refusal().status, 505);
}

}  // namespace
}  // namespace coolkit::http
