#include <gtest/gtest.h>

#include "unit/kv/fixture.h"

namespace coolkit::kv {
namespace {

class WriteTest : public ServiceTest {
 protected:
  std::shared_ptr<std::optional<Result<UpdateAnswer>>> StartUpdate(Transform transform) {
    auto slot = std::make_shared<std::optional<Result<UpdateAnswer>>>();
    net::Detach(service_.Update(model::Key("things", "key"), std::move(transform), {}, loop_),
                [slot](Result<UpdateAnswer> answer) { slot->emplace(std::move(answer)); });
    loop_.RunReady();
    return slot;
  }
};

TEST_F(WriteTest, AnAcknowledgedWriteIsReadFromMemory) {
  const auto write = StartWrite("mine");
  EXPECT_FALSE(*write);
  store_.AnswerWrite(5, 4);
  loop_.RunReady();
  EXPECT_EQ((**write)->token.position, model::Position{4});
  const auto hit = service_.TryRead(key(), Now());
  ASSERT_TRUE(hit);
  EXPECT_EQ(hit->entry->value(), "mine");
  EXPECT_EQ(hit->entry->content_type(), "text/plain");
}

TEST_F(WriteTest, NothingIsInMemoryBeforeTheAcknowledgement) {
  StartWrite("mine");
  EXPECT_FALSE(cache_.Peek(key()));
  store_.writes.front().done(Fail(ErrorCode::kOutcomeUnknown, "scripted"));
  loop_.RunReady();
  EXPECT_FALSE(cache_.Peek(key()));
  EXPECT_TRUE(store_.reads.empty());
  EXPECT_EQ(store_.writes.size(), 1u);  // nobody tried again
}

// R6: hole 1 of the protocol. Another writer's change is applied between this write's statement
// and its acknowledgement; the entry must not stay.
TEST_F(WriteTest, R6AWriteOvertakenByTheFeedIsNotCached) {
  const auto write = StartWrite("mine");
  model::ChangeSet changes;
  changes.keys.push_back({key_, {9}});
  cache_.Apply(changes, {8});
  Feed(8);
  store_.AnswerWrite(5, 8);
  loop_.RunReady();
  EXPECT_TRUE(**write);
  EXPECT_FALSE(cache_.Peek(key()));
}

TEST_F(WriteTest, R12AWriteThatMeetsANewLifeDropsWhatIsOfTheOldOne) {
  Load("value", 7, 3);
  ASSERT_TRUE(service_.TryRead(key(), Now()));
  const auto write = StartWrite("mine");
  store_.life.base += 1;
  store_.life.id[0] = 99;
  store_.AnswerWrite(9, 4);
  loop_.RunReady();
  EXPECT_EQ((**write)->token.incarnation, store_.life);
  EXPECT_FALSE(service_.TryRead(key(), Now()));
  EXPECT_EQ(cache_.Stats().entries, 0u) << "the write began in the old life";
}

// The feed brings the write before while this one commits: the door must refuse the new entry (R5),
// but the old one may not answer either.
TEST_F(WriteTest, AnAcknowledgedWriteIsNeverFollowedByTheValueBeforeIt) {
  StartWrite("first");
  store_.AnswerWrite(4, 1);
  loop_.RunReady();
  ASSERT_TRUE(service_.TryRead(key(), Now()));
  StartWrite("second");
  model::ChangeSet changes;
  changes.keys.push_back({key_, {4}});
  cache_.Apply(changes, {5});
  Feed(5);
  store_.AnswerWrite(5, 6);
  loop_.RunReady();
  EXPECT_FALSE(service_.TryRead(key(), Now()));
}

TEST_F(WriteTest, R10TheTokenNeverGoesBack) {
  const auto write = StartWrite("mine", model::Token{store_.life, {50}});
  store_.AnswerWrite(5, 4);
  loop_.RunReady();
  EXPECT_EQ((**write)->token.position, model::Position{50});
}

TEST_F(WriteTest, AFailedConditionIsAnOutcome) {
  const auto write = StartWrite("mine");
  store_.RefuseWrite(store::WriteOutcome::Kind::kConditionFailed, 4);
  loop_.RunReady();
  EXPECT_EQ((**write)->outcome.kind, store::WriteOutcome::Kind::kConditionFailed);
  EXPECT_FALSE(cache_.Peek(key()));
}

TEST_F(WriteTest, UpdateWritesWithTheVersionItRead) {
  const auto update = StartUpdate([](const Current& current) -> Result<store::WriteOp> {
    return Put(std::string(current.entry->value()) + "+");
  });
  store_.AnswerRead("a", 7, 3);
  loop_.RunReady();
  ASSERT_EQ(store_.writes.size(), 1u);
  EXPECT_EQ(*store_.writes.front().op.value, "a+");
  EXPECT_EQ(store_.writes.front().op.condition.kind, model::Condition::Kind::kIn);
  EXPECT_EQ(store_.writes.front().op.condition.versions, std::vector{model::Version{7}});
  store_.AnswerWrite(8, 4);
  loop_.RunReady();
  ASSERT_TRUE((**update)->outcome);
  EXPECT_EQ((**update)->outcome->version, model::Version{8});
}

TEST_F(WriteTest, UpdateOfAnAbsentKeyDemandsAbsence) {
  const auto update = StartUpdate([](const Current& current) -> Result<store::WriteOp> {
    EXPECT_FALSE(current.entry->present());
    return Put("new");
  });
  store_.AnswerRead("", 7, 3);
  loop_.RunReady();
  EXPECT_EQ(store_.writes.front().op.condition.kind, model::Condition::Kind::kAbsent);
  store_.AnswerWrite(8, 4);
  loop_.RunReady();
  EXPECT_TRUE((**update)->outcome);
}

TEST_F(WriteTest, UpdateLooksAgainAfterALostRaceAndGivesUpAfterEightTries) {
  const auto update =
      StartUpdate([](const Current&) -> Result<store::WriteOp> { return Put("x"); });
  for (int i = 0; i < 8; ++i) {
    ASSERT_EQ(store_.reads.size(), 1u) << i;
    store_.AnswerRead("a", 7 + i, 3 + i);
    loop_.RunReady();
    store_.RefuseWrite(store::WriteOutcome::Kind::kConditionFailed, 3 + i);
    loop_.RunReady();
  }
  ASSERT_TRUE(*update);
  EXPECT_EQ((*update)->error().code, ErrorCode::kContention);
  EXPECT_EQ(metrics_.compare_and_set_retries.Value(), 7u);
}

TEST_F(WriteTest, UpdateNeverRepeatsAWriteOfUnknownOutcome) {
  const auto update =
      StartUpdate([](const Current&) -> Result<store::WriteOp> { return Put("x"); });
  store_.AnswerRead("a", 7, 3);
  loop_.RunReady();
  store_.Take(store_.writes).done(Fail(ErrorCode::kOutcomeUnknown, "scripted"));
  loop_.RunReady();
  EXPECT_EQ((*update)->error().code, ErrorCode::kOutcomeUnknown);
  EXPECT_TRUE(store_.reads.empty());
}

TEST_F(WriteTest, ARefusalOfTheTransformWritesNothingAndCarriesTheReadsToken) {
  const auto update = StartUpdate([](const Current&) -> Result<store::WriteOp> {
    return Fail(ErrorCode::kPreconditionFailed, "no");
  });
  store_.AnswerRead("a", 7, 3);
  loop_.RunReady();
  EXPECT_TRUE(store_.writes.empty());
  EXPECT_EQ((**update)->outcome.error().code, ErrorCode::kPreconditionFailed);
  EXPECT_EQ((**update)->token.position, model::Position{3});
}

}  // namespace
}  // namespace coolkit::kv
