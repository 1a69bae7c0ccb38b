#include "bench/checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/check_report.h"
#include "unit/bench/model_history.h"
#include "unit/bench/operations.h"

namespace coolkit::bench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

CheckResult Check(const std::vector<Operation>& operations, CheckOptions options = {}) {
  History history = MakeHistory(operations);
  return CheckHistory(history, options, SerialWorkers());
}

std::vector<std::string> Faults(const CheckResult& result) {
  std::vector<std::string> names;
  for (const Violation& violation : result.violations) {
    names.emplace_back(FaultName(violation.fault));
  }
  EXPECT_EQ(names.size(), result.counts.violations_total());
  return names;
}

std::string Explain(const std::vector<Operation>& operations, const CheckResult& result) {
  const History history = MakeHistory(operations);
  const CheckOptions options;
  return CheckText({history, options, result});
}

// Correct histories

class CorrectHistories : public testing::TestWithParam<int> {};

TEST_P(CorrectHistories, HaveNoViolation) {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    ModelOptions options;
    options.operations = 50 + static_cast<std::uint32_t>(seed % 7) * 50;
    options.keys = 1 + static_cast<std::uint32_t>(seed % 4);
    options.clients = 2 + static_cast<std::uint32_t>(seed % 5) * 3;
    options.unknown_percent = seed % 3 == 0 ? 0 : 10;
    options.absence_versions = GetParam() == 1;
    options.session_percent = GetParam() == 2 ? 100 : 30;
    const std::vector<Operation> operations =
        ModelHistory(options, seed * 10 + static_cast<std::uint64_t>(GetParam())).operations();
    const CheckResult result = Check(operations);
    ASSERT_EQ(result.counts.violations_total(), 0U) << "seed " << seed << "\n"
                                                    << Explain(operations, result);
    EXPECT_EQ(result.counts.operations, operations.size());
    EXPECT_LE(result.counts.staleness_seen_ns, options.staleness_ns);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, CorrectHistories, testing::Values(0, 1, 2));

TEST(CheckerTest, WorkersDoNotChangeTheResult) {
  ModelOptions options;
  options.operations = 5000;
  options.keys = 700;
  std::vector<Operation> operations = ModelHistory(options, 3).operations();
  for (Operation& operation : operations) {
    if (operation.kind == Kind::kGet && operation.version != 0) operation.digest += 2;
  }
  History one = MakeHistory(operations);
  History many = MakeHistory(operations);
  const CheckOptions check{.shown_max = 10};
  const CheckResult a = CheckHistory(one, check, SerialWorkers());
  const CheckResult b = CheckHistory(many, check, SerialWorkers(7));
  ASSERT_EQ(a.violations.size(), 10U);
  EXPECT_GT(a.counts.violations_total(), 100U);
  EXPECT_EQ(a.counts.violations_total(), b.counts.violations_total());
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(a.violations[i].operation, b.violations[i].operation);
  }
}

// G2

TEST(CheckerTest, BoundedReadMissesAnOldWrite) {
  const std::vector<Operation> operations{Put(0, 1, 10), Put(2, 3, 20), Get(300, 301, 10)};
  const CheckResult result = Check(operations);
  ASSERT_THAT(Faults(result), ElementsAre("stale_read"));
  const Violation& violation = result.violations.front();
  EXPECT_EQ(violation.operation, operations[2]);
  EXPECT_EQ(violation.other, operations[1]);
  EXPECT_EQ(violation.late_ns, 297 * kMs);
  EXPECT_EQ(violation.allowed_ns, 250 * kMs);
  EXPECT_EQ(violation.needed_version, 20);
  EXPECT_THAT(violation.around, ElementsAre(operations[0], operations[1], operations[2]));
}

TEST(CheckerTest, BoundIsExact) {
  EXPECT_THAT(Faults(Check({Put(0, 1, 10), Put(2, 3, 20), Get(253, 254, 10)})), IsEmpty());
  Operation late = Get(253, 254, 10);
  late.start_ns += 1;
  EXPECT_THAT(Faults(Check({Put(0, 1, 10), Put(2, 3, 20), late})), ElementsAre("stale_read"));
  EXPECT_EQ(Check({Put(0, 1, 10), Put(2, 3, 20), Get(253, 254, 10)}).counts.staleness_seen_ns,
            250 * kMs);
}

