#include "base/owned_bytes.h"

#include <gtest/gtest.h>

namespace coolkit {
namespace {

void CountRelease(const void* counter) { ++*const_cast<int*>(static_cast<const int*>(counter)); }

TEST(OwnedBytes, OfNothing) {
  const OwnedBytes bytes;
  EXPECT_EQ(bytes.view(), "");
  EXPECT_EQ(bytes.size(), 0u);
}

TEST(OwnedBytes, KeepsAStringWhereItIs) {
  for (const std::string& text : {std::string("short"), std::string(1000, 'x')}) {
    OwnedBytes bytes(text);
    const char* data = bytes.view().data();
    const OwnedBytes moved = std::move(bytes);
    EXPECT_EQ(moved.view(), text);
    EXPECT_EQ(moved.view().data(), data);
  }
}

TEST(OwnedBytes, StaticBytesAreNotCopied) {
  static constexpr std::string_view kText = "constant";
  EXPECT_EQ(OwnedBytes::Static(kText).view().data(), kText.data());
}

TEST(OwnedBytes, SharesAnOwner) {
  auto owner = std::make_shared<const std::string>("shared");
  const std::weak_ptr<const std::string> watch = owner;
  {
    const OwnedBytes bytes(std::string_view(*owner).substr(1, 3), owner);
    owner.reset();
    EXPECT_EQ(bytes.view(), "har");
    EXPECT_FALSE(watch.expired());
  }
  EXPECT_TRUE(watch.expired());
}

TEST(OwnedBytes, ReleasesOnceWhereverItMoved) {
  int released = 0;
  {
    OwnedBytes first("text", &released, &CountRelease);
    OwnedBytes second = std::move(first);
    OwnedBytes third;
    third = std::move(second);
    EXPECT_EQ(third.view(), "text");
    EXPECT_EQ(second.view(), "");  // NOLINT(bugprone-use-after-move): it is empty, and says so
    EXPECT_EQ(released, 0);
  }
  EXPECT_EQ(released, 1);
}

TEST(OwnedBytes, AssignmentReleasesWhatWasThere) {
  int first_released = 0;
  int second_released = 0;
  OwnedBytes bytes("one", &first_released, &CountRelease);
  bytes = OwnedBytes("two", &second_released, &CountRelease);
  EXPECT_EQ(first_released, 1);
  EXPECT_EQ(second_released, 0);
  EXPECT_EQ(bytes.view(), "two");
  bytes = OwnedBytes();
  EXPECT_EQ(second_released, 1);
}

}  // namespace
}  // namespace coolkit
