#include "telemetry/trace_context.h"

#include <gtest/gtest.h>

namespace coolkit::telemetry {
namespace {

constexpr std::string_view kTraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr std::string_view kGood = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(ParseTraceparent, ReadsVersionZero) {
  const auto context = ParseTraceparent(kGood);
  ASSERT_TRUE(context);
  EXPECT_EQ(context->TraceIdHex(), kTraceId);
  EXPECT_EQ(context->flags, 1);
  EXPECT_EQ(context->Header(), kGood);
}

TEST(ParseTraceparent, KeepsOnlyTheSampledFlag) {
  std::string header(kGood);
  header.replace(53, 2, "fe");
  ASSERT_TRUE(ParseTraceparent(header));
  EXPECT_EQ(ParseTraceparent(header)->flags, 0);
}

TEST(ParseTraceparent, ReadsHigherVersionsByTheirFirstFields) {
  std::string header(kGood);
  header.replace(0, 2, "cc");
  EXPECT_TRUE(ParseTraceparent(header));
  EXPECT_TRUE(ParseTraceparent(header + "-what-the-future-will-be-like"));
  EXPECT_FALSE(ParseTraceparent(header + ".what-the-future-will-be-like"));
  EXPECT_TRUE(ParseTraceparent(header + "-"));
  EXPECT_EQ(ParseTraceparent(header)->Header(), kGood);  // passed on as version 00
}

TEST(ParseTraceparent, RefusesWhatTheStandardRefuses) {
  const std::string good(kGood);
  EXPECT_FALSE(ParseTraceparent(""));
  EXPECT_FALSE(ParseTraceparent(good.substr(0, 54)));
  EXPECT_FALSE(ParseTraceparent(good + "-"));  // version 00 has no more fields
  EXPECT_FALSE(ParseTraceparent(good + "-00"));
  EXPECT_FALSE(ParseTraceparent(" " + good));
  const auto with = [&](std::size_t at, std::string_view text) {
    std::string header = good;
    header.replace(at, text.size(), text);
    return ParseTraceparent(header).has_value();
  };
  EXPECT_TRUE(with(0, "00"));
  EXPECT_FALSE(with(0, "ff"));
  EXPECT_FALSE(with(0, "0x"));
  EXPECT_FALSE(with(3, "4BF9"));
  EXPECT_FALSE(with(3, "4bfg"));
  EXPECT_FALSE(with(53, "0A"));
  for (const std::size_t dash : {2U, 35U, 52U}) EXPECT_FALSE(with(dash, "_"));
  EXPECT_FALSE(with(3, std::string(32, '0')));
  EXPECT_FALSE(with(36, std::string(16, '0')));
}

// Gives zeros first, as a broken or unlucky generator would.
class ZerosFirst final : public Random {
 public:
  explicit ZerosFirst(int zeros) : zeros_(zeros) {}
  std::uint64_t Next() override { return zeros_-- > 0 ? 0 : 0x0123456789abcdefULL; }

 private:
  int zeros_;
};

TEST(NewTrace, IsValidAndUnsampled) {
  ZerosFirst random(2);
  const TraceContext trace = NewTrace(random);
  EXPECT_EQ(trace.flags, 0);
  EXPECT_TRUE(ParseTraceparent(trace.Header()));
  SeededRandom seeded(1);
  EXPECT_NE(NewTrace(seeded).trace_id, NewTrace(seeded).trace_id);
}

TEST(ChildOf, KeepsTheTraceAndChangesTheParent) {
  SeededRandom random(3);
  const TraceContext parent = *ParseTraceparent(kGood);
  const TraceContext child = ChildOf(parent, random);
  EXPECT_EQ(child.trace_id, parent.trace_id);
  EXPECT_EQ(child.flags, parent.flags);
  EXPECT_NE(child.parent_id, parent.parent_id);
  EXPECT_TRUE(ParseTraceparent(child.Header()));
}

}  // namespace
}  // namespace coolkit::telemetry
