// A batch of keys in a ring: who is asked, how often, and that no key waits for another's load.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/kv/ring_fixture.h"

namespace coolkit::kv {
namespace {

using Kind = ring::PeerReadRequest::Kind;

class ReadManyTest : public RemoteTest {
 protected:
  using Answers = std::vector<Result<ReadAnswer>>;
  auto StartMany(const std::vector<std::string>& names, const ReadOptions& options) {
    std::vector<model::Key> keys;
    for (const std::string& name : names) keys.emplace_back("things", name);
    auto slot = std::make_shared<std::optional<Answers>>();
    net::Detach(ring_service_.ReadMany(std::move(keys), options, loop_),
                [slot](Answers answers) { slot->emplace(std::move(answers)); });
    loop_.RunReady();
    return slot;
  }
  auto StartMany(const std::vector<std::string>& names) { return StartMany(names, Now()); }
  // What the owner answers to the oldest request; an empty value: not cached.
  void AnswerMany(const std::vector<std::string>& values, milliseconds age = milliseconds(0)) {
    auto asked = peers_.TakeRead();
    ASSERT_EQ(asked.request.keys.size(), values.size());
    ring::PeerReadReply reply;
    reply.incarnation = store_.life;
    for (std::size_t i = 0; i < values.size(); ++i) {
      reply.items.push_back(values[i].empty()
                                ? ring::PeerReadItem{}
                                : Item(values[i], 7, 3, age, asked.request.keys[i].key));
    }
    asked.done(std::move(reply));
    loop_.RunReady();
  }
};

TEST_F(ReadManyTest, AnOwnerIsAskedForAllOfItsKeysAtOnce) {
  Own(1);
  const auto read = StartMany({"a", "b", "c"});
  ASSERT_EQ(peers_.reads.size(), 1u);
  EXPECT_EQ(peers_.reads.front().peer, members_[1].id);
  EXPECT_EQ(peers_.reads.front().request.kind, Kind::kCacheOnly) << "R17";
  AnswerMany({"1", "2", "3"}, milliseconds(20));
  ASSERT_TRUE(*read);
  for (std::size_t i = 0; i < 3; ++i) {
    const ReadAnswer& answer = *(**read)[i];
    EXPECT_EQ(answer.entry->value(), std::to_string(i + 1));
    EXPECT_EQ(*answer.relay->pod, "pod-1");
    EXPECT_EQ(answer.staleness, milliseconds(20)) << "R7";
    EXPECT_EQ(answer.token.position, model::Position{3}) << "R10";
  }
  EXPECT_TRUE(peers_.reads.empty() && store_.reads.empty());
  EXPECT_EQ(metrics_.owner_batches.Value(), 1u);
}

TEST_F(ReadManyTest, EachOwnerIsAskedForItsOwnKeysOnly) {
  OwnInTurn();
  std::vector<std::string> names;
  for (int n = 0; n < 60; ++n) names.push_back("key-" + std::to_string(n));
  const auto read = StartMany(names);
  ASSERT_EQ(peers_.reads.size(), 2u) << "the third pod is this one";
  for (const auto& asked : peers_.reads) {
    for (const model::Key& key : asked.request.keys) {
      EXPECT_EQ(router_.For(key.ref().hash, clock_.Now()).owner->id, asked.peer);
    }
  }
  EXPECT_NE(peers_.reads[0].peer, peers_.reads[1].peer);
  const std::size_t remote =
      peers_.reads[0].request.keys.size() + peers_.reads[1].request.keys.size();
  EXPECT_GT(remote, 20u);
  EXPECT_EQ(store_.reads.size(), 0u) << "own keys are not loaded before the owners have answered";
  peers_.FailRead(ErrorCode::kConnectionClosed);
  peers_.FailRead(ErrorCode::kConnectionClosed);
  loop_.RunReady();
  EXPECT_EQ(store_.reads.size(), names.size());
}

TEST_F(ReadManyTest, WhatTheOwnerHasNotInMemoryIsAskedForAloneAndLoadedThere) {
  Own(1);
  const auto read = StartMany({"a", "b", "c"});
  AnswerMany({"1", "", "3"});
  ASSERT_EQ(peers_.reads.size(), 1u);
  EXPECT_EQ(peers_.reads.front().request.kind, Kind::kOwner);
  EXPECT_EQ(peers_.reads.front().request.keys.front().key, "b");
  EXPECT_TRUE(store_.reads.empty());
  AnswerMany({"2"});
  ASSERT_TRUE(*read);
  EXPECT_EQ((**read)[1]->entry->value(), "2");
  EXPECT_EQ((**read)[2]->entry->value(), "3");
}

TEST_F(ReadManyTest, AnOwnerThatDoesNotAnswerIsWaitedForOnce) {
  Own(1);
  for (const ErrorCode code :
       {ErrorCode::kConnectionClosed, ErrorCode::kTimeout, ErrorCode::kOverloaded}) {
    const auto read = StartMany({"a", "b"});
    peers_.FailRead(code);
    loop_.RunReady();
    EXPECT_TRUE(peers_.reads.empty()) << "not asked again";
    ASSERT_EQ(store_.reads.size(), 2u);
    store_.AnswerRead("1", 7, 3);
    store_.AnswerRead("2", 7, 3);
    loop_.RunReady();
    ASSERT_TRUE(*read && (**read)[0] && (**read)[1]);
    clock_.Advance(seconds(1));
  }
}

TEST_F(ReadManyTest, WhatDidNotFitIntoTheAnswerIsAskedForAlone) {
  Own(1);
  const auto read = StartMany({"a", "b"});
  auto asked = peers_.TakeRead();
  ring::PeerReadReply reply;
  reply.incarnation = store_.life;
  reply.items.push_back(Item("1", 7, 3, {}, "a"));
  reply.items.emplace_back().status = Status::kFailed;
  reply.items.back().error = {ErrorCode::kPayloadTooLarge, "the answer is full", {}};
  asked.done(std::move(reply));
  loop_.RunReady();
  ASSERT_EQ(peers_.reads.size(), 1u);
  AnswerMany({"2"});
  ASSERT_TRUE(*read);
  EXPECT_EQ((**read)[1]->entry->value(), "2");
}

TEST_F(ReadManyTest, AnAnswerThatCannotBeIsNoAnswer) {
  Own(1);
  const auto read = StartMany({"a", "b"});
  auto asked = peers_.TakeRead();
  ring::PeerReadReply reply;
  reply.incarnation = store_.life;
  reply.items.push_back(Item("1", 7, 3, {}, "a"));  // and one is missing
  asked.done(std::move(reply));
  loop_.RunReady();
  EXPECT_EQ(store_.reads.size(), 2u);
}

TEST_F(ReadManyTest, OnlyIfCachedNeverLoads) {
  Own(1);
  ReadOptions options = Now();
  options.only_if_cached = true;
  const auto read = StartMany({"a", "b"}, options);
  AnswerMany({"1", ""});
  ASSERT_TRUE(*read) << "it was asked already";
  EXPECT_EQ((**read)[0]->entry->value(), "1");
  EXPECT_EQ((**read)[1].error().code, ErrorCode::kNotCached);
  EXPECT_TRUE(store_.reads.empty());
}

TEST_F(ReadManyTest, StrongBatchesAskTheDatabase) {
  Own(1);
  ReadOptions options = Now();
  options.strong = true;
  static_cast<void>(StartMany({"a", "b"}, options));
  EXPECT_TRUE(peers_.reads.empty());
  EXPECT_EQ(store_.reads.size(), 2u);
}

TEST_F(ReadManyTest, HotKeysOfABatchAreCopied) {
  Own(1);
  static_cast<void>(StartMany({"a", "b"}));
  auto asked = peers_.TakeRead();
  ring::PeerReadReply reply;
  reply.incarnation = store_.life;
  reply.items.push_back(Item("1", 7, 3, {}, "a"));
  reply.items.back().hot = true;
  reply.items.push_back(Item("2", 7, 3, {}, "b"));
  asked.done(std::move(reply));
  loop_.RunReady();
  EXPECT_TRUE(cache_.Peek(model::Key("things", "a").ref()));
  EXPECT_FALSE(cache_.Peek(model::Key("things", "b").ref()));
}

TEST_F(ReadManyTest, ABatchOfOneKeyPerOwnerIsReadAsEver) {
  Own(1);
  static_cast<void>(StartMany({"a"}));
  ASSERT_EQ(peers_.reads.size(), 1u);
  EXPECT_EQ(peers_.reads.front().request.kind, Kind::kOwner);
}

}  // namespace
}  // namespace coolkit::kv
