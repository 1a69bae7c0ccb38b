#include "store/postgres/batch.h"

#include <gmock/gmock.h>

namespace coolkit::store {
namespace {

using testing::ElementsAre;
using ConditionKind = model::Condition::Kind;

WriteOp Put(const std::string& key, ConditionKind condition = ConditionKind::kAlways) {
  WriteOp op;
  op.key = model::Key("things", key);
  op.value = std::make_shared<const std::string>("v");
  op.condition.kind = condition;
  return op;
}
WriteOp Delete(const std::string& key) {
  WriteOp op = Put(key);
  op.kind = WriteOp::Kind::kDelete;
  return op;
}

// Each round as the writes of its rows: {{0, 2}, {1}} is one round of two rows.
std::vector<std::vector<std::vector<std::size_t>>> Plan(const std::vector<WriteOp>& ops,
                                                        bool fold = true) {
  std::vector<const WriteOp*> pointers;
  for (const WriteOp& op : ops) pointers.push_back(&op);
  std::vector<std::vector<std::vector<std::size_t>>> rounds;
  for (const WriteRound& round : PlanRounds(pointers, fold)) {
    auto& rows = rounds.emplace_back();
    for (const WriteRow& row : round.rows) rows.push_back(row.ops);
  }
  return rounds;
}
using Rows = std::vector<std::vector<std::size_t>>;

TEST(PlanRoundsTest, RowsOfARoundAreSortedByKey) {
  EXPECT_THAT(Plan({Put("c"), Put("a"), Put("b")}), ElementsAre(Rows{{1}, {2}, {0}}));
  EXPECT_TRUE(Plan({}).empty());
}

TEST(PlanRoundsTest, KeysAreSortedByBytesAndCollectionsFirst) {
  std::vector<WriteOp> ops{Put("\xef\xbd\x9a"), Put("z"), Put("a"), Put("B")};
  ops[1].key = model::Key("other", "z");
  EXPECT_THAT(Plan(ops), ElementsAre(Rows{{1}, {3}, {2}, {0}}));
}

TEST(PlanRoundsTest, UnconditionalPutsOfOneKeyAreOneRow) {
  EXPECT_THAT(Plan({Put("a"), Put("b"), Put("a"), Put("a")}), ElementsAre(Rows{{0, 2, 3}, {1}}));
}

TEST(PlanRoundsTest, WhatHasAResultOfItsOwnHasARoundOfItsOwn) {
  EXPECT_THAT(Plan({Put("a"), Put("a", ConditionKind::kAbsent), Put("a")}),
              ElementsAre(Rows{{0}}, Rows{{1}}, Rows{{2}}));
  EXPECT_THAT(Plan({Put("a"), Delete("a"), Put("a"), Put("a")}),
              ElementsAre(Rows{{0}}, Rows{{1}}, Rows{{2, 3}}));
  WriteOp keep = Put("a");
  keep.expiry.kind = Expiry::Kind::kKeep;
  EXPECT_THAT(Plan({Put("a"), keep}), ElementsAre(Rows{{0}}, Rows{{1}}));
}

TEST(PlanRoundsTest, TheStatementOfARoundIsTheCheapestThatWillDo) {
  const auto statement_of = [](const WriteOp& op) {
    const WriteOp plain = Put("a");
    const std::vector<const WriteOp*> ops{&plain, &op};
    return PlanRounds(ops, true).at(0).statement;
  };
  WriteOp op = Put("b");
  op.expiry.kind = Expiry::Kind::kAfter;
  op.expiry.after = std::chrono::seconds(1);
  EXPECT_EQ(statement_of(op), StatementId::kPut);
  op.expiry.kind = Expiry::Kind::kKeep;
  EXPECT_EQ(statement_of(op), StatementId::kWrite);
  EXPECT_EQ(statement_of(Put("b", ConditionKind::kAbsent)), StatementId::kWrite);
  EXPECT_EQ(statement_of(Delete("b")), StatementId::kWrite);
}

TEST(PlanRoundsTest, WithoutFoldingEveryWriteIsARow) {
  EXPECT_THAT(Plan({Put("a"), Put("b"), Put("a")}, false), ElementsAre(Rows{{0}, {1}}, Rows{{2}}));
}

TEST(PlanRoundsTest, RoundsOfDifferentKeysAreShared) {
  EXPECT_THAT(Plan({Delete("b"), Delete("a"), Put("b"), Put("a"), Delete("b")}),
              ElementsAre(Rows{{1}, {0}}, Rows{{3}, {2}}, Rows{{4}}));
}

}  // namespace
}  // namespace coolkit::store
