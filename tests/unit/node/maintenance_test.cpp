#include "node/maintenance.h"

#include <gtest/gtest.h>

#include <thread>

#include "support/manual_loop.h"
#include "support/scripted_store.h"

namespace coolkit::node {
namespace {

class MaintenanceTest : public testing::Test {
 protected:
  ~MaintenanceTest() override {
    std::thread stopper([this] { maintenance_.Stop(); });
    while (loop_.pending() > 0) {
      loop_.RunReady();
      loop_.RunNextTimer();
    }
    stopper.join();
  }
  void Start() { maintenance_.Start(loop_); }

  support::ManualClock clock_;
  support::ManualLoop loop_{clock_};
  support::ScriptedStore store_{clock_};
  telemetry::Registry registry_;
  MaintenanceMetrics metrics_{registry_};
  std::string log_text_;
  telemetry::Log log_{telemetry::LogFormat::kText, telemetry::LogLevel::kError, "pod", &log_text_};
  std::int64_t position_ = 0;
  Maintenance maintenance_{
      store_,
      metrics_,
      log_,
      [this] { return std::optional(store::FeedCursor{store_.life, {position_}, ""}); },
      {.feed_retention = milliseconds(60'000)}};
};

TEST_F(MaintenanceTest, CollectsInBoundedSteps) {
  store_.collect_answers = {std::size_t{1000}, std::size_t{1000}, std::size_t{5}};
  Start();
  loop_.RunFor(seconds(11));
  EXPECT_EQ(store_.collects, 3);
  EXPECT_EQ(metrics_.collected.Value(), 2005u);
}

TEST_F(MaintenanceTest, AFailedStepEndsTheRoundAndIsCounted) {
  store_.collect_answers = {Result<std::size_t>(Fail(ErrorCode::kStorageError, "disk"))};
  Start();
  loop_.RunFor(seconds(11));
  EXPECT_EQ(metrics_.errors.Value(), 1u);
  loop_.RunFor(seconds(10));
  EXPECT_EQ(store_.collects, 2);
}

// R16: a mark is a snapshot remembered one retention ago, never an age of rows.
TEST_F(MaintenanceTest, R16PrunesByASnapshotThatIsOneRetentionOld) {
  Start();
  for (position_ = 1; position_ <= 6; ++position_) loop_.RunFor(seconds(10));
  EXPECT_TRUE(store_.prune_marks.empty());
  loop_.RunFor(seconds(12));
  ASSERT_FALSE(store_.prune_marks.empty());
  EXPECT_EQ(store_.prune_marks.front(), 1);
}

TEST_F(MaintenanceTest, R12MarksOfAnotherLifeAreForgotten) {
  Start();
  loop_.RunFor(seconds(50));
  store_.life.id[0] = 9;
  loop_.RunFor(seconds(30));
  EXPECT_TRUE(store_.prune_marks.empty());
}

}  // namespace
}  // namespace coolkit::node
