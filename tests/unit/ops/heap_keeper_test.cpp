#include "ops/heap_keeper.h"

#include <gtest/gtest.h>

#include "support/manual_loop.h"

namespace coolkit::ops {
namespace {

constexpr std::uint64_t kMiB = 1u << 20;

class HeapKeeperTest : public ::testing::Test {
 protected:
  HeapKeeper::Parts Parts() {
    return {[this] { return resident_; }, [this] { return counted_; },
            [this] {
              ++trims_;
              resident_ -= idle_;
              idle_ = 0;
            }};
  }

  std::uint64_t counted_ = 1'000 * kMiB;
  std::uint64_t resident_ = 1'100 * kMiB;
  std::uint64_t idle_ = 0;  // of resident_, what comes back
  int trims_ = 0;
  support::ManualClock clock_;
  support::ManualLoop loop_{clock_};
  telemetry::Registry registry_;
  HeapKeeper keeper_{Parts(), registry_};
};

TEST_F(HeapKeeperTest, LeavesMemoryAloneThatIsInUse) {
  keeper_.Start(loop_);
  loop_.RunFor(seconds(60));
  EXPECT_EQ(trims_, 0);
}

TEST_F(HeapKeeperTest, GivesBackWhatLiesIdle) {
  keeper_.Start(loop_);
  for (int i = 1; i <= 3; ++i) {
    loop_.RunFor(seconds(5));
    resident_ += 100 * kMiB;
    idle_ = 100 * kMiB;
    loop_.RunFor(seconds(5));
    EXPECT_EQ(trims_, i);
    EXPECT_EQ(resident_, 1'100 * kMiB);
  }
}

TEST_F(HeapKeeperTest, TriesLessOftenWhatIsInVain) {
  resident_ = 2'000 * kMiB;
  keeper_.Start(loop_);
  loop_.RunFor(seconds(600));
  EXPECT_GE(trims_, 70);
  EXPECT_LE(trims_, 90);
  // But is itself again after it helped.
  idle_ = 900 * kMiB;
  loop_.RunFor(seconds(9));
  resident_ += 300 * kMiB;
  idle_ = 300 * kMiB;
  loop_.RunFor(seconds(2));
  EXPECT_EQ(resident_, 1'100 * kMiB);
}

TEST_F(HeapKeeperTest, StopsForGood) {
  keeper_.Start(loop_);
  loop_.RunFor(seconds(5));
  keeper_.Stop();
  resident_ = 2'000 * kMiB;
  loop_.RunFor(seconds(60));
  EXPECT_EQ(trims_, 0);
}

}  // namespace
}  // namespace coolkit::ops
