// What a database that lies, or was written by others, makes of reads and writes.
#include <gtest/gtest.h>

#include "store/postgres/batch.h"
#include "store/postgres/read_rows.h"
#include "unit/store/postgres/rows.h"

namespace coolkit::store {
namespace {

constexpr const char* kLife = "7.5.000102030405060708090a0b0c0d0e0f.100";
const std::vector<PgCell> kHeader = {std::nullopt, std::nullopt, PgInt(5), std::nullopt,
                                     kLife,        PgInt(90),    PgInt(80)};

class ReadRowsTest : public ::testing::Test {
 protected:
  // Asks for a/k1, and in the same statement for a/k2.
  Result<void> Answer(const PgCells& rows) {
    for (const char* key : {"k1", "k2"}) {
      PgRead read;
      read.keys.emplace_back("a", key);
      read.done = [this](Result<ReadAnswer> answer) { answers_.push_back(std::move(answer)); };
      batch_.push_back(std::move(read));
    }
    return AnswerReads(PgRows(7, rows), BootTime(seconds(1)), lives_, DistinctKeys(batch_), batch_);
  }

  Lives lives_;
  std::vector<PgRead> batch_;
  std::vector<Result<ReadAnswer>> answers_;
};

TEST_F(ReadRowsTest, AnswersWhatWasAsked) {
  ASSERT_TRUE(Answer({kHeader, {"a", "k2", PgInt(7), "v", std::nullopt, PgInt(3)}}));
  ASSERT_EQ(answers_.size(), 2U);
  EXPECT_FALSE(answers_[0]->entries[0]->present());
  EXPECT_EQ(answers_[1]->entries[0]->value(), "v");
}

TEST_F(ReadRowsTest, RefusesARowThatNobodyAskedFor) {
  for (const char* key : {"k", "k3"}) {
    const auto done = Answer({kHeader, {"a", key, PgInt(7), "v", std::nullopt, PgInt(3)}});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::kStorageError);
    EXPECT_TRUE(answers_.empty());
    batch_.clear();
  }
}

TEST_F(ReadRowsTest, AListRefusesAKeyThatIsTooLong) {
  ListRequest request;
  request.collection = "a";
  const std::vector<PgCell> header(kHeader.begin() + 1, kHeader.end());
  const auto rows =
      PgRows(7, {header, {std::string(600, 'k'), PgInt(7), "v", std::nullopt, PgInt(3)}});
  const auto answer = TakeList(rows, request, BootTime(seconds(1)), lives_);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kStorageError);
}

TEST(WriteRows, RefuseWhatAnswersNoWrite) {
  WriteOp op;
  op.key = {"a", "k2"};
  op.kind = WriteOp::Kind::kPut;
  op.value = std::make_shared<const std::string>("v");
  op.expiry.kind = Expiry::Kind::kKeep;
  const std::vector<const WriteOp*> ops = {&op};
  const std::vector<WriteRound> rounds = PlanRounds(ops, false);
  const auto take = [&](std::vector<PgCell> row) {
    std::vector<WriteOutcome> outcomes(1);
    return TakeOutcomes(PgRows(6, {std::move(row)}), rounds[0], ops, outcomes);
  };
  EXPECT_TRUE(take({"a", "k2", PgInt(7), PgInt(1), PgInt(50), PgInt(60)}));
  EXPECT_TRUE(take({"a", "k2", PgInt(7), PgInt(1), PgInt(INT64_MAX), PgInt(INT64_MAX)}));
  EXPECT_FALSE(take({"a", "k1", PgInt(7), PgInt(1), PgInt(50)}));
  EXPECT_FALSE(take({"a", "k3", PgInt(7), PgInt(1), PgInt(50)}));
  EXPECT_FALSE(take({"a", "k2", PgInt(0), PgInt(1), PgInt(50)}));
}

}  // namespace
}  // namespace coolkit::store
