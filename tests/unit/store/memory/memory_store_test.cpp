// What the memory store has for the simulation; its meaning is in contract_*_test.cpp.
#include "store/memory/memory_store.h"

#include <gtest/gtest.h>

#include <optional>

#include "support/manual_loop.h"

namespace coolkit::store {
namespace {

class MemoryStoreTest : public testing::Test {
 protected:
  using Written = std::optional<Result<WriteAnswer>>;
  using Polled = std::optional<Result<FeedAnswer>>;

  Result<WriteAnswer> Put(const std::string& key) {
    WriteOp op;
    op.key = model::Key("things", key);
    op.value = std::make_shared<const std::string>("v");
    Written written;
    store_.Write(std::move(op), kNever, [&](Result<WriteAnswer> answer) { written = answer; });
    EXPECT_FALSE(written.has_value()) << "not before the loop runs";
    loop_.RunReady();
    return *written;
  }
  Result<FeedAnswer> Poll(std::optional<FeedCursor> cursor) {
    Polled polled;
    store_.Poll(std::move(cursor), kNever,
                [&](Result<FeedAnswer> answer) { polled.emplace(std::move(answer)); });
    loop_.RunReady();
    return std::move(*polled);
  }

  support::ManualClock clock_;
  support::ManualLoop loop_{clock_};
  MemoryStore store_{loop_, {}};
};

TEST_F(MemoryStoreTest, FailsOnDemand) {
  store_.FailWith(Error{ErrorCode::kDatabaseUnavailable, "gone", {}});
  const Result<WriteAnswer> refused = Put("a");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().detail, "gone");
  store_.FailWith(std::nullopt);
  EXPECT_TRUE(Put("a")->outcome.created) << "what failed did not happen";
}

TEST_F(MemoryStoreTest, ANewLifeKeepsRowsAndRaisesVersions) {
  const WriteAnswer first = *Put("a");
  const FeedCursor cursor = Poll(std::nullopt)->next;
  store_.BeginIncarnation();
  const Result<FeedAnswer> poll = Poll(cursor);
  EXPECT_TRUE(poll->gap);
  EXPECT_FALSE(poll->next.incarnation == cursor.incarnation);
  EXPECT_GT(poll->next.incarnation.base, cursor.incarnation.base);
  const WriteAnswer second = *Put("a");
  EXPECT_FALSE(second.outcome.created);
  EXPECT_GT(second.outcome.version, first.outcome.version);
  EXPECT_LE(second.snapshot.position.value, 1) << "positions begin again";
}

TEST_F(MemoryStoreTest, TheSameSeedIsTheSameLife) {
  MemoryStore other(loop_, {});
  std::optional<Result<FeedAnswer>> polled;
  other.Poll(std::nullopt, kNever,
             [&](Result<FeedAnswer> answer) { polled.emplace(std::move(answer)); });
  loop_.RunReady();
  EXPECT_TRUE((*polled)->next.incarnation == Poll(std::nullopt)->next.incarnation);
}

}  // namespace
}  // namespace coolkit::store
