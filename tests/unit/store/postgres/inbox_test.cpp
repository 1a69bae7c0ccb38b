#include "store/postgres/inbox.h"

#include <gtest/gtest.h>

#include "support/manual_loop.h"

namespace coolkit::store {
namespace {

class InboxTest : public testing::Test {
 protected:
  InboxTest() { inbox_.Open(); }

  void PushReads(int count) {
    for (int i = 0; i < count; ++i) {
      inbox_.Push(PgRead{{model::Key("things", "a")}, kNever, [](const auto& /*answer*/) {}});
    }
  }
  void PushWrite(std::size_t bytes) {
    PgWrite write;
    write.op.key = model::Key("things", "a");
    write.op.value = std::make_shared<const std::string>(bytes, 'x');
    write.done = [](const auto& /*answer*/) {};
    inbox_.Push(std::move(write));
  }
  // How often the loop was woken since the last call.
  int Wakes() {
    loop_.RunReady();
    return std::exchange(wakes_, 0);
  }

  support::ManualClock clock_;
  support::ManualLoop loop_{clock_};
  telemetry::Registry registry_;
  StoreMetrics metrics_{registry_, {}};
  PostgresOptions options_;
  int wakes_ = 0;
  Inbox inbox_{loop_, options_, metrics_, [this] { ++wakes_; }};
};

TEST_F(InboxTest, ManyOperationsWakeTheLoopOnce) {
  PushReads(3);
  PushWrite(1);
  EXPECT_EQ(Wakes(), 1);
  EXPECT_EQ(inbox_.Take().size(), 4U);
  EXPECT_EQ(Wakes(), 0);
  PushReads(1);
  EXPECT_EQ(Wakes(), 1);
}

TEST_F(InboxTest, WakesOnlyWhenEnoughHasCome) {
  inbox_.WakeAt(3, Inbox::kNoWake);
  PushReads(2);
  PushWrite(1);
  EXPECT_EQ(Wakes(), 0);
  PushReads(1);
  EXPECT_EQ(Wakes(), 1);
  EXPECT_EQ(inbox_.Take().size(), 4U);
  PushReads(2);
  EXPECT_EQ(Wakes(), 0) << "what was taken counts no more";
}

TEST_F(InboxTest, WakesForWhatCameBeforeItWasAskedFor) {
  inbox_.WakeAt(Inbox::kNoWake, Inbox::kNoWake);
  PushWrite(1);
  EXPECT_EQ(Wakes(), 0);
  inbox_.WakeAt(Inbox::kNoWake, 1);
  EXPECT_EQ(Wakes(), 1);
  inbox_.WakeAt(Inbox::kNoWake, 1);
  EXPECT_EQ(Wakes(), 0) << "once";
}

TEST_F(InboxTest, LargeValuesAndEverythingElseWakeAtOnce) {
  inbox_.WakeAt(Inbox::kNoWake, Inbox::kNoWake);
  PushWrite(options_.large_value_bytes - 1);
  EXPECT_EQ(Wakes(), 0);
  PushWrite(options_.large_value_bytes);
  EXPECT_EQ(Wakes(), 1);
  EXPECT_EQ(inbox_.Take().size(), 2U);
  inbox_.Push(PgPoll{{}, kNever, [](const auto& /*answer*/) {}});
  EXPECT_EQ(Wakes(), 1);
}

}  // namespace
}  // namespace coolkit::store
