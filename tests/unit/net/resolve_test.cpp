#include "net/resolve.h"

#include <gtest/gtest.h>

#include <future>

#include "base/clock.h"

namespace coolkit::net {
namespace {

Result<std::vector<std::string>> Resolve(const std::string& name, milliseconds within) {
  const SystemClock clock;
  EventLoop loop(clock, "test");
  loop.Start();
  std::promise<Result<std::vector<std::string>>> answer;
  ResolveName(loop, name, clock.Now() + within, [&](Result<std::vector<std::string>> result) {
    answer.set_value(std::move(result));
  });
  auto result = answer.get_future().get();
  loop.Stop();
  return result;
}

// Numbers are names as well, and need no server.
TEST(ResolveTest, AnAddressIsItsOwnName) {
  EXPECT_EQ(Resolve("127.0.0.1", seconds(10)).value(), (std::vector<std::string>{"127.0.0.1"}));
  EXPECT_EQ(Resolve("::1", seconds(10)).value(), (std::vector<std::string>{"::1"}));
}

TEST(ResolveTest, TheDeadlineHolds) {
  const auto late = Resolve("127.0.0.1", milliseconds(-1));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout);
}

}  // namespace
}  // namespace coolkit::net
