#include "base/function.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace coolkit {
namespace {

TEST(Function, OwnsWhatOnlyMoves) {
  auto owned = std::make_unique<int>(7);
  Function<int()> first = [owned = std::move(owned)] { return *owned; };
  Function<int()> second = std::move(first);
  EXPECT_EQ(second(), 7);
}

TEST(Completion, TakesItsResult) {
  std::string got;
  Completion<std::unique_ptr<std::string>> done = [&got](std::unique_ptr<std::string> text) {
    got = *text;
  };
  done(std::make_unique<std::string>("done"));
  EXPECT_EQ(got, "done");
}

}  // namespace
}  // namespace coolkit
