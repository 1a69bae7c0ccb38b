#include "ring/view.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace coolkit::ring {
namespace {

View MakeView(std::uint64_t seed, int members) {
  SeededRandom random(seed);
  View view;
  view.set_epoch(static_cast<Epoch>(random.Below(1'000'000)));
  for (int i = 0; i < members; ++i) {
    Member member;
    for (std::uint8_t& byte : member.id.bytes) byte = static_cast<std::uint8_t>(random.Next());
    member.name = "pod-" + std::to_string(i);
    member.address = "127.0.0.1:" + std::to_string(8080 + i);
    member.born_us = static_cast<std::int64_t>(random.Next() >> 2);
    member.state = static_cast<MemberState>(random.Below(3));
    view.AddMember(std::move(member));
  }
  for (std::uint32_t slot = 0; slot < model::kSlotCount; ++slot) {
    const auto pick = [&] {
      const auto n =
          static_cast<std::uint16_t>(random.Below(static_cast<std::uint64_t>(members) + 1));
      return n == members ? kNoMember : n;
    };
    const std::uint16_t owner = pick();
    view.SetOwner(slot, owner, pick());
  }
  return view;
}

TEST(ViewTest, ComesBackAsItWas) {
  for (int members = 1; members <= 64; members *= 2) {
    const View view = MakeView(static_cast<std::uint64_t>(members), members);
    const Result<View> back = DecodeView(EncodeView(view));
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, view);
  }
  const Result<View> empty = DecodeView(EncodeView(View()));
  ASSERT_TRUE(empty);
  EXPECT_EQ(*empty, View());
}

TEST(ViewTest, LongRunsAreShort) {
  View view;
  Member member;
  member.name = "a";
  member.address = "a:1";
  view.AddMember(member);
  for (std::uint32_t slot = 0; slot < model::kSlotCount; ++slot) view.SetOwner(slot, 0, kNoMember);
  EXPECT_LT(EncodeView(view).size(), 64u);
}

TEST(ViewTest, EveryPrefixAndEveryLongerTextIsRefused) {
  View view = MakeView(7, 2);
  for (std::uint32_t slot = 100; slot < model::kSlotCount; ++slot) view.SetOwner(slot, 0, 1);
  const std::string bytes = EncodeView(view);
  for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(DecodeView(bytes.substr(0, n)));
  EXPECT_FALSE(DecodeView(bytes + "x"));
}

TEST(ViewTest, WhatNobodyWritesIsRefused) {
  const View view = MakeView(7, 2);
  const std::string bytes = EncodeView(view);
  std::size_t accepted = 0;
  for (std::size_t n = 0; n < 200; ++n) {
    for (const int flip : {1, 0x80, 0xFF}) {
      std::string changed = bytes;
      changed[n] = static_cast<char>(changed[n] ^ flip);
      if (const Result<View> back = DecodeView(changed)) {
        ++accepted;
        EXPECT_TRUE(EncodeView(*back) == changed) << "byte " << n;
      }
    }
  }
  EXPECT_GT(accepted, 0u) << "another epoch is fine, for one";
}

}  // namespace
}  // namespace coolkit::ring
