#include "cache/ghost.h"

#include <gtest/gtest.h>

#include "base/hash.h"

namespace coolkit::cache {
namespace {

std::uint32_t Print(std::uint32_t n) {
  return static_cast<std::uint32_t>(Hash64({reinterpret_cast<const char*>(&n), sizeof(n)}) >> 32);
}

TEST(Ghost, WithoutCapacityRemembersNothing) {
  Ghost ghost;
  ghost.Insert(5);
  EXPECT_FALSE(ghost.Remove(5));
  EXPECT_EQ(ghost.bytes(), 0u);
}

TEST(Ghost, RemembersOnceEvenZero) {
  Ghost ghost;
  ghost.Resize(100);
  for (const std::uint32_t fingerprint : {0u, 7u, 0xffffffffu}) {
    ghost.Insert(fingerprint);
    EXPECT_TRUE(ghost.Remove(fingerprint)) << fingerprint;
    EXPECT_FALSE(ghost.Remove(fingerprint)) << fingerprint;
  }
}

TEST(Ghost, ForgetsTheOldestAtAboutItsCapacity) {
  Ghost ghost;
  ghost.Resize(10'000);
  EXPECT_GE(ghost.capacity(), 10'000u);
  EXPECT_LE(ghost.bytes(), 10'000 * 4u + 200);
  for (std::uint32_t n = 0; n < 40'000; ++n) ghost.Insert(Print(n));
  int young = 0;
  int old = 0;
  for (std::uint32_t n = 35'000; n < 40'000; ++n) young += ghost.Remove(Print(n)) ? 1 : 0;
  for (std::uint32_t n = 0; n < 15'000; ++n) old += ghost.Remove(Print(n)) ? 1 : 0;
  EXPECT_GT(young, 4'900);  // the youngest half of the capacity is there
  EXPECT_LT(old, 10);       // what is two and a half capacities back is not
}

TEST(Ghost, ResizeKeepsTheYoungest) {
  Ghost ghost;
  ghost.Resize(10'000);
  for (std::uint32_t n = 0; n < 10'000; ++n) ghost.Insert(Print(n));
  ghost.Resize(2'000);
  int kept = 0;
  for (std::uint32_t n = 9'200; n < 10'000; ++n) kept += ghost.Remove(Print(n)) ? 1 : 0;
  EXPECT_GT(kept, 700);
  ghost.Resize(20'000);
  ghost.Insert(1);
  EXPECT_TRUE(ghost.Remove(1));
  ghost.Resize(0);
  EXPECT_EQ(ghost.bytes(), 0u);
}

}  // namespace
}  // namespace coolkit::cache
