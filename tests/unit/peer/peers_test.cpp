#include "peer/peers.h"

#include <gtest/gtest.h>

#include "unit/peer/harness.h"

namespace coolkit::peer {
namespace {

TEST(PeersTest, ConnectsAndReads) {
  TwoPods pods;
  EXPECT_FALSE(pods.first.peers.IsConnected(pods.second.id()));
  pods.Connect();
  ASSERT_TRUE(pods.first.peers.IsConnected(pods.second.id())) << pods.first.log_text;
  ASSERT_EQ(pods.first.control.connected.size(), 1u);
  EXPECT_EQ(pods.first.control.connected[0], MemberOf(2));
  EXPECT_EQ(pods.second.server.connection_count(), 1u);
  const auto read = pods.Read(ReadOf({"a", "b"}));
  EXPECT_TRUE(read->empty());  // never before the call returned
  pods.loop.RunReady();
  ASSERT_EQ(read->size(), 1u);
  ASSERT_TRUE(read->front()) << read->front().error().detail;
  ASSERT_EQ((*read)[0]->items.size(), 2u);
  EXPECT_EQ((*read)[0]->items[1].entry->value(), "b");
}

TEST(PeersTest, WritesAndPushes) {
  TwoPods pods;
  pods.Connect();
  const auto write = pods.Write(PutOf("k", "v"));
  ring::PeerPush push;
  push.items.push_back({MakeEntry("k", "v"), {1}, {2}});
  const auto pushed = pods.Push(std::move(push));
  pods.loop.RunReady();
  ASSERT_EQ(write->size(), 1u);
  ASSERT_TRUE(write->front());
  EXPECT_EQ((*write)[0]->items[0].outcome.version.value, 1);
  ASSERT_EQ(pushed->size(), 1u);
  ASSERT_TRUE(pushed->front());
  EXPECT_EQ((*pushed)[0]->admitted, 1u);
}

TEST(PeersTest, WithoutAConnectionNothingWaits) {
  TwoPods pods;
  const auto read = pods.Read(ReadOf({"a"}));
  const auto write = pods.Write(PutOf("k", "v"));
  EXPECT_TRUE(read->empty());
  pods.loop.RunReady();
  ASSERT_EQ(read->size() + write->size(), 2u);
  EXPECT_EQ(read->front().error().code, ErrorCode::kConnectionClosed);
  EXPECT_EQ(write->front().error().code, ErrorCode::kConnectionClosed);
}

TEST(PeersTest, AnswersComeInAnyOrder) {
  TwoPods pods;
  pods.Connect();
  pods.second.handler.hold = true;
  const auto first = pods.Read(ReadOf({"a"}));
  pods.loop.RunReady();
  const auto second = pods.Read(ReadOf({"b"}));
  pods.loop.RunReady();
  ASSERT_EQ(pods.second.handler.reads.size(), 2u);
  pods.second.handler.AnswerRead(1);
  pods.loop.RunReady();
  EXPECT_TRUE(first->empty());
  ASSERT_EQ(second->size(), 1u);
  EXPECT_EQ((*second)[0]->items[0].entry->key(), "b");
  pods.second.handler.AnswerRead(0);
  pods.loop.RunReady();
  EXPECT_EQ((*first)[0]->items[0].entry->key(), "a");
  pods.second.handler.reads.clear();
}

// Single reads that wait behind each other share a frame, and still each is answered by itself.
TEST(PeersTest, NeighbouringReadsShareAFrameAndAreAnsweredOneByOne) {
  TwoPods pods;
  pods.Connect();
  pods.second.handler.hold = true;
  const std::uint64_t before = pods.first.metrics.messages_sent.Value();
  std::vector<TwoPods::Slot<ring::PeerReadReply>> reads;
  for (int i = 0; i < 10; ++i) reads.push_back(pods.Read(ReadOf({"k" + std::to_string(i)})));
  pods.loop.RunReady();
  EXPECT_EQ(pods.first.metrics.messages_sent.Value() - before, 1u);
  ASSERT_EQ(pods.second.handler.reads.size(), 10u);
  pods.second.handler.AnswerRead(7);
  pods.loop.RunReady();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(reads[static_cast<std::size_t>(i)]->size(), i == 7);
  EXPECT_EQ((*reads[7])[0]->items[0].entry->key(), "k7");
  for (const std::size_t i : {0, 1, 2, 3, 4, 5, 6, 8, 9}) pods.second.handler.AnswerRead(i);
  pods.second.handler.reads.clear();
  pods.loop.RunReady();
  for (const auto& read : reads) EXPECT_EQ(read->size(), 1u);
}

TEST(PeersTest, ReadsThatDifferDoNotShareAFrame) {
  TwoPods pods;
  pods.Connect();
  pods.second.handler.hold = true;
  ring::PeerReadRequest with_token = ReadOf({"a"});
  with_token.token = model::Token{{}, {1}};
  ring::PeerReadRequest cache_only = ReadOf({"b"});
  cache_only.kind = ring::PeerReadRequest::Kind::kCacheOnly;
  static_cast<void>(pods.Read(std::move(with_token)));
  static_cast<void>(pods.Read(std::move(cache_only)));
  static_cast<void>(pods.Read(ReadOf({"c"})));
  pods.loop.RunReady();
  ASSERT_EQ(pods.second.handler.reads.size(), 3u);
  EXPECT_TRUE(pods.second.handler.reads[0].request.token);
  EXPECT_EQ(pods.second.handler.reads[1].request.kind, ring::PeerReadRequest::Kind::kCacheOnly);
  EXPECT_EQ(pods.second.handler.reads[2].request.kind, ring::PeerReadRequest::Kind::kOwner);
}

TEST(PeersTest, ABigAnswerDoesNotHoldUpSmallOnes) {
  TwoPods pods;
  pods.dialer.capacity = 8 * 1024;
  pods.Connect();
  pods.second.handler.value_of = [](const std::string& key) {
    return key == "big" ? std::string(4u << 20, 'x') : key;
  };
  std::vector<std::string> order;
  const auto note = [&order](const char* name) {
    return [&order, name](const Result<ring::PeerReadReply>& reply) {
      order.emplace_back(reply ? name : "failed");
    };
  };
  pods.first.peers.Read(pods.second.id(), ReadOf({"big"}), note("big"));
  for (int i = 0; i < 20; ++i) pods.loop.RunOne();  // it has begun
  pods.first.peers.Read(pods.second.id(), ReadOf({"small"}), note("small"));
  pods.loop.RunReady();
  EXPECT_EQ(order, (std::vector<std::string>{"small", "big"}));
}

TEST(PeersTest, ABigWriteArrivesWhole) {
  TwoPods pods;
  pods.Connect();
  pods.second.handler.hold = true;
  const std::string value(3u << 20, 'v');
  const auto write = pods.Write(PutOf("k", value));
  pods.loop.RunReady();
  ASSERT_EQ(pods.second.handler.writes.size(), 1u);
  EXPECT_EQ(*pods.second.handler.writes[0].request.ops[0].value, value);
  pods.second.handler.AnswerAll();
  pods.loop.RunReady();
  EXPECT_TRUE(write->at(0));
}

TEST(PeersTest, AReadEndsAtThePeerTimeoutOrItsOwnDeadline) {
  TwoPods pods;
  pods.Connect();
  pods.second.handler.hold = true;
  const auto slow = pods.Read(ReadOf({"a"}));
  const auto hasty = pods.Read(ReadOf({"b"}, pods.loop.Now() + milliseconds(30)));
  pods.loop.RunFor(milliseconds(29));
  EXPECT_TRUE(hasty->empty());
  pods.loop.RunFor(milliseconds(2));
  ASSERT_EQ(hasty->size(), 1u);
  EXPECT_EQ(hasty->front().error().code, ErrorCode::kTimeout);
  pods.loop.RunFor(milliseconds(168));
  EXPECT_TRUE(slow->empty());
  pods.loop.RunFor(milliseconds(2));
  ASSERT_EQ(slow->size(), 1u);
  EXPECT_EQ(slow->front().error().code, ErrorCode::kTimeout);
  // The peer saw the time that was left: of two that share a frame the longer.
  EXPECT_EQ(pods.second.handler.reads[0].request.deadline,
            pods.clock.Now() - milliseconds(201) + milliseconds(200));
}

TEST(PeersTest, ALateAnswerIsDropped) {
  TwoPods pods;
  pods.Connect();
  pods.second.handler.hold = true;
  const auto read = pods.Read(ReadOf({"a"}));
  pods.loop.RunFor(milliseconds(250));
  ASSERT_EQ(read->size(), 1u);
  pods.second.handler.AnswerAll();
  pods.loop.RunReady();
  EXPECT_EQ(read->size(), 1u);
  EXPECT_EQ(pods.first.metrics.late_answers.Value(), 1u);
}

// A commit may take its time; a time-out would make its outcome unknown.
TEST(PeersTest, AWriteWaitsForItsDeadlineWhileThePeerIsHeard) {
  TwoPods pods;
  pods.Connect();
  pods.second.handler.hold = true;
  const auto write = pods.Write(PutOf("k", "v", pods.loop.Now() + seconds(5)));
  pods.loop.RunFor(milliseconds(4'900));
  EXPECT_TRUE(write->empty());
  pods.loop.RunFor(milliseconds(110));
  ASSERT_EQ(write->size(), 1u);
  EXPECT_EQ(write->front().error().code, ErrorCode::kOutcomeUnknown);
}

TEST(PeersTest, ARefusalOfThePeerIsHandedOn) {
  TwoPods pods;
  pods.Connect();
  pods.second.handler.hold = true;
  const auto write = pods.Write(PutOf("k", "v"));
  pods.loop.RunReady();
  ring::PeerWriteReply refusal;
  refusal.refusal = ring::PeerWriteReply::Refusal::kNotOwner;
  pods.second.handler.writes[0].done(refusal);
  pods.second.handler.writes.clear();
  pods.loop.RunReady();
  ASSERT_TRUE(write->front());
  EXPECT_EQ((*write)[0]->refusal, ring::PeerWriteReply::Refusal::kNotOwner);
}

TEST(PeersTest, TooManyRequestsAreRefusedHere) {
  Limits limits;
  limits.requests_out_max = 3;
  TwoPods pods(limits);
  pods.Connect();
  pods.second.handler.hold = true;
  std::vector<TwoPods::Slot<ring::PeerReadReply>> reads;
  for (int i = 0; i < 4; ++i) reads.push_back(pods.Read(ReadOf({"a"})));
  pods.loop.RunReady();
  ASSERT_EQ(reads[3]->size(), 1u);
  EXPECT_EQ(reads[3]->front().error().code, ErrorCode::kOverloaded);
  EXPECT_TRUE(reads[0]->empty());
  pods.second.handler.AnswerAll();
  pods.loop.RunReady();
  const auto again = pods.Read(ReadOf({"a"}));  // the room was given back
  pods.loop.RunReady();
  EXPECT_TRUE(again->empty());
}

TEST(PeersTest, TooManyBytesAreRefusedHere) {
  Limits limits;
  limits.bytes_out_max = 10'000;
  limits.bytes_out_total_max = 15'000;
  TwoPods pods(limits);
  TestPod third(3, pods.loop, pods.dialer, limits);
  pods.first.peers.SetAddresses({pods.second.address(), third.address()});
  pods.loop.RunReady();
  pods.second.handler.hold = true;
  third.handler.hold = true;
  const std::string value(7'000, 'v');
  const auto fits = pods.Write(PutOf("a", value));
  const auto beyond = pods.Write(PutOf("b", value));
  auto elsewhere = std::make_shared<std::vector<Result<ring::PeerWriteReply>>>();
  const auto note = [elsewhere](Result<ring::PeerWriteReply> r) { elsewhere->push_back(r); };
  pods.first.peers.Write(third.id(), PutOf("a", value), note);
  pods.first.peers.Write(third.id(), PutOf("a", "v"), note);
  pods.first.peers.Write(third.id(), PutOf("a", std::string(2'000, 'v')), note);
  pods.loop.RunReady();
  EXPECT_TRUE(fits->empty());
  ASSERT_EQ(beyond->size(), 1u);
  EXPECT_EQ(beyond->front().error().code, ErrorCode::kOverloaded);
  // 14,000 are under way: a short one still fits, 2,000 do not.
  ASSERT_EQ(elsewhere->size(), 1u);
  EXPECT_EQ(elsewhere->front().error().code, ErrorCode::kOverloaded);
  third.Close();
  EXPECT_EQ(elsewhere->size(), 3u);
}

TEST(PeersTest, TheServersLimitOnRequestsIsARefusal) {
  Limits limits;
  limits.requests_in_max = 2;
  TwoPods pods(limits);
  pods.Connect();
  pods.second.handler.hold = true;
  std::vector<TwoPods::Slot<ring::PeerWriteReply>> writes;
  for (int i = 0; i < 3; ++i) writes.push_back(pods.Write(PutOf("a", "v")));
  pods.loop.RunReady();
  ASSERT_EQ(writes[2]->size(), 1u);
  EXPECT_EQ(writes[2]->front().error().code, ErrorCode::kOverloaded);  // surely not taken
  EXPECT_EQ(pods.second.handler.writes.size(), 2u);
  EXPECT_EQ(pods.second.metrics.requests_refused.Value(), 1u);
}

TEST(PeersTest, WhatWasSentAndNotAnsweredWhenItBreaksIsUnknownForWritesOnly) {
  TwoPods pods;
  pods.Connect();
  pods.second.handler.hold = true;
  const auto read = pods.Read(ReadOf({"a"}));
  const auto write = pods.Write(PutOf("k", "v"));
  pods.loop.RunReady();
  pods.second.server.Close();
  pods.loop.RunReady();
  ASSERT_EQ(read->size() + write->size(), 2u);
  EXPECT_EQ(read->front().error().code, ErrorCode::kConnectionClosed);
  EXPECT_EQ(write->front().error().code, ErrorCode::kOutcomeUnknown);
  EXPECT_FALSE(pods.first.peers.IsConnected(pods.second.id()));
  EXPECT_EQ(pods.first.control.disconnected.size(), 1u);
}

TEST(PeersTest, AnAnswerThatMakesNoSenseEndsTheConnection) {
  TwoPods pods;
  pods.Connect();
  pods.second.handler.hold = true;
  const auto write = pods.Write(PutOf("k", "v"));
  pods.loop.RunReady();
  pods.second.handler.writes[0].done(ring::PeerWriteReply{});  // no item for the operation
  pods.second.handler.writes.clear();
  pods.loop.RunReady();
  ASSERT_EQ(write->size(), 1u);
  EXPECT_EQ(write->front().error().code, ErrorCode::kOutcomeUnknown);
  EXPECT_EQ(pods.first.control.disconnected.size(), 1u);
}

TEST(PeersTest, CloseEndsRequestsUnderWay) {
  TwoPods pods;
  pods.Connect();
  pods.second.handler.hold = true;
  const auto read = pods.Read(ReadOf({"a"}));
  pods.loop.RunReady();
  const auto waiting = pods.Write(PutOf("k", "v"));
  pods.first.peers.Close();
  const auto later = pods.Read(ReadOf({"b"}));
  pods.loop.RunReady();
  ASSERT_EQ(read->size() + waiting->size() + later->size(), 3u);
  EXPECT_EQ(read->front().error().code, ErrorCode::kConnectionClosed);
  pods.first.peers.Stop();  // nothing is left
}

TEST(PeersTest, ServerStopWaitsForRequestsUnderWay) {
  TwoPods pods;
  pods.Connect();
  pods.second.handler.hold = true;
  static_cast<void>(pods.Read(ReadOf({"a"})));
  pods.loop.RunReady();
  pods.second.server.Close();
  pods.loop.RunReady();
  EXPECT_EQ(pods.second.server.connection_count(), 0u);
  pods.second.handler.AnswerAll();
  pods.loop.RunReady();
  pods.second.server.Stop();  // would block if the answer had not been waited for
}

}  // namespace
}  // namespace coolkit::peer
