#include "base/hash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace coolkit {
namespace {

// Slots of every release hang on these values: XXH3 of 64 bits, seed 0 and another.
TEST(Hash64, IsXxh3) {
  EXPECT_EQ(Hash64(""), 0x2D06800538D394C2ULL);
  EXPECT_EQ(Hash64("a"), 0xE6C632B61E964E1FULL);
  EXPECT_EQ(Hash64("abc"), 0x78AF5F94892F3950ULL);
}

TEST(Hash64, DependsOnEveryByteTheLengthAndTheSeed) {
  std::set<std::uint64_t> seen;
  std::string text(300, 'a');
  EXPECT_TRUE(seen.insert(Hash64(text)).second);
  EXPECT_TRUE(seen.insert(Hash64(text, 1)).second);
  for (char& c : text) {
    c = 'b';
    EXPECT_TRUE(seen.insert(Hash64(text)).second);
    c = 'a';
  }
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_TRUE(seen.insert(Hash64(std::string_view(text).substr(0, size))).second);
  }
}

TEST(Hash64, ReadsOnlyTheBytes) {
  const std::string text = "xabcx";
  EXPECT_EQ(Hash64(std::string_view(text).substr(1, 3)), Hash64("abc"));
}

}  // namespace
}  // namespace coolkit
