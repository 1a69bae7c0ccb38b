#include "http/input_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace coolkit::http {
namespace {

constexpr std::size_t kAny = 1u << 30;

void Put(InputBuffer& buffer, std::string_view bytes) {
  while (!bytes.empty()) {
    ASSERT_TRUE(buffer.MakeSpace(kAny));
    const std::size_t n = std::min(bytes.size(), buffer.space().size());
    std::copy_n(bytes.data(), n, buffer.space().data());
    buffer.Commit(n);
    bytes.remove_prefix(n);
  }
}

TEST(InputBufferTest, KeepsBytesWhileItGrowsAndShrinks) {
  ByteBudget budget(1u << 20);
  InputBuffer buffer(budget);
  EXPECT_EQ(buffer.capacity(), 0u);
  std::string expected;
  for (int i = 0; i < 5000; ++i) expected += std::to_string(i);
  Put(buffer, expected);
  EXPECT_EQ(buffer.unread(), expected);
  EXPECT_GT(budget.used(), 0u);
  buffer.Consume(expected.size() - 100);
  EXPECT_EQ(buffer.unread(), expected.substr(expected.size() - 100));
  buffer.Trim();
  EXPECT_EQ(buffer.capacity(), InputBuffer::kIdleBytes);
  EXPECT_EQ(budget.used(), 0u);
  EXPECT_EQ(buffer.unread(), expected.substr(expected.size() - 100));
  buffer.Consume(100);
  EXPECT_TRUE(buffer.empty());
}

TEST(InputBufferTest, GrowsWithWhatArrivedNotWithWhatIsWanted) {
  ByteBudget budget(1u << 20);
  InputBuffer buffer(budget);
  ASSERT_TRUE(buffer.MakeSpace(1u << 20));
  EXPECT_EQ(buffer.capacity(), InputBuffer::kIdleBytes);
  Put(buffer, std::string(10'000, 'a'));
  EXPECT_LE(buffer.capacity(), 32'768u);
}

TEST(InputBufferTest, IsNoLargerThanWanted) {
  ByteBudget budget(1u << 20);
  InputBuffer buffer(budget);
  Put(buffer, std::string(20'000, 'a'));
  while (buffer.capacity() < 40'000) {
    ASSERT_TRUE(buffer.MakeSpace(40'000));
    buffer.Commit(buffer.space().size());
  }
  EXPECT_EQ(buffer.capacity(), 40'000u);
  EXPECT_EQ(budget.used(), 40'000u);
}

TEST(InputBufferTest, StopsAtTheBudgetAndGivesItBack) {
  ByteBudget budget(40'000);
  {
    InputBuffer buffer(budget);
    std::size_t filled = 0;
    while (buffer.MakeSpace(kAny)) {
      filled += buffer.space().size();
      buffer.Commit(buffer.space().size());
    }
    EXPECT_EQ(filled, 32'768u);
    EXPECT_EQ(buffer.size(), filled);
    InputBuffer other(budget);
    EXPECT_TRUE(other.MakeSpace(kAny));
  }
  EXPECT_EQ(budget.used(), 0u);
  EXPECT_EQ(budget.left(), 40'000u);
}

TEST(InputBufferTest, MovesInsteadOfGrowingWhenTheFrontIsFree) {
  ByteBudget budget(1u << 20);
  InputBuffer buffer(budget);
  Put(buffer, std::string(20'000, 'a') + "tail");
  const std::size_t capacity = buffer.capacity();
  ASSERT_TRUE(buffer.MakeSpace(kAny));
  buffer.Commit(buffer.space().size());
  buffer.Consume(20'000);
  ASSERT_TRUE(buffer.MakeSpace(kAny));
  EXPECT_EQ(buffer.capacity(), capacity);
  EXPECT_EQ(buffer.unread().substr(0, 4), "tail");
}

TEST(InputBufferTest, SmallBlocksGrowWhenReadsFillThem) {
  ByteBudget budget(1u << 20);
  InputBuffer buffer(budget);
  ASSERT_TRUE(buffer.MakeSpace(kAny));
  buffer.Commit(buffer.space().size());
  buffer.Consume(buffer.size());
  ASSERT_TRUE(buffer.MakeSpace(kAny));
  EXPECT_EQ(buffer.capacity(), 2 * InputBuffer::kIdleBytes);
}

TEST(ByteBudgetTest, NeverExceedsItsMaximum) {
  ByteBudget budget(10);
  EXPECT_TRUE(budget.TryCharge(10));
  EXPECT_FALSE(budget.TryCharge(1));
  EXPECT_TRUE(budget.TryCharge(0));
  budget.Release(4);
  EXPECT_FALSE(budget.TryCharge(~std::size_t{0}));
  EXPECT_TRUE(budget.TryCharge(4));
}

}  // namespace
}  // namespace coolkit::http
