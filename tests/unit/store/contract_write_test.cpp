// Puts, deletes, conditions, versions, expiry.
#include <gmock/gmock.h>

#include "unit/store/contract.h"
#include "unit/store/stores_under_test.h"

namespace coolkit::store {
namespace {

using testing::AllOf;
using testing::Ge;

class WriteContract : public StoreContract {};
INSTANTIATE_TEST_SUITE_P(Stores, WriteContract, testing::ValuesIn(StoreKinds()), KindName);

TEST_P(WriteContract, PutThenReadGivesTheBytes) {
  const std::string bytes("\0\xff\r\n", 4);
  const WriteAnswer written = Write(PutOp("a", bytes));
  EXPECT_TRUE(written.outcome.created);
  EXPECT_FALSE(written.outcome.expires_at);
  const ReadOne read = Read("a");
  ASSERT_TRUE(read.entry->present());
  EXPECT_EQ(read.entry->value(), bytes);
  EXPECT_EQ(read.entry->content_type(), "text/plain");
  EXPECT_EQ(read.entry->version(), written.outcome.version);
  EXPECT_EQ(read.entry->modified_at(), written.outcome.modified_at);
  EXPECT_EQ(read.entry->key(), "a");
  EXPECT_EQ(read.entry->collection(), "things");
  EXPECT_FALSE(read.entry->expires_at());
}

TEST_P(WriteContract, EmptyValueIsPresentAndTypeIsOptional) {
  WriteOp op = PutOp("a", "");
  op.content_type.clear();
  Write(std::move(op));
  const ReadOne read = Read("a");
  EXPECT_TRUE(read.entry->present());
  EXPECT_EQ(read.entry->value(), "");
  EXPECT_EQ(read.entry->content_type(), "application/octet-stream");
}

TEST_P(WriteContract, LargeValues) {
  const std::string value(3 << 20, 'v');
  Put("large", value);
  EXPECT_EQ(Read("large").entry->value(), value);
}

TEST_P(WriteContract, CollectionsAreApart) {
  WriteOp op = PutOp("a", "1");
  op.key = model::Key("other", "a");
  Write(std::move(op));
  EXPECT_FALSE(Read("a").entry->present());
  EXPECT_EQ(Read(std::vector{model::Key("other", "a")}).entries.at(0)->value(), "1");
}

TEST_P(WriteContract, CreatedSaysWhetherALiveRowWasThere) {
  EXPECT_TRUE(Put("a", "1").created);
  EXPECT_FALSE(Put("a", "2").created);
  EXPECT_EQ(Delete("a").kind, OutcomeKind::kWritten);
  EXPECT_TRUE(Put("a", "3").created) << "over a tombstone";
  EXPECT_FALSE(Write(PutFor("a", "4", milliseconds(10))).outcome.created);
  clock().AdvanceWall(milliseconds(10));
  EXPECT_TRUE(Put("a", "5").created) << "over an expired row";
}

TEST_P(WriteContract, VersionsGrowAcrossDeleteRecreateExpireAndCollect) {
  model::Version last{0};
  const auto expect_higher = [&](model::Version version, const char* what) {
    EXPECT_GT(version, last) << what;
    last = version;
  };
  expect_higher(Put("a", "1").version, "put");
  expect_higher(Put("a", "2").version, "put again");
  expect_higher(Delete("a").version, "delete");
  EXPECT_EQ(Read("a").entry->version(), last) << "a tombstone has the version of the delete";
  expect_higher(Put("a", "3").version, "put over a tombstone");
  expect_higher(Write(PutFor("a", "4", milliseconds(1))).outcome.version, "put with an end");
  clock().AdvanceWall(seconds(1));
  EXPECT_EQ(Read("a").entry->version(), last) << "an expired row keeps its version";
  expect_higher(Put("a", "5").version, "put over an expired row");
  expect_higher(Delete("a").version, "delete");
  clock().AdvanceWall(seconds(1));
  EXPECT_EQ(Collect(milliseconds(0)), 1u);
  expect_higher(Read("a").entry->version(), "absent, no row");
  expect_higher(Put("a", "6").version, "put after the collection");
}

TEST_P(WriteContract, AbsenceVersionsCompareWithWrites) {
  const model::Version before = Put("other", "1").version;
  const ReadOne absent = Read("never");
  EXPECT_FALSE(absent.entry->present());
  EXPECT_GT(absent.entry->version(), before) << "above every earlier write";
  EXPECT_GT(Put("never", "1").version, absent.entry->version()) << "below every later write";
  const ReadOne other_absent = Read("never too");
  EXPECT_GE(other_absent.entry->version(), absent.entry->version());
}

TEST_P(WriteContract, PutConditions) {
  const model::Version v = Put("live", "1").version;
  const model::Version other{v.value + 1};
  struct Case {
    ConditionKind kind;
    std::vector<model::Version> versions;
    bool on_live;
    bool on_absent;
  };
  const std::vector<Case> cases = {
      {ConditionKind::kAlways, {}, true, true},      {ConditionKind::kAbsent, {}, false, true},
      {ConditionKind::kPresent, {}, true, false},    {ConditionKind::kIn, {v}, true, false},
      {ConditionKind::kIn, {other, v}, true, false}, {ConditionKind::kIn, {other}, false, false},
      {ConditionKind::kIn, {}, false, false},        {ConditionKind::kNotIn, {v}, false, true},
      {ConditionKind::kNotIn, {other}, true, true},  {ConditionKind::kNotIn, {}, true, true},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    // In a transaction that never commits, so that each case finds the same row.
    for (const bool live : {true, false}) {
      const AtomicAnswer answer =
          WriteAtomic({PutOp(live ? "live" : "absent", "2", If(cases[i].kind, cases[i].versions)),
                       DeleteOp("never there")});
      EXPECT_FALSE(answer.committed);
      const bool expected = live ? cases[i].on_live : cases[i].on_absent;
      EXPECT_EQ(answer.outcomes.at(0).kind,
                expected ? OutcomeKind::kWritten : OutcomeKind::kConditionFailed)
          << "case " << i << " live " << live;
    }
  }
  EXPECT_EQ(Read("live").entry->version(), v);
  EXPECT_FALSE(Read("absent").entry->present());
}

TEST_P(WriteContract, DeleteConditions) {
  const model::Version v = Put("live", "1").version;
  const model::Version other{v.value + 1};
  struct Case {
    ConditionKind kind;
    std::vector<model::Version> versions;
    bool deletes;
  };
  const std::vector<Case> cases = {
      {ConditionKind::kAlways, {}, true},     {ConditionKind::kAbsent, {}, false},
      {ConditionKind::kPresent, {}, true},    {ConditionKind::kIn, {v}, true},
      {ConditionKind::kIn, {other}, false},   {ConditionKind::kNotIn, {v}, false},
      {ConditionKind::kNotIn, {other}, true},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const model::Condition condition = If(cases[i].kind, cases[i].versions);
    const AtomicAnswer answer =
        WriteAtomic({DeleteOp("live", condition), DeleteOp("never there", condition)});
    EXPECT_EQ(answer.outcomes.at(0).kind,
              cases[i].deletes ? OutcomeKind::kWritten : OutcomeKind::kConditionFailed)
        << "case " << i;
    EXPECT_EQ(answer.outcomes.at(1).kind, OutcomeKind::kNotFound)
        << "whatever its condition, case " << i;
  }
}

TEST_P(WriteContract, FailedConditionChangesNothing) {
  const model::Version v = Put("a", "1").version;
  const FeedCursor cursor = Poll(std::nullopt).next;
  const WriteAnswer refused = Write(PutOp("a", "2", If(ConditionKind::kAbsent)));
  EXPECT_EQ(refused.outcome.kind, OutcomeKind::kConditionFailed);
  EXPECT_EQ(Write(DeleteOp("a", If(ConditionKind::kIn, {{1}}))).outcome.kind,
            OutcomeKind::kConditionFailed);
  const ReadOne read = Read("a");
  EXPECT_EQ(read.entry->version(), v);
  EXPECT_EQ(read.entry->value(), "1");
  EXPECT_GE(read.snapshot.position, refused.snapshot.position);
  EXPECT_TRUE(Poll(cursor).changes.keys.empty()) << "no change was recorded";
}

TEST_P(WriteContract, DeleteOfWhatIsNotLive) {
  EXPECT_EQ(Delete("never").kind, OutcomeKind::kNotFound);
  Put("a", "1");
  EXPECT_EQ(Delete("a").kind, OutcomeKind::kWritten);
  EXPECT_FALSE(Read("a").entry->present());
  EXPECT_EQ(Read("a").entry->value(), "");
  EXPECT_EQ(Delete("a").kind, OutcomeKind::kNotFound) << "a tombstone";
  Write(PutFor("a", "2", milliseconds(1)));
  clock().AdvanceWall(milliseconds(1));
  EXPECT_EQ(Delete("a").kind, OutcomeKind::kNotFound) << "an expired row";
}

TEST_P(WriteContract, Expiry) {
  const WriteOutcome outcome = Write(PutFor("a", "1", seconds(10))).outcome;
  ASSERT_TRUE(outcome.expires_at);
  EXPECT_EQ(*outcome.expires_at, outcome.modified_at + seconds(10));
  EXPECT_EQ(Read("a").entry->expires_at(), outcome.expires_at);
  clock().AdvanceWall(milliseconds(9900));
  EXPECT_TRUE(Read("a").entry->present());
  clock().AdvanceWall(milliseconds(100));
  const ReadOne read = Read("a");
  EXPECT_FALSE(read.entry->present()) << "at its end it is gone";
  EXPECT_EQ(read.entry->version(), outcome.version);
  EXPECT_EQ(read.entry->value(), "");
  EXPECT_EQ(Write(PutOp("a", "2", If(ConditionKind::kPresent))).outcome.kind,
            OutcomeKind::kConditionFailed);
}

TEST_P(WriteContract, ExpiryIsReplacedOrKept) {
  const std::optional<DbTime> end = Write(PutFor("a", "1", seconds(10))).outcome.expires_at;
  WriteOp keep = PutOp("a", "2");
  keep.expiry.kind = Expiry::Kind::kKeep;
  clock().AdvanceWall(seconds(1));
  EXPECT_EQ(Write(keep).outcome.expires_at, end);
  EXPECT_EQ(Read("a").entry->expires_at(), end);
  EXPECT_FALSE(Put("a", "3").expires_at) << "a put without an end has none";
  EXPECT_FALSE(Write(keep).outcome.expires_at) << "none is kept as none";
  Delete("a");
  EXPECT_FALSE(Write(keep).outcome.expires_at) << "a tombstone has nothing to keep";
  Write(PutFor("a", "4", milliseconds(1)));
  clock().AdvanceWall(seconds(1));
  EXPECT_FALSE(Write(keep).outcome.expires_at) << "nor has an expired row";
}

TEST_P(WriteContract, WritesOfOneKeyApplyInOrderEachWithItsOwnResult) {
  // Sent without waiting, so that they share a commit where commits are shared.
  std::vector<Got<WriteAnswer>> got;
  got.push_back(StartWrite(PutOp("a", "1", If(ConditionKind::kAbsent))));
  got.push_back(StartWrite(PutOp("a", "2", If(ConditionKind::kAbsent))));
  got.push_back(StartWrite(PutOp("a", "3", If(ConditionKind::kPresent))));
  got.push_back(StartWrite(DeleteOp("a")));
  got.push_back(StartWrite(DeleteOp("a")));
  got.push_back(StartWrite(PutOp("a", "4", If(ConditionKind::kPresent))));
  got.push_back(StartWrite(PutOp("a", "5", If(ConditionKind::kAbsent))));
  const std::vector<OutcomeKind> expected = {OutcomeKind::kWritten,  OutcomeKind::kConditionFailed,
                                             OutcomeKind::kWritten,  OutcomeKind::kWritten,
                                             OutcomeKind::kNotFound, OutcomeKind::kConditionFailed,
                                             OutcomeKind::kWritten};
  model::Version last{0};
  for (std::size_t i = 0; i < got.size(); ++i) {
    const WriteOutcome outcome = Take(std::move(got[i])).outcome;
    EXPECT_EQ(outcome.kind, expected[i]) << i;
    if (outcome.kind != OutcomeKind::kWritten) continue;
    EXPECT_GT(outcome.version, last) << i;
    last = outcome.version;
    EXPECT_EQ(outcome.created, i == 0 || i == 6) << i;
  }
  const ReadOne read = Read("a");
  EXPECT_EQ(read.entry->value(), "5");
  EXPECT_EQ(read.entry->version(), last);
}

TEST_P(WriteContract, AtomicAllOrNothing) {
  Put("b", "old");
  const AtomicAnswer failed =
      WriteAtomic({PutOp("a", "1"), PutOp("b", "1", If(ConditionKind::kAbsent)), PutOp("c", "1")});
  EXPECT_FALSE(failed.committed);
  ASSERT_EQ(failed.outcomes.size(), 3u);
  EXPECT_EQ(failed.outcomes[1].kind, OutcomeKind::kConditionFailed);
  EXPECT_FALSE(Read("a").entry->present());
  EXPECT_FALSE(Read("c").entry->present());
  EXPECT_EQ(Read("b").snapshot.position, failed.snapshot.position) << "no change was recorded";

  const AtomicAnswer done = WriteAtomic({PutOp("a", "1"), DeleteOp("b"), PutOp("c", "1")});
  EXPECT_TRUE(done.committed);
  EXPECT_TRUE(done.outcomes.at(0).created);
  EXPECT_EQ(Read("a").entry->version(), done.outcomes[0].version);
  EXPECT_EQ(Read("b").entry->version(), done.outcomes[1].version);
  EXPECT_FALSE(Read("b").entry->present());
  EXPECT_THAT(done.snapshot.position, Ge(failed.snapshot.position));
}

TEST_P(WriteContract, AtomicIsJudgedInOrder) {
  const AtomicAnswer done = WriteAtomic(
      {PutOp("a", "1", If(ConditionKind::kAbsent)), PutOp("a", "2", If(ConditionKind::kPresent)),
       DeleteOp("a"), PutOp("a", "3", If(ConditionKind::kAbsent))});
  ASSERT_TRUE(done.committed);
  for (std::size_t i = 1; i < done.outcomes.size(); ++i) {
    EXPECT_GT(done.outcomes[i].version, done.outcomes[i - 1].version);
  }
  EXPECT_TRUE(done.outcomes[3].created);
  EXPECT_EQ(Read("a").entry->value(), "3");

  const AtomicAnswer failed = WriteAtomic({DeleteOp("a"), DeleteOp("a")});
  EXPECT_FALSE(failed.committed);
  EXPECT_EQ(failed.outcomes.at(0).kind, OutcomeKind::kWritten);
  EXPECT_EQ(failed.outcomes.at(1).kind, OutcomeKind::kNotFound);
  EXPECT_TRUE(Read("a").entry->present());
}

TEST_P(WriteContract, AtomicOfNothingAndOfAThousand) {
  EXPECT_TRUE(WriteAtomic({}).committed);
  std::vector<WriteOp> ops;
  for (int i = 0; i < 1000; ++i) ops.push_back(PutOp("k" + std::to_string(i), "v"));
  const AtomicAnswer done = WriteAtomic(std::move(ops));
  EXPECT_TRUE(done.committed);
  EXPECT_EQ(done.outcomes.size(), 1000u);
  EXPECT_TRUE(Read("k999").entry->present());
}

}  // namespace
}  // namespace coolkit::store
