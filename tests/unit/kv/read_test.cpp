#include <gtest/gtest.h>

#include "unit/kv/fixture.h"

namespace coolkit::kv {
namespace {

class ReadTest : public ServiceTest {};

TEST_F(ReadTest, AMissLoadsOnceAndThenHits) {
  const auto first = StartRead(Now());
  ASSERT_EQ(store_.reads.size(), 1u);
  store_.AnswerRead("value", 7, 3);
  loop_.RunReady();
  ASSERT_TRUE(*first);
  EXPECT_EQ((**first)->entry->value(), "value");
  EXPECT_EQ((**first)->source, Source::kMiss);
  EXPECT_TRUE((**first)->stored);
  EXPECT_FALSE((**first)->collapsed);

  const auto hit = service_.TryRead(key(), Now());
  ASSERT_TRUE(hit);
  EXPECT_EQ(hit->source, Source::kHit);
  EXPECT_EQ(hit->entry->version(), model::Version{7});
  EXPECT_TRUE(store_.reads.empty());
}

TEST_F(ReadTest, AbsenceIsCachedToo) {
  Load("", 9, 3);
  const auto hit = service_.TryRead(key(), Now());
  ASSERT_TRUE(hit);
  EXPECT_FALSE(hit->entry->present());
  EXPECT_EQ(metrics_.negative_hits.Value(), 1u);
}

TEST_F(ReadTest, R8AnEntryAnswersUpToBAfterItsOwnProof) {
  Load("value", 7, 3);
  clock_.Advance(kB);
  EXPECT_TRUE(service_.TryRead(key(), Now()));
  clock_.Advance(nanoseconds(1));
  EXPECT_FALSE(service_.TryRead(key(), Now()));
}

TEST_F(ReadTest, R8TheHorizonProvesOldEntries) {
  Load("value", 7, 3);
  clock_.Advance(seconds(60));
  Feed(5);
  const auto hit = service_.TryRead(key(), Now());
  ASSERT_TRUE(hit);
  EXPECT_EQ(hit->staleness, nanoseconds(0));
  clock_.Advance(milliseconds(100));
  EXPECT_EQ(service_.TryRead(key(), Now())->staleness, milliseconds(100));
}

TEST_F(ReadTest, ARequestCanTightenTheBound) {
  Load("value", 7, 3);
  clock_.Advance(milliseconds(20));
  ReadOptions options = Now();
  options.staleness_max = milliseconds(10);
  EXPECT_FALSE(service_.TryRead(key(), options));
  options.staleness_max = milliseconds(20);
  EXPECT_TRUE(service_.TryRead(key(), options));
}

TEST_F(ReadTest, ARequestCanNotLoosenTheBound) {
  Load("value", 7, 3);
  clock_.Advance(seconds(1));
  ReadOptions options = Now();
  options.staleness_max = seconds(60);
  EXPECT_FALSE(service_.TryRead(key(), options));
}

TEST_F(ReadTest, AnEntryThatCanNotBeProvenIsLoadedAgain) {
  Load("value", 7, 3);
  clock_.Advance(seconds(1));
  const auto read = StartRead(Now());
  ASSERT_EQ(store_.reads.size(), 1u);
  store_.AnswerRead("newer", 8, 4);
  loop_.RunReady();
  EXPECT_EQ((**read)->source, Source::kRevalidated);
  EXPECT_EQ(metrics_.unproven.Value(), 1u);
}

TEST_F(ReadTest, ConcurrentMissesShareOneLoad) {
  const auto first = StartRead(Now());
  const auto second = StartRead(Now());
  EXPECT_EQ(store_.reads.size(), 1u);
  store_.AnswerRead("value", 7, 3);
  loop_.RunReady();
  EXPECT_FALSE((**first)->collapsed);
  EXPECT_TRUE((**second)->collapsed);
  EXPECT_EQ(metrics_.collapsed_loads.Value(), 1u);
}

TEST_F(ReadTest, R9ARequestDoesNotTakeALoadThatIsOlderThanB) {
  const auto first = StartRead(Now());
  clock_.Advance(kB + milliseconds(1));
  const auto late = StartRead(Now());
  EXPECT_EQ(store_.reads.size(), 1u);
  store_.AnswerRead("old", 7, 3);
  loop_.RunReady();
  EXPECT_TRUE(*first);
  EXPECT_FALSE(*late);
  ASSERT_EQ(store_.reads.size(), 1u);
  store_.AnswerRead("new", 8, 4);
  loop_.RunReady();
  EXPECT_EQ((**late)->entry->value(), "new");
}

TEST_F(ReadTest, G4AStrongReadNeverUsesMemoryOrALoadSentBeforeIt) {
  Load("value", 7, 3);
  ReadOptions strong = Now();
  strong.strong = true;
  EXPECT_FALSE(service_.TryRead(key(), strong));
  const auto first = StartRead(strong);
  ASSERT_EQ(store_.reads.size(), 1u);
  clock_.Advance(milliseconds(1));
  ReadOptions later = Now();
  later.strong = true;
  const auto second = StartRead(later);
  store_.AnswerRead("one", 8, 4);
  loop_.RunReady();
  EXPECT_TRUE(*first);
  EXPECT_FALSE(*second);
  ASSERT_EQ(store_.reads.size(), 1u);
  store_.AnswerRead("two", 9, 5);
  loop_.RunReady();
  EXPECT_EQ((**second)->entry->value(), "two");
  EXPECT_EQ((**second)->source, Source::kRequested);
}

TEST_F(ReadTest, NoStoreReadsTheDatabaseAndLeavesNothingBehind) {
  ReadOptions options = Now();
  options.store_nothing = true;
  const auto read = StartRead(options);
  store_.AnswerRead("value", 7, 3);
  loop_.RunReady();
  EXPECT_EQ((**read)->entry->value(), "value");
  EXPECT_FALSE((**read)->stored);
  EXPECT_FALSE(cache_.Peek(key()));
}

TEST_F(ReadTest, OnlyIfCachedHoldsBesideNoStore) {
  ReadOptions options = Now();
  options.only_if_cached = true;
  options.store_nothing = true;
  const auto read = StartRead(options);
  EXPECT_TRUE(store_.reads.empty());
  EXPECT_EQ((*read)->error().code, ErrorCode::kNotCached);
}

TEST_F(ReadTest, OnlyIfCachedNeverAsksTheDatabase) {
  ReadOptions options = Now();
  options.only_if_cached = true;
  const auto read = StartRead(options);
  EXPECT_TRUE(store_.reads.empty());
  EXPECT_EQ((*read)->error().code, ErrorCode::kNotCached);
  Load("value", 7, 3);
  options.arrived = clock_.Now();
  EXPECT_TRUE(service_.TryRead(key(), options));
}

TEST_F(ReadTest, R10ATokenIsHonoured) {
  Load("value", 7, 3);
  ReadOptions options = Now();
  options.token = model::Token{store_.life, {3}};
  ASSERT_TRUE(service_.TryRead(key(), options));
  options.token = model::Token{store_.life, {4}};
  EXPECT_FALSE(service_.TryRead(key(), options));
  Feed(4);  // the feed has applied what the client saw elsewhere
  const auto hit = service_.TryRead(key(), options);
  ASSERT_TRUE(hit);
  EXPECT_EQ(hit->token.position, model::Position{4});
}

TEST_F(ReadTest, R10ATokenOfAnotherLifeReadsTheDatabaseAndGetsANewOne) {
  Load("value", 7, 3);
  model::Token foreign{store_.life, {1}};
  foreign.incarnation.id[0] = 99;
  ReadOptions options = Now();
  options.token = foreign;
  EXPECT_FALSE(service_.TryRead(key(), options));
  const auto read = StartRead(options);
  ASSERT_EQ(store_.reads.size(), 1u);
  store_.AnswerRead("value", 7, 5);
  loop_.RunReady();
  EXPECT_EQ((**read)->token.incarnation, store_.life);
  EXPECT_EQ((**read)->token.position, model::Position{5});
}

TEST_F(ReadTest, R15AnEntryThatMayHaveExpiredIsTheDatabasesToJudge) {
  Load("value", 7, 3, store_.DbNow() + milliseconds(100));
  EXPECT_EQ(service_.TryRead(key(), Now())->ttl, milliseconds(100));
  clock_.Advance(milliseconds(100));
  EXPECT_FALSE(service_.TryRead(key(), Now()));
  const auto read = StartRead(Now());
  EXPECT_EQ(store_.reads.size(), 1u);
  store_.AnswerRead("", 7, 4);
  loop_.RunReady();
  EXPECT_FALSE((**read)->entry->present());
  EXPECT_EQ(metrics_.expired.Value(), 1u);
}

TEST_F(ReadTest, R15AJoinerIsNotShownWhatMayHaveExpiredBeforeItArrived) {
  const auto leader = StartRead(Now());
  const DbTime expires_at = store_.DbNow() + milliseconds(50);
  clock_.Advance(milliseconds(60));
  const auto joiner = StartRead(Now());
  ASSERT_EQ(store_.reads.size(), 1u);
  store_.AnswerRead("value", 7, 3, expires_at);
  loop_.RunReady();
  EXPECT_TRUE(*leader);
  EXPECT_FALSE(*joiner);
  ASSERT_EQ(store_.reads.size(), 1u);
  store_.AnswerRead("", 7, 4);
  loop_.RunReady();
  EXPECT_FALSE((**joiner)->entry->present());
}

TEST_F(ReadTest, AWaiterGivesUpAtItsOwnDeadlineAndTheLoadStillFillsTheCache) {
  const auto leader = StartRead(Now());
  ReadOptions hurried = Now();
  hurried.deadline = clock_.Now() + milliseconds(50);
  const auto waiter = StartRead(hurried);
  loop_.RunFor(milliseconds(60));
  ASSERT_TRUE(*waiter);
  EXPECT_EQ((*waiter)->error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_FALSE(*leader);
  store_.AnswerRead("value", 7, 3);
  loop_.RunReady();
  EXPECT_TRUE(*leader);
  EXPECT_TRUE(cache_.Peek(key()));
}

TEST_F(ReadTest, TheDeadlineOfTheLeaderIsNotThatOfItsWaiters) {
  ReadOptions hurried = Now();
  hurried.deadline = clock_.Now() + milliseconds(50);
  const auto leader = StartRead(hurried);
  const auto waiter = StartRead(Now());
  clock_.Advance(milliseconds(60));
  store_.FailRead(ErrorCode::kDeadlineExceeded);
  loop_.RunReady();
  EXPECT_EQ((*leader)->error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_FALSE(*waiter);
  ASSERT_EQ(store_.reads.size(), 1u);
  store_.AnswerRead("value", 7, 3);
  loop_.RunReady();
  EXPECT_EQ((**waiter)->entry->value(), "value");
}

TEST_F(ReadTest, R12AnEntryOfAnotherLifeThanTheSampledOneDoesNotAnswer) {
  Load("value", 7, 3);
  model::Incarnation next = store_.life;
  next.id[0] = 99;
  state_.Publish(next, {1}, {clock_.Now(), store_.DbNow()});
  EXPECT_FALSE(service_.TryRead(key(), Now()));
}

// Until the feed is there, too, the horizon of the old life would still let it answer.
TEST_F(ReadTest, R12AnAnswerOfANewLifeDropsWhatIsOfTheOldOne) {
  Load("value", 7, 3);
  ASSERT_TRUE(service_.TryRead(key(), Now()));
  store_.life.base += 1;
  store_.life.id[0] = 99;
  const auto other = StartRead(Now(), "other");
  store_.AnswerRead("x", 8, 2);
  loop_.RunReady();
  ASSERT_TRUE(other->has_value() && (*other)->has_value());
  EXPECT_FALSE(service_.TryRead(key(), Now()));
  EXPECT_FALSE(service_.TryRead(model::Key("things", "other").ref(), Now())) << "nor by that proof";
  const auto again = StartRead(Now());
  ASSERT_EQ(store_.reads.size(), 1u) << "the database is asked";
  store_.AnswerRead("new", 9, 2);
  loop_.RunReady();
  EXPECT_EQ((**again)->entry->value(), "new");
  cache_.Reset(store_.life, {2});
  Feed(2);
  Load("new", 9, 2);
  EXPECT_EQ(service_.TryRead(key(), Now())->entry->value(), "new") << "the feed has come there";
}

TEST_F(ReadTest, AFailedLoadFreesAllWaiters) {
  const auto first = StartRead(Now());
  const auto second = StartRead(Now());
  store_.FailRead(ErrorCode::kStorageError);
  loop_.RunReady();
  EXPECT_EQ((*first)->error().code, ErrorCode::kStorageError);
  EXPECT_EQ((*second)->error().code, ErrorCode::kStorageError);
}

TEST_F(ReadTest, LoadsInFlightAreBounded) {
  ServiceOptions options;
  options.loads_in_flight_max = 1;
  Service narrow({cache_, flights_, store_, state_, metrics_, clock_}, options);
  std::optional<Result<ReadAnswer>> refused;
  net::Detach(narrow.Read(model::Key("things", "a"), Now(), loop_), [](Result<ReadAnswer>) {});
  net::Detach(narrow.Read(model::Key("things", "b"), Now(), loop_),
              [&](Result<ReadAnswer> answer) { refused.emplace(std::move(answer)); });
  loop_.RunReady();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(metrics_.loads_refused.Value(), 1u);
  store_.AnswerRead("x", 1, 1);
  loop_.RunReady();
}

class OutageTest : public ServiceTest {
 protected:
  Result<ReadAnswer> ReadDuringOutage(const ReadOptions& options) {
    const auto read = StartRead(options);
    store_.FailRead(ErrorCode::kDatabaseUnavailable);
    loop_.RunReady();
    return std::move(**read);
  }
};

TEST_F(OutageTest, AnswersStaleAndSaysSo) {
  Load("value", 7, 3);
  clock_.Advance(seconds(30));
  const auto answer = ReadDuringOutage(Now());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->source, Source::kStale);
  EXPECT_EQ(answer->staleness, seconds(30));
}

TEST_F(OutageTest, ForAtMostTheSetTime) {
  Load("value", 7, 3);
  clock_.Advance(seconds(301));
  EXPECT_EQ(ReadDuringOutage(Now()).error().code, ErrorCode::kDatabaseUnavailable);
}

TEST_F(OutageTest, AsFarAsTheRequestAllows) {
  Load("value", 7, 3);
  clock_.Advance(seconds(30));
  ReadOptions options = Now();
  options.stale_if_error_max = seconds(0);
  EXPECT_FALSE(ReadDuringOutage(options));
  options.stale_if_error_max = seconds(31);
  EXPECT_TRUE(ReadDuringOutage(options));
  options.staleness_max = seconds(10);
  EXPECT_FALSE(ReadDuringOutage(options));
}

TEST_F(OutageTest, R10ATokenIsHonouredAlsoThen) {
  Load("value", 7, 3);
  clock_.Advance(seconds(30));
  ReadOptions options = Now();
  options.token = model::Token{store_.life, {4}};
  EXPECT_FALSE(ReadDuringOutage(options));
  options.token = model::Token{store_.life, {3}};
  EXPECT_TRUE(ReadDuringOutage(options));
}

TEST_F(OutageTest, NotWhatMayHaveExpired) {
  Load("value", 7, 3, store_.DbNow() + seconds(20));
  clock_.Advance(seconds(30));
  EXPECT_FALSE(ReadDuringOutage(Now()));
}

TEST_F(OutageTest, NeverForAStrongRead) {
  Load("value", 7, 3);
  ReadOptions options = Now();
  options.strong = true;
  EXPECT_FALSE(ReadDuringOutage(options));
}

TEST_F(OutageTest, NotForOverload) {
  Load("value", 7, 3);
  clock_.Advance(seconds(1));
  const auto read = StartRead(Now());
  store_.FailRead(ErrorCode::kOverloaded);
  loop_.RunReady();
  EXPECT_EQ((*read)->error().code, ErrorCode::kOverloaded);
}

// A database that says nothing at all, to reads of a key that is in memory but can't be proven.
class SilentTest : public ServiceTest {
 protected:
  static constexpr milliseconds kPatience{1'000};
  static constexpr milliseconds kAskEvery{5'000};

  SilentTest() {
    Load("value", 7, 3);
    clock_.Advance(seconds(30));
  }
  void TearDown() override { Pass(seconds(20)); }  // the reads that still wait end
  void Pass(nanoseconds time) { loop_.RunFor(time); }
  // One read has found out.
  void FindOut() {
    const auto read = StartRead(Now());
    Pass(kPatience);
    ASSERT_TRUE(read->has_value() && (*read)->has_value());
    ASSERT_EQ((**read)->source, Source::kStale);
  }
};

TEST_F(SilentTest, AReadThatMemoryCanAnswerWaitsForAMoment) {
  const auto read = StartRead(Now());
  Pass(kPatience - nanoseconds(1));
  EXPECT_FALSE(*read);
  Pass(nanoseconds(1));
  ASSERT_TRUE(*read);
  EXPECT_EQ((**read)->source, Source::kStale);
  EXPECT_EQ((**read)->staleness, seconds(31));
  EXPECT_EQ(metrics_.waits_given_up.Value(), 1u);
}

TEST_F(SilentTest, ThenTheOthersDoNotWaitButForOneAtATime) {
  FindOut();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(*StartRead(Now()));
  Pass(kAskEvery);
  const auto asks = StartRead(Now());
  EXPECT_FALSE(*asks);
  EXPECT_TRUE(*StartRead(Now()));
  Pass(kPatience);
  EXPECT_TRUE(*asks);
}

TEST_F(SilentTest, UntilTheDatabaseIsHeard) {
  FindOut();
  store_.AnswerRead("newer", 8, 4);
  Pass(seconds(1));
  const auto read = StartRead(Now());
  EXPECT_FALSE(*read);
  store_.AnswerRead("newest", 9, 5);
  loop_.RunReady();
  ASSERT_TRUE(*read);
  EXPECT_EQ((**read)->entry->version(), model::Version{9});
}

TEST_F(SilentTest, TheFeedHearsItToo) {
  FindOut();
  Feed(4);
  Pass(kB + nanoseconds(1));
  EXPECT_FALSE(*StartRead(Now()));
}

TEST_F(SilentTest, ADatabaseThatIsOnlySlowIsWaitedFor) {
  const auto read = StartRead(Now());
  const auto other = StartRead(Now(), "other");
  Pass(milliseconds(500));
  ASSERT_EQ(store_.reads.size(), 2u);
  std::swap(store_.reads[0], store_.reads[1]);
  store_.AnswerRead("other", 9, 4);
  Pass(milliseconds(500));
  EXPECT_FALSE(*read);
  store_.AnswerRead("newer", 8, 4);
  loop_.RunReady();
  ASSERT_TRUE(*read);
  EXPECT_EQ((**read)->entry->version(), model::Version{8});
}

TEST_F(SilentTest, APodThatStoodStillItselfAsksOnceMore) {
  const auto read = StartRead(Now());
  clock_.Advance(seconds(5));
  Pass(nanoseconds(0));
  EXPECT_FALSE(*read);
  store_.AnswerRead("newer", 8, 4);
  loop_.RunReady();
  ASSERT_TRUE(*read);
  EXPECT_EQ((**read)->entry->version(), model::Version{8});
}

TEST_F(SilentTest, WhatOnlyTheDatabaseMayAnswerWaitsForIt) {
  FindOut();
  ReadOptions strong = Now();
  strong.strong = true;
  ReadOptions tokened = Now();
  tokened.token = model::Token{store_.life, {4}};
  ReadOptions strict = Now();
  strict.stale_if_error_max = nanoseconds(0);
  for (ReadOptions options : {strong, tokened, strict}) {
    options.deadline = Now().deadline;
    const auto read = StartRead(options);
    Pass(seconds(9));
    EXPECT_FALSE(*read);
    Pass(seconds(1));
    ASSERT_TRUE(*read);
    EXPECT_EQ((*read)->error().code, ErrorCode::kDeadlineExceeded);
  }
  const auto unknown = StartRead(Now(), "unknown");
  Pass(seconds(9));
  EXPECT_FALSE(*unknown);
}

}  // namespace
}  // namespace coolkit::kv
