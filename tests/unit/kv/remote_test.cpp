// The read and write paths with other pods: who is asked, what may be kept, and the way out when
// nobody answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/kv/ring_fixture.h"

namespace coolkit::kv {
namespace {

using Refusal = ring::PeerWriteReply::Refusal;

TEST_F(RemoteTest, AMissOfAnothersKeyAsksTheOwnerOnceAndNotTheDatabase) {
  Own(1);
  const auto first = Start(Now());
  const auto second = Start(Now());
  ASSERT_EQ(peers_.reads.size(), 1u);
  EXPECT_EQ(peers_.reads.front().peer, members_[1].id);
  EXPECT_EQ(peers_.reads.front().request.epoch, 1);
  peers_.AnswerRead(store_.life, Item("value", 7, 3, milliseconds(20)));
  loop_.RunReady();
  ASSERT_TRUE(*first && *second);
  EXPECT_EQ((**first)->entry->value(), "value");
  EXPECT_EQ(*(**first)->relay->pod, "pod-1");
  EXPECT_EQ((**first)->staleness, milliseconds(20));
  EXPECT_FALSE((**first)->stored) << "not hot: no copy";
  EXPECT_TRUE((**second)->collapsed);
  EXPECT_TRUE(store_.reads.empty());
  EXPECT_FALSE(ring_service_.TryRead(key(), Now()));
}

TEST_F(RemoteTest, R7TransitMakesTheProofOlderNeverYounger) {
  Own(1);
  clock_.Advance(seconds(60));  // the horizon proves nothing any more
  const auto read = Start(Now());
  clock_.Advance(milliseconds(150));
  ring::PeerReadItem item = Item("value", 7, 3, milliseconds(100));
  item.hot = true;
  peers_.AnswerRead(store_.life, std::move(item));
  loop_.RunReady();
  ASSERT_TRUE(*read);
  EXPECT_EQ((**read)->staleness, milliseconds(250));
  EXPECT_TRUE(ring_service_.TryRead(key(), Now()));
  clock_.Advance(nanoseconds(1));
  EXPECT_FALSE(ring_service_.TryRead(key(), Now())) << "counted from when the request was sent";
}

TEST_F(RemoteTest, AHotKeyIsCopiedAndTheCopyIsNear) {
  Own(1);
  static_cast<void>(Start(Now()));
  ring::PeerReadItem item = Item("value", 7, 3);
  item.hot = true;
  peers_.AnswerRead(store_.life, std::move(item));
  loop_.RunReady();
  const auto hit = ring_service_.TryRead(key(), Now());
  ASSERT_TRUE(hit);
  EXPECT_TRUE(hit->near);
  EXPECT_EQ(metrics_.near_hits.Value(), 1u);
}

TEST_F(RemoteTest, AKeyThatIsReadHereAgainIsCopied) {
  Own(1);
  for (int n = 0; n < 2; ++n) {
    EXPECT_FALSE(ring_service_.TryRead(key(), Now())) << n;
    static_cast<void>(Start(Now()));
    peers_.AnswerRead(store_.life, Item("value", 7, 3));
    loop_.RunReady();
  }
  ASSERT_TRUE(ring_service_.TryRead(key(), Now()));
  EXPECT_TRUE(ring_service_.TryRead(key(), Now())->near);
  // R1: the copy goes when the feed says that the key has changed.
  model::ChangeSet changes;
  changes.keys.push_back({key_, {9}});
  cache_.Apply(changes, {5});
  EXPECT_FALSE(ring_service_.TryRead(key(), Now()));
}

TEST_F(RemoteTest, AKeyThatIsReadSeldomIsNotCopied) {
  Own(1);
  for (int n = 0; n < 5; ++n) {
    static_cast<void>(Start(Now()));
    peers_.AnswerRead(store_.life, Item("value", 7, 3));
    loop_.RunReady();
    EXPECT_FALSE(cache_.Peek(key())) << n;
    clock_.Advance(seconds(10));
  }
}

TEST_F(RemoteTest, WithHotCopiesOnlyReadingAgainMakesNone) {
  Own(1);
  ServiceOptions options;
  options.only_hot_copies = true;
  Service only_hot{
      {cache_, flights_, store_, state_, metrics_, clock_, &router_, &peers_, &peer_flights_},
      options};
  for (int n = 0; n < 5; ++n) {
    net::Detach(only_hot.Read(key_, Now(), loop_),
                [](const Result<ReadAnswer>& answer) { EXPECT_TRUE(answer); });
    peers_.AnswerRead(store_.life, Item("value", 7, 3));
    loop_.RunReady();
  }
  EXPECT_FALSE(cache_.Peek(key()));
}

TEST_F(RemoteTest, R12AnAnswerOfAnotherLifeIsNone) {
  Own(1);
  model::Incarnation other = store_.life;
  for (const int step : {-1, 1}) {
    other.base = store_.life.base + step;
    other.id[0] = 77;
    const auto read = Start(Now());
    peers_.AnswerRead(other, Item("of another life", 7, 3));
    loop_.RunReady();
    ASSERT_EQ(store_.reads.size(), 1u) << "the database is asked";
    store_.AnswerRead("value", 7, 3);
    loop_.RunReady();
    EXPECT_EQ((**read)->entry->value(), "value");
    cache_.Erase(key(), {7});
  }
}

TEST_F(RemoteTest, R12WhoMetANewLifeTakesNoAnswerOfTheOldOne) {
  Own(1);
  const model::Incarnation old = store_.life;
  ReadOptions strong = Now();
  strong.strong = true;
  const auto first = Start(strong);
  store_.life.base += 1;
  store_.life.id[0] = 99;
  store_.AnswerRead("new", 9, 2);
  loop_.RunReady();
  const auto read = Start(Now());
  peers_.AnswerRead(old, Item("old", 7, 3));
  loop_.RunReady();
  ASSERT_EQ(store_.reads.size(), 1u) << "though the feed still tells of the old one";
  store_.AnswerRead("new", 9, 2);
  loop_.RunReady();
  EXPECT_EQ((**read)->entry->value(), "new");
}

TEST_F(RemoteTest, R5ACopyThatIsBehindTheFeedIsNotKept) {
  Own(1);
  static_cast<void>(Start(Now()));
  model::ChangeSet changes;
  changes.keys.push_back({key_, {9}});
  cache_.Apply(changes, {5});
  ring::PeerReadItem item = Item("old", 7, 4);
  item.hot = true;
  peers_.AnswerRead(store_.life, std::move(item));
  loop_.RunReady();
  EXPECT_FALSE(cache_.Peek(key()));
}

TEST_F(RemoteTest, WithoutAnAnswerOfTheOwnerTheDatabaseIsAsked) {
  Own(1);
  for (const ErrorCode code :
       {ErrorCode::kConnectionClosed, ErrorCode::kTimeout, ErrorCode::kOverloaded}) {
    const auto read = Start(Now());
    peers_.FailRead(code);
    loop_.RunReady();
    ASSERT_EQ(store_.reads.size(), 1u);
    store_.AnswerRead("value", 7, 3);
    loop_.RunReady();
    ASSERT_TRUE(*read && (*read)->has_value());
    EXPECT_FALSE((**read)->relay);
    clock_.Advance(seconds(1));
  }
}

TEST_F(RemoteTest, TheOwnerIsAskedAgainWhenTheDatabaseIsSilent) {
  Own(1);
  clock_.Advance(seconds(60));
  const auto read = Start(Now());
  for (int second = 0; second < 3; ++second) {
    ASSERT_EQ(peers_.reads.size(), 1u);
    peers_.FailRead(ErrorCode::kTimeout);
    loop_.RunFor(milliseconds(999));
    EXPECT_TRUE(peers_.reads.empty());
    loop_.RunFor(milliseconds(1));
  }
  ASSERT_EQ(peers_.reads.size(), 1u);
  ring::PeerReadItem item = Item("value", 7, 3, seconds(60));
  item.stale = true;
  peers_.AnswerRead(store_.life, std::move(item));
  loop_.RunReady();
  ASSERT_TRUE(*read && (*read)->has_value());
  EXPECT_TRUE((**read)->relay->stale);
}

TEST_F(RemoteTest, WhatNobodyHasIsWaitedForUntilTheDeadline) {
  Own(1);
  clock_.Advance(seconds(60));
  const auto read = Start(Now());
  for (int second = 0; second < 10; ++second) {
    EXPECT_FALSE(*read);
    peers_.FailRead(ErrorCode::kTimeout);
    loop_.RunFor(seconds(1));
  }
  ASSERT_TRUE(*read);
  EXPECT_EQ((*read)->error().code, ErrorCode::kDeadlineExceeded);
}

TEST_F(RemoteTest, StrongReadsGoToTheDatabaseAndNotToPeers) {
  Own(1);
  ReadOptions options = Now();
  options.strong = true;
  static_cast<void>(Start(options));
  EXPECT_TRUE(peers_.reads.empty());
  EXPECT_EQ(store_.reads.size(), 1u);
  store_.AnswerRead("value", 7, 3);
  loop_.RunReady();
}

TEST_F(RemoteTest, OnlyIfCachedAsksTheOwnersMemoryAndNothingElse) {
  Own(1);
  ReadOptions options = Now();
  options.only_if_cached = true;
  const auto read = Start(options);
  ASSERT_EQ(peers_.reads.size(), 1u);
  EXPECT_EQ(peers_.reads.front().request.kind, ring::PeerReadRequest::Kind::kCacheOnly);
  peers_.AnswerRead(store_.life, {});
  loop_.RunReady();
  ASSERT_TRUE(*read);
  EXPECT_EQ((*read)->error().code, ErrorCode::kNotCached);
  EXPECT_TRUE(store_.reads.empty());
}

TEST_F(RemoteTest, ANewOwnerLooksIntoThePreviousOnesCacheFirst) {
  Own(1);
  Own(0, 1);
  const auto read = Start(Now());
  ASSERT_EQ(peers_.reads.size(), 1u);
  EXPECT_EQ(peers_.reads.front().peer, members_[1].id);
  EXPECT_EQ(peers_.reads.front().request.kind, ring::PeerReadRequest::Kind::kCacheOnly) << "R17";
  peers_.AnswerRead(store_.life, Item("value", 7, 3));
  loop_.RunReady();
  ASSERT_TRUE(*read);
  EXPECT_TRUE((**read)->stored);
  EXPECT_TRUE(store_.reads.empty());
}

TEST_F(RemoteTest, WhatThePreviousOwnerDoesNotHaveIsLoaded) {
  Own(1);
  Own(0, 1);
  const auto read = Start(Now());
  peers_.AnswerRead(store_.life, {});
  ASSERT_EQ(store_.reads.size(), 1u);
  store_.AnswerRead("value", 7, 3);
  loop_.RunReady();
  EXPECT_TRUE(*read);
}

TEST_F(RemoteTest, WritesGoToTheOwner) {
  Own(1);
  const auto put = StartPut("value");
  ASSERT_EQ(peers_.writes.size(), 1u);
  EXPECT_TRUE(store_.writes.empty());
  auto write = peers_.TakeWrite();
  ring::PeerWriteReply reply;
  reply.items.resize(1);
  reply.items[0].done = true;
  reply.items[0].outcome.version = {42};
  reply.items[0].incarnation = store_.life;
  reply.items[0].position = {6};
  write.done(std::move(reply));
  loop_.RunReady();
  ASSERT_TRUE(*put && (*put)->has_value());
  EXPECT_EQ((**put)->outcome.version, model::Version{42});
  EXPECT_EQ((**put)->token.position, model::Position{6});
}

TEST_F(RemoteTest, R18AWriteThatSurelyWasNotTakenIsDoneHere) {
  Own(1);
  for (int n = 0; n < 5; ++n) {
    const auto put = StartPut("value");
    if (n == 0) peers_.RefuseWrite(Refusal::kNotOwner);
    if (n == 1) peers_.RefuseWrite(Refusal::kDraining);
    if (n == 2) peers_.RefuseWrite(Refusal::kOverloaded);
    if (n == 3) peers_.FailWrite(ErrorCode::kConnectionClosed);
    if (n == 4) peers_.FailWrite(ErrorCode::kOverloaded);
    loop_.RunReady();
    ASSERT_EQ(store_.writes.size(), 1u) << n;
    store_.AnswerWrite(10 + n, 3);
    loop_.RunReady();
    EXPECT_TRUE(*put && (*put)->has_value());
  }
}

TEST_F(RemoteTest, R18AWriteThatMayHaveBeenTakenIsUnknownAndNeverDoneAgain) {
  Own(1);
  const auto put = StartPut("value");
  peers_.FailWrite(ErrorCode::kOutcomeUnknown);
  loop_.RunReady();
  ASSERT_TRUE(*put);
  EXPECT_EQ((*put)->error().code, ErrorCode::kOutcomeUnknown);
  EXPECT_TRUE(store_.writes.empty());
}

TEST_F(RemoteTest, ForAPeerThisPodAnswersFromItsCacheWithItsAppliedPosition) {
  Load("value", 7, 3);
  Feed(5);
  clock_.Advance(milliseconds(30));
  const ring::PeerReadReply reply = AskThisPod(ring::PeerReadRequest::Kind::kOwner);
  ASSERT_EQ(reply.items[0].status, Status::kFound);
  EXPECT_EQ(reply.items[0].as_of, model::Position{5}) << "R6: the larger of as_of and applied";
  EXPECT_EQ(reply.items[0].age, milliseconds(30));
  EXPECT_FALSE(reply.items[0].loaded);
  EXPECT_EQ(reply.incarnation, store_.life);
}

TEST_F(RemoteTest, ForAPeerACacheOnlyLookUpNeverLoadsNorAsksOthers) {
  Own(2);
  const ring::PeerReadReply reply = AskThisPod(ring::PeerReadRequest::Kind::kCacheOnly);
  EXPECT_EQ(reply.items[0].status, Status::kNotCached);
  EXPECT_TRUE(store_.reads.empty());
  EXPECT_TRUE(peers_.reads.empty());
}

TEST_F(RemoteTest, R17ForAPeerThisPodLoadsButNeverForwardsEvenIfAnotherOwnsTheKey) {
  Own(2);
  const auto own_request = Start(Now());  // waits on pod 2, rank 0
  ASSERT_EQ(peers_.reads.size(), 1u);
  const ring::PeerReadReply reply = AskThisPod(ring::PeerReadRequest::Kind::kOwner);
  ASSERT_EQ(reply.items[0].status, Status::kFound) << "it must not join the request to pod 2";
  EXPECT_TRUE(reply.items[0].loaded);
  EXPECT_EQ(peers_.reads.size(), 1u);
  peers_.FailRead(ErrorCode::kTimeout);
  loop_.RunReady();
}

TEST_F(RemoteTest, AnEntryTooOldForThePeersRequestIsLoadedAgain) {
  Load("value", 7, 3);
  clock_.Advance(milliseconds(100));
  const ring::PeerReadReply reply =
      AskThisPod(ring::PeerReadRequest::Kind::kOwner, milliseconds(50));
  EXPECT_TRUE(reply.items[0].loaded);
}

TEST_F(RemoteTest, KeysThatPeersAskForAgainAndAgainAreHot) {
  Load("value", 7, 3);
  bool hot = false;
  int asked = 0;
  while (!hot && asked < 100) {
    hot = AskThisPod(ring::PeerReadRequest::Kind::kOwner).items[0].hot;
    ++asked;
  }
  EXPECT_EQ(asked, 8);
  clock_.Advance(seconds(2));
  Feed(5);
  EXPECT_FALSE(AskThisPod(ring::PeerReadRequest::Kind::kOwner).items[0].hot);
}

TEST_F(RemoteTest, WritesOfKeysThatThisPodDoesNotOwnAreRefused) {
  Own(2);
  ring::PeerWriteRequest request;
  request.ops.push_back(Put("value"));
  std::optional<ring::PeerWriteReply> got;
  peer_service_.OnWrite(members_[1].id, std::move(request), loop_,
                        [&got](ring::PeerWriteReply reply) { got = std::move(reply); });
  ASSERT_TRUE(got);
  EXPECT_EQ(got->refusal, Refusal::kNotOwner);
  EXPECT_TRUE(store_.writes.empty());
}

TEST_F(RemoteTest, PushedEntriesEnterByR5AndWithoutAnAge) {
  Own(0, 1);
  ring::PeerPush push;
  push.incarnation = store_.life;
  push.items.push_back({Item("value", 7, 3).entry, {3}, {3}});
  std::optional<ring::PeerPushReply> got;
  peer_service_.OnPush(members_[1].id, std::move(push), loop_,
                       [&got](ring::PeerPushReply reply) { got = reply; });
  ASSERT_TRUE(got);
  EXPECT_EQ(got->admitted, 1u);
  EXPECT_TRUE(ring_service_.TryRead(key(), Now())) << "the horizon proves it";
  clock_.Advance(kB + nanoseconds(1));
  EXPECT_FALSE(ring_service_.TryRead(key(), Now())) << "nothing else does";
}

}  // namespace
}  // namespace coolkit::kv
