#include "model/version.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "model/proof.h"

namespace coolkit::model {
namespace {

static_assert(!std::is_convertible_v<Version, Position>);
static_assert(!std::is_convertible_v<std::int64_t, Version>);

TEST(Version, Orders) {
  EXPECT_LT(Version{1}, Version{2});
  EXPECT_EQ(Version{}, Version{0});
}

TEST(Position, NothingIsBelowNoPosition) {
  EXPECT_LT(kNoPosition, Position{0});
  EXPECT_LE(kNoPosition, Position{std::numeric_limits<std::int64_t>::min()});
}

TEST(Proof, ProvesNothingAtFirst) {
  const Proof proof;
  EXPECT_EQ(proof.as_of, kNoPosition);
  EXPECT_EQ(proof.seen, kNoPosition);
  EXPECT_EQ(Since(proof.fresh.at, BootTime{}), nanoseconds::max());
}

}  // namespace
}  // namespace coolkit::model