TEST(CheckerTest, OwnBoundTightensOnly) {
  const Operation read = Get(100, 101, 10);
  EXPECT_THAT(Faults(Check({Put(0, 1, 10), Put(2, 3, 20), read})), IsEmpty());
  EXPECT_THAT(Faults(Check({Put(0, 1, 10), Put(2, 3, 20), Limited(read, 50)})),
              ElementsAre("stale_read"));
  EXPECT_THAT(Faults(Check({Put(0, 1, 10), Put(2, 3, 20), Limited(Get(300, 301, 10), 60'000)})),
              ElementsAre("stale_read"));
  const CheckOptions wide{.staleness_max = milliseconds(400)};
  EXPECT_THAT(Faults(Check({Put(0, 1, 10), Put(2, 3, 20), Get(300, 301, 10)}, wide)), IsEmpty());
}

TEST(CheckerTest, WhatAReadSawIsKnownToo) {
  // Nobody acknowledged 20, but a read had returned it.
  const Operation write = Unknown(Put(2, 3, 20));
  EXPECT_THAT(Faults(Check({Put(0, 1, 10), write, Get(5, 6, 20), Get(300, 301, 10)})),
              ElementsAre("stale_read"));
  EXPECT_THAT(Faults(Check({Put(0, 1, 10), write, Get(300, 301, 10)})), IsEmpty());
}

TEST(CheckerTest, MarkedStaleIsExemptFromG2Alone) {
  const Operation read = Stale(Get(900, 901, 10));
  const CheckResult result = Check({Put(0, 1, 10), Put(2, 3, 20), read});
  EXPECT_THAT(Faults(result), IsEmpty());
  EXPECT_EQ(result.counts.stale_answers, 1U);
  EXPECT_THAT(Faults(Check({Put(0, 1, 10), Received(Put(2, 3, 20), 7), Given(read, 7)})),
              ElementsAre("session_read"));
}

// Absences

TEST(CheckerTest, AbsenceNeedsADeletion) {
  EXPECT_THAT(Faults(Check({Absent(0, 1), Put(2, 3, 10), Absent(100, 101)})), IsEmpty());
  EXPECT_THAT(Faults(Check({Put(2, 3, 10), Absent(300, 301)})), ElementsAre("stale_read"));
  EXPECT_THAT(Faults(Check({Put(2, 3, 10), Delete(4, 5, 20), Absent(300, 301)})), IsEmpty());
  EXPECT_THAT(Faults(Check({Put(2, 3, 10), Absent(300, 301), Delete(302, 303, 20)})),
              ElementsAre("stale_read"));
  // The deletion is older than a write that had to be seen.
  EXPECT_THAT(Faults(Check({Put(2, 3, 10), Delete(4, 5, 20), Put(6, 7, 30), Absent(300, 301)})),
              ElementsAre("stale_read"));
}

TEST(CheckerTest, AbsenceWithAVersionIsExact) {
  const std::vector<Operation> writes{Put(2, 3, 10), Delete(4, 5, 20)};
  EXPECT_THAT(Faults(Check({writes[0], writes[1], Absent(300, 301, 25)})), IsEmpty());
  EXPECT_THAT(Faults(Check({writes[0], writes[1], Absent(300, 301, 20)})), IsEmpty());
  EXPECT_THAT(Faults(Check({writes[0], writes[1], Absent(300, 301, 15)})),
              ElementsAre("stale_read"));
  // A write's version is above all absences before it.
  EXPECT_THAT(Faults(Check({Absent(0, 1, 50), Put(2, 3, 40)})), ElementsAre("write_order"));
}

TEST(CheckerTest, WhatIsWrongProvesNothing) {
  // The absence says as of 50; the read after it is right all the same.
  EXPECT_THAT(Faults(Check({Put(2, 3, 10), Strong(Absent(4, 5, 50)), Strong(Get(6, 7, 10))})),
              ElementsAre("strong_read"));
}

TEST(CheckerTest, AbsenceIsEvidenceLikeADeletion) {
  // Once a strong read saw the deletion, the value must not come back.
  EXPECT_THAT(Faults(Check({Put(2, 3, 10), Delete(4, 500, 20), Strong(Absent(10, 11)),
                            Strong(Get(20, 21, 10))})),
              ElementsAre("strong_read"));
}

TEST(CheckerTest, UnknownDeletionMayExplain) {
  const CheckResult result = Check({Put(2, 3, 10), Unknown(Delete(4, 5, 0)), Absent(300, 301)});
  EXPECT_THAT(Faults(result), IsEmpty());
  EXPECT_EQ(result.counts.maybe_absences, 1U);
  EXPECT_THAT(Faults(Check({Put(2, 3, 10), Absent(300, 301), Unknown(Delete(302, 303, 0))})),
              ElementsAre("stale_read"));
}

TEST(CheckerTest, ExpiryExplains) {
  EXPECT_THAT(Faults(Check({Limited(Put(2, 3, 10), 100), Strong(Absent(110, 111))})), IsEmpty());
  EXPECT_THAT(Faults(Check({Limited(Put(2, 3, 10), 100), Strong(Absent(80, 81))})),
              ElementsAre("lost_write"));
  Operation patch = Op(Kind::kPatch, 10, 11, 20);
  EXPECT_THAT(Faults(Check({Limited(Put(2, 3, 10), 100), patch, Strong(Absent(110, 111))})),
              IsEmpty());
  EXPECT_THAT(Faults(Check({Put(2, 3, 10), patch, Strong(Absent(110, 111))})),
              ElementsAre("lost_write"));
}

// G3

TEST(CheckerTest, SessionReadsTheirWrites) {
  const Operation write = Received(Put(2, 3, 20), 7);
  const std::vector<Operation> before{Put(0, 1, 10), write};
  EXPECT_THAT(Faults(Check({before[0], write, Given(Get(4, 5, 10), 7)})),
              ElementsAre("session_read"));
  EXPECT_THAT(Faults(Check({before[0], write, Given(Get(4, 5, 10), 6)})), IsEmpty());
  EXPECT_THAT(Faults(Check({before[0], write, Given(Get(4, 5, 20), 7)})), IsEmpty());
  EXPECT_THAT(Faults(Check({before[0], write, Get(4, 5, 10)})), IsEmpty());
  EXPECT_THAT(Faults(Check({before[0], write, Given(Absent(4, 5), 7)})),
              ElementsAre("session_read"));
}

TEST(CheckerTest, SessionReadsAreMonotonic) {
  // A deletion under way is seen by one read and not by the next.
  EXPECT_THAT(Faults(Check({Put(0, 1, 10), Put(2, 900, 20), Received(Get(3, 4, 20), 5),
                            Given(Get(6, 7, 10), 5)})),
              ElementsAre("session_read"));
}

TEST(CheckerTest, OtherIncarnationsPromiseNothing) {
  Operation other = Given(Get(4, 5, 10), 7);
  other.given_incarnation = 2;
  EXPECT_THAT(Faults(Check({Put(0, 1, 10), Received(Put(2, 3, 20), 7), other})), IsEmpty());
}

TEST(CheckerTest, TokensDoNotGoBack) {
  EXPECT_THAT(Faults(Check({Put(0, 1, 10), Received(Given(Get(2, 3, 10), 7), 6)})),
              ElementsAre("token_went_back"));
  EXPECT_THAT(Faults(Check({Received(Given(Put(0, 1, 10), 7), 6)})),
              ElementsAre("token_went_back"));
}

// G4 and G1

TEST(CheckerTest, StrongReadsAreLinearizable) {
  EXPECT_THAT(
      Faults(Check({Put(0, 1, 10), Put(2, 3, 20), Strong(Get(4, 5, 10)), Strong(Get(6, 7, 20))})),
      ElementsAre("strong_read"));
  EXPECT_THAT(
      Faults(Check({Put(0, 1, 10), Put(2, 30, 20), Strong(Get(4, 5, 10)), Strong(Get(6, 7, 20))})),
      IsEmpty());
  EXPECT_THAT(
      Faults(Check({Put(0, 1, 10), Put(2, 30, 20), Strong(Get(4, 5, 20)), Strong(Get(6, 7, 10))})),
      ElementsAre("strong_read"));
}

TEST(CheckerTest, LastStrongReadShowsALoss) {
  const std::vector<Operation> lost{Put(0, 1, 10), Put(2, 3, 20), Strong(Get(4, 5, 10)),
                                    Strong(Get(6, 7, 10))};
  const CheckResult result = Check(lost);
  ASSERT_THAT(Faults(result), ElementsAre("lost_write"));
  EXPECT_EQ(result.violations.front().other, lost[1]);
  EXPECT_THAT(Faults(Check({Put(0, 1, 10), Strong(Absent(4, 5))})), ElementsAre("lost_write"));
  // A lost deletion brings the value back.
  EXPECT_THAT(Faults(Check({Put(0, 1, 10), Delete(2, 3, 20), Strong(Get(4, 5, 10))})),
              ElementsAre("lost_write"));
  // A deletion that finds nothing is a look into the database.
  Operation nothing = Delete(4, 5, 0);
  nothing.outcome = Outcome::kAbsent;
  EXPECT_THAT(Faults(Check({Put(0, 1, 10), nothing})), ElementsAre("lost_write"));
}

TEST(CheckerTest, KeysThatNobodyReadBackAreTold) {
  EXPECT_EQ(Check({Put(0, 1, 10), Get(300, 301, 10)}).counts.keys_not_read_back, 1U);
  EXPECT_EQ(Check({Put(0, 1, 10), Strong(Get(300, 301, 10))}).counts.keys_not_read_back, 0U);
  EXPECT_EQ(Check({Get(300, 301, 0)}).counts.keys_not_read_back, 0U);
}

TEST(CheckerTest, VersionsOfWritesGrow) {
  EXPECT_THAT(Faults(Check({Put(0, 1, 20), Put(2, 3, 10)})), ElementsAre("write_order"));
  EXPECT_THAT(Faults(Check({Put(0, 3, 20), Put(2, 3, 10)})), IsEmpty());
  EXPECT_THAT(Faults(Check({Put(0, 9, 20), Get(1, 2, 20), Delete(3, 4, 10)})),
              ElementsAre("write_order"));
}

TEST(CheckerTest, TwoWritesShareAVersion) {
  Operation other = Put(2, 3, 10);
  other.digest = 77;
  EXPECT_THAT(Faults(Check({Put(0, 1, 10), other})), ElementsAre("same_version"));
  EXPECT_THAT(Faults(Check({Put(0, 5, 10), Delete(2, 3, 10)})), ElementsAre("same_version"));
}

TEST(CheckerTest, ReadFromTheFuture) {
  EXPECT_THAT(Faults(Check({Get(0, 1, 10), Put(2, 3, 10)})), ElementsAre("from_future"));
  EXPECT_THAT(Faults(Check({Get(0, 2, 10), Put(2, 3, 10)})), IsEmpty());
}

TEST(CheckerTest, VersionThatNobodyWrote) {
  const CheckResult result = Check({Put(0, 1, 10), Get(2, 3, 15), Get(4, 5, 15), Get(6, 7, 10)});
  EXPECT_THAT(Faults(result), ElementsAre("nobody_wrote"));
  const CheckOptions outside{.outside_writers = true};
  EXPECT_THAT(Faults(Check({Put(0, 1, 10), Get(2, 3, 15), Get(300, 301, 10)}, outside)),
              ElementsAre("stale_read"));
  EXPECT_EQ(Check({Put(0, 1, 10), Get(2, 3, 15)}, outside).counts.outside_versions, 1U);
  EXPECT_THAT(Faults(Check({Put(0, 1, 10), Absent(300, 301)}, outside)), IsEmpty());
}

TEST(CheckerTest, WhatFailedIsNotSeen) {
  Operation failed = Put(2, 3, 0);
  failed.outcome = Outcome::kFailed;
  failed.digest = 15;
  const CheckResult result = Check({Put(0, 1, 10), failed, Get(4, 5, 15)});
  ASSERT_THAT(Faults(result), ElementsAre("nobody_wrote"));
  EXPECT_EQ(result.violations.front().other, failed);
}

TEST(CheckerTest, UnknownWritesMayTakeEffectOnce) {
  const Operation write = Unknown(Put(2, 3, 20));
  const CheckResult seen = Check({Put(0, 1, 10), write, Get(900, 901, 20)});
  EXPECT_THAT(Faults(seen), IsEmpty());
  EXPECT_EQ(seen.counts.unknown_writes, 1U);
  EXPECT_EQ(seen.counts.unknown_writes_seen, 1U);
  // Its value with a second version.
  Operation again = Get(950, 951, 30);
  again.digest = 20;
  EXPECT_THAT(Faults(Check({Put(0, 1, 10), write, Get(900, 901, 20), again})),
              ElementsAre("nobody_wrote"));
  // Before it began.
  EXPECT_THAT(Faults(Check({Get(0, 1, 20), write})), ElementsAre("nobody_wrote"));
  // A patch's result is not known: it may be any value.
  EXPECT_THAT(Faults(Check({Put(0, 1, 10), Unknown(Op(Kind::kPatch, 2, 3, 0)), Get(5, 6, 33)})),
              IsEmpty());
}

TEST(CheckerTest, ValuesBelongToVersions) {
  Operation other = Get(2, 3, 10);
  other.digest = 11;
  EXPECT_THAT(Faults(Check({Put(0, 1, 10), other})), ElementsAre("wrong_value"));
  EXPECT_THAT(Faults(Check({Put(0, 1, 5), Delete(2, 3, 10), Get(4, 5, 10)})),
              ElementsAre("wrong_value"));
  // Nobody knows what a patch made, but all must see the same.
  EXPECT_THAT(Faults(Check({Put(0, 1, 5), Op(Kind::kPatch, 2, 3, 10), Get(4, 5, 10), other})),
              ElementsAre("wrong_value"));
}

// Plants one violation of a kind into correct histories, which must be all that is found.

class Planted : public testing::TestWithParam<Fault> {
 protected:
  // Operations on a key of their own, in the midst of the others, that break one promise.
  static std::vector<Operation> Break(Fault fault) {
    switch (fault) {
      case Fault::kLost:
        return {Put(0, 1, 10), Put(2, 3, 20), Strong(Get(4, 5, 10))};
      case Fault::kStaleRead:
        return {Put(0, 1, 10), Put(2, 3, 20), Get(300, 301, 10), Strong(Get(310, 311, 20))};
      case Fault::kSession:
        return {Put(0, 1, 10), Received(Put(2, 3, 20), 7), Given(Get(4, 5, 10), 7)};
      case Fault::kToken:
        return {Put(0, 1, 10), Received(Given(Get(4, 5, 10), 7), 6)};
      case Fault::kStrongRead:
        return {Put(0, 1, 10), Put(2, 3, 20), Strong(Get(4, 5, 10)), Get(6, 7, 20)};
      case Fault::kWriteOrder:
        return {Put(0, 1, 10), Put(2, 3, 20), Put(4, 5, 15), Get(6, 7, 20)};
      case Fault::kFromFuture:
        return {Get(0, 1, 10), Put(2, 3, 10), Get(6, 7, 10)};
      case Fault::kSameVersion:
        return {Put(0, 1, 10), Put(2, 3, 10), Get(6, 7, 10)};
      case Fault::kNobodyWrote:
        return {Put(0, 1, 10), Get(2, 3, 15), Get(6, 7, 10)};
      case Fault::kWrongValue:
        break;
    }
    Operation wrong = Get(4, 5, 10);
    wrong.digest = 99;
    return {Put(0, 1, 10), wrong, Get(6, 7, 10)};
  }
};

TEST_P(Planted, IsAllThatIsFound) {
  SeededRandom random(static_cast<std::uint64_t>(GetParam()) + 100);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    ModelOptions options;
    options.keys = 5;
    std::vector<Operation> operations = ModelHistory(options, seed).operations();
    std::vector<Operation> planted = Break(GetParam());
    const auto shift = static_cast<std::int64_t>(1'000'000'000 + random.Below(1'500'000'000));
    for (Operation& operation : planted) {
      operation.key = options.keys;
      operation.start_ns += shift;
      operation.end_ns += shift;
      operation.client = 100;
      operations.insert(
          operations.begin() + static_cast<std::ptrdiff_t>(random.Below(operations.size() + 1)),
          operation);
    }
    const CheckResult result = Check(operations);
    ASSERT_THAT(Faults(result), ElementsAre(std::string(FaultName(GetParam())))) << seed;
    EXPECT_EQ(result.violations.front().operation.key, options.keys);
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, Planted,
                         testing::Values(Fault::kLost, Fault::kStaleRead, Fault::kSession,
                                         Fault::kToken, Fault::kStrongRead, Fault::kWriteOrder,
                                         Fault::kFromFuture, Fault::kSameVersion,
                                         Fault::kNobodyWrote, Fault::kWrongValue));

// Turns one read of a correct history into one of an older version than it may return.
TEST(CheckerTest, EveryReadThatGoesTooFarBackIsFound) {
  int tried = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    ModelOptions options;
    options.keys = 1;
    options.unknown_percent = 0;
    options.expiry = false;
    const std::vector<Operation> correct = ModelHistory(options, seed).operations();
    for (std::size_t i = 0; i < correct.size(); i += 7) {
      const Operation& read = correct[i];
      if (read.kind != Kind::kGet || read.outcome != Outcome::kOk || read.Has(kStaleMark)) continue;
      const std::int64_t bound = read.Has(kStrongMark) ? 0
                                 : read.limit_ms == 0
                                     ? options.staleness_ns
                                     : std::min(options.staleness_ns, read.limit_ms * kMs);
      // The newest put that an acknowledged write had replaced by then, and what replaced it.
      const Operation* needed = nullptr;
      for (const Operation& write : correct) {
        if (write.IsWrite() && write.outcome == Outcome::kOk &&
            write.end_ns < read.start_ns - bound &&
            (needed == nullptr || write.version > needed->version)) {
          needed = &write;
        }
      }
      const Operation* old = nullptr;
      for (const Operation& write : correct) {
        if (needed != nullptr && write.kind == Kind::kPut && write.outcome == Outcome::kOk &&
            write.version < needed->version && (old == nullptr || write.version > old->version)) {
          old = &write;
        }
      }
      if (old == nullptr) continue;
      ++tried;
      std::vector<Operation> broken = correct;
      broken[i].version = old->version;
      broken[i].digest = old->digest;
      broken[i].given_incarnation = 0;
      const CheckResult result = Check(broken);
      ASSERT_EQ(result.counts.violations_total(), 1U) << Explain(broken, result);
      EXPECT_EQ(result.violations.front().operation, broken[i]);
    }
  }
  EXPECT_GT(tried, 300);
}

// The report

TEST(CheckReportTest, ShowsWhatHappened) {
  const std::vector<Operation> operations{Put(0, 1, 10), Put(2, 3, 20), Get(300, 301, 10),
                                          Unknown(Put(400, 401, 30))};
  const CheckResult result = Check(operations);
  const std::string text = Explain(operations, result);
  EXPECT_THAT(text, HasSubstr("Violation 1 of G2 (stale_read), key c/k0:"));
  EXPECT_THAT(text, HasSubstr("ended 297.000 ms before it was sent, allowed are 250.000: "
                              "47.000 ms too stale"));
  EXPECT_THAT(text, HasSubstr(" *     -298.000 ..     -297.000 ms  client 0.0 "));
  EXPECT_THAT(text, HasSubstr("1  writes with an unknown outcome"));
  EXPECT_THAT(text, HasSubstr("1 violations\n"));
  const History history = MakeHistory(operations);
  const CheckOptions options;
  const std::string json = CheckJson({history, options, result});
  EXPECT_THAT(json,
              HasSubstr("{\"violations_total\":1,\"violations_by_fault\":{\"stale_read\":1}"));
  EXPECT_THAT(json, HasSubstr("\"stale_ms\":297,\"allowed_ms\":250"));
}

}  // namespace
}  // namespace coolkit::bench
