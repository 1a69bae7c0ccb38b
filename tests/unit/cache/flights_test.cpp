#include "cache/flights.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/random.h"

namespace coolkit::cache {
namespace {

using Kind = FlightOutcome::Kind;

BootTime At(int ms) { return BootTime(milliseconds(ms)); }
model::Incarnation Life(std::uint8_t n) {
  model::Incarnation life;
  life.id[0] = n;
  return life;
}
model::Token TokenAt(std::uint8_t life, std::int64_t position) {
  return {Life(life), model::Position{position}};
}
model::EntryPtr MakeEntry(std::string_view key) {
  model::Entry::Fields fields;
  fields.collection = "c";
  fields.key = key;
  fields.version = model::Version{7};
  fields.present = true;
  fields.value = "value";
  return model::Entry::Create(fields);
}
// A result whose statement was sent at `sent_ms` and whose snapshot has the position `as_of`.
FlightResult ResultOf(std::string_view key, int sent_ms, std::int64_t as_of = 100) {
  FlightResult result;
  result.entry = MakeEntry(key);
  result.proof.as_of = model::Position{as_of};
  result.proof.seen = model::Position{as_of};
  result.proof.fresh.at = At(sent_ms);
  result.incarnation = Life(1);
  return result;
}

class FlightsTest : public testing::Test {
 protected:
  static JoinNeed Bounded(int arrived_ms, int staleness_ms = 250) {
    return {At(arrived_ms), milliseconds(staleness_ms), false, std::nullopt};
  }
  static JoinNeed Strong(int arrived_ms) {
    return {At(arrived_ms), nanoseconds(0), true, std::nullopt};
  }
  // What happened to one request.
  struct Request {
    Result<Joined> joined = Fail(ErrorCode::kInternal, "");
    std::optional<Result<FlightOutcome>> outcome;
    int calls = 0;

    [[nodiscard]] bool must_load() const {
      return joined && joined->kind == Joined::Kind::kMustLoad;
    }
    [[nodiscard]] FlightId flight() const { return joined->waiter.flight; }
    [[nodiscard]] bool waits() const { return joined && calls == 0; }
    [[nodiscard]] Kind kind() const { return (*outcome)->kind; }
  };
  std::unique_ptr<Request> Ask(std::string_view key, const JoinNeed& need) {
    auto request = std::make_unique<Request>();
    const model::Key owned("c", std::string(key));
    request->joined =
        flights_->Join(owned.ref(), need, [at = request.get()](Result<FlightOutcome> outcome) {
          ++at->calls;
          at->outcome = std::move(outcome);
        });
    return request;
  }
  void Make(FlightsOptions options) { flights_ = std::make_unique<Flights>(options); }

  std::unique_ptr<Flights> flights_ = std::make_unique<Flights>(FlightsOptions{});
};

TEST_F(FlightsTest, OneLoadAnswersAllThatMissTogether) {
  const auto leader = Ask("k", Bounded(1000));
  const auto second = Ask("k", Bounded(1001));
  const auto other = Ask("other", Bounded(1001));
  EXPECT_TRUE(leader->must_load());
  EXPECT_FALSE(second->must_load());
  EXPECT_TRUE(other->must_load());
  flights_->Finish(leader->flight(), ResultOf("k", 1000));
  ASSERT_EQ(leader->calls, 1);
  ASSERT_EQ(second->calls, 1);
  EXPECT_TRUE(other->waits());
  EXPECT_TRUE((*leader->outcome)->led);
  EXPECT_FALSE((*second->outcome)->led);
  EXPECT_EQ((*second->outcome)->result.entry->value(), "value");
  const FlightsStats stats = flights_->Stats();
  EXPECT_EQ(stats.started, 2u);
  EXPECT_EQ(stats.collapsed, 1u);
  EXPECT_EQ(stats.flights, 1u);
  EXPECT_EQ(stats.waiters, 1u);
}

TEST_F(FlightsTest, KeysOfEqualHashAreDifferent) {
  const model::KeyRef a{"c", "a", 5};
  const model::KeyRef b{"c", "b", 5};
  const auto first = flights_->Join(a, Bounded(1), [](Result<FlightOutcome>) {});
  const auto second = flights_->Join(b, Bounded(1), [](Result<FlightOutcome>) {});
  ASSERT_TRUE(first && second);
  EXPECT_EQ(second->kind, Joined::Kind::kMustLoad);
}

struct CarryCase {
  const char* name;
  int sent;
  std::int64_t as_of;
  JoinNeed need;
  bool carried;
};

class CanCarryTest : public testing::TestWithParam<CarryCase> {};

TEST_P(CanCarryTest, ByR9AndR10) {
  const CarryCase& c = GetParam();
  EXPECT_EQ(CanCarry(ResultOf("k", c.sent, c.as_of), At(c.sent), c.need), c.carried);
}

INSTANTIATE_TEST_SUITE_P(
    R9, CanCarryTest,
    testing::Values(
        CarryCase{"SentBeforeWithinB", 1000, 1, {At(1250), milliseconds(250), false, {}}, true},
        CarryCase{"SentBeforeBeyondB", 1000, 1, {At(1251), milliseconds(250), false, {}}, false},
        CarryCase{"SentAfterNeedsNoB", 1000, 1, {At(900), milliseconds(0), false, {}}, true},
        CarryCase{"StrongSentBefore", 999, 1, {At(1000), milliseconds(250), true, {}}, false},
        CarryCase{"StrongSentWhenArrived", 1000, 1, {At(1000), milliseconds(0), true, {}}, true},
        CarryCase{"StrongSentAfter", 1001, 1, {At(1000), milliseconds(0), true, {}}, true},
        CarryCase{
            "TokenReached", 1000, 50, {At(1001), milliseconds(250), false, TokenAt(1, 50)}, true},
        CarryCase{"TokenNotReached",
                  1000,
                  49,
                  {At(1001), milliseconds(250), false, TokenAt(1, 50)},
                  false},
        CarryCase{"TokenNotReachedThoughSentAfter",
                  1002,
                  49,
                  {At(1001), milliseconds(250), false, TokenAt(1, 50)},
                  false},
        CarryCase{"TokenOfAnotherLifeSentBefore",
                  1000,
                  99,
                  {At(1001), milliseconds(250), false, TokenAt(2, 50)},
                  false},
        CarryCase{"TokenOfAnotherLifeSentAfter",
                  1001,
                  1,
                  {At(1001), milliseconds(250), false, TokenAt(2, 50)},
                  true},
        CarryCase{"TokenReachedBeyondB",
                  1000,
                  99,
                  {At(2000), milliseconds(250), false, TokenAt(1, 50)},
                  false}),
    [](const testing::TestParamInfo<CarryCase>& param) { return param.param.name; });

TEST(CanCarry, WithoutAProofOnlyTheLeaderIsAnswered) {
  FlightResult result = ResultOf("k", 1000);
  result.proof.fresh.at = kMinusInfinity;
  EXPECT_FALSE(CanCarry(result, kMinusInfinity, {At(1), milliseconds(250), false, {}}));
  EXPECT_FALSE(CanCarry(result, kMinusInfinity, {At(1), milliseconds(250), true, {}}));
}

// A load may be older than its joiner, and what it found may have expired in between.
TEST(CanCarry, R15NotAValueThatMayHaveExpiredBeforeTheRequestArrived) {
  const DbTime db_now{microseconds(5'000'000)};
  model::Entry::Fields fields;
  fields.collection = "c";
  fields.key = "k";
  fields.present = true;
  fields.expires_at = db_now + milliseconds(100);
  FlightResult result = ResultOf("k", 1000);
  result.entry = model::Entry::Create(fields);
  result.proof.fresh.db_now = db_now;
  const auto carried = [&](int arrived_ms) {
    return CanCarry(result, At(1000), {At(arrived_ms), milliseconds(250), false, {}});
  };
  EXPECT_TRUE(carried(900));
  EXPECT_TRUE(carried(1099));
  EXPECT_FALSE(carried(1100));
  fields.present = false;
  fields.expires_at = db_now;
  result.entry = model::Entry::Create(fields);
  EXPECT_TRUE(carried(1100));
}

TEST_F(FlightsTest, LeaderTakesItsResultAlways) {
  // Its statement took longer than B, and its token is beyond all that exists.
  JoinNeed need = Bounded(1000, 0);
  need.token = TokenAt(1, 1 << 30);
  const auto leader = Ask("k", need);
  flights_->Finish(leader->flight(), ResultOf("k", 900));
  ASSERT_EQ(leader->calls, 1);
  EXPECT_EQ(leader->kind(), Kind::kResult);
}

TEST_F(FlightsTest, OneOfThoseThatCannotBeCarriedLoadsNext) {
  const auto leader = Ask("k", Bounded(1000));
  const auto joiner = Ask("k", Bounded(1100));
  const auto strong_a = Ask("k", Strong(1100));
  const auto strong_b = Ask("k", Strong(1100));
  flights_->Finish(leader->flight(), ResultOf("k", 1000));
  EXPECT_EQ(joiner->kind(), Kind::kResult);
  ASSERT_EQ(strong_a->kind(), Kind::kAskAgain);
  ASSERT_EQ(strong_b->kind(), Kind::kAskAgain);
  EXPECT_FALSE((*strong_a->outcome)->result.entry);
  const auto again_b = Ask("k", Strong(1100));
  const auto again_a = Ask("k", Strong(1100));
  EXPECT_TRUE(again_b->must_load());
  EXPECT_FALSE(again_a->must_load());
  flights_->Finish(again_b->flight(), ResultOf("k", 1200));
  EXPECT_EQ(again_a->kind(), Kind::kResult);
  EXPECT_EQ(flights_->Stats().ask_again, 2u);
}

TEST_F(FlightsTest, StrongRequestJoinsALoadThatIsNotSentYet) {
  const auto leader = Ask("k", Bounded(1000));
  const auto strong = Ask("k", Strong(1100));
  flights_->Sent(leader->flight(), At(1100));
  const auto late = Ask("k", Strong(1101));
  flights_->Finish(leader->flight(), ResultOf("k", 1100));
  EXPECT_EQ(strong->kind(), Kind::kResult);
  EXPECT_EQ(late->kind(), Kind::kAskAgain);
}

TEST_F(FlightsTest, WhatSentSaysCountsForStrongRequests) {
  // A result whose proof claims more than the sending (a peer's clock, say) proves nothing to G4.
  const auto leader = Ask("k", Bounded(1000));
  flights_->Sent(leader->flight(), At(1000));
  const auto strong = Ask("k", Strong(1050));
  flights_->Finish(leader->flight(), ResultOf("k", 1100));
  EXPECT_EQ(strong->kind(), Kind::kAskAgain);
}

TEST_F(FlightsTest, FailureFreesAllWithTheError) {
  const auto leader = Ask("k", Bounded(1000));
  const auto joiner = Ask("k", Bounded(1000));
  const auto strong = Ask("k", Strong(2000));
  flights_->Finish(leader->flight(), Fail(ErrorCode::kDatabaseUnavailable, "down"));
  for (const Request* request : {leader.get(), joiner.get(), strong.get()}) {
    ASSERT_EQ(request->calls, 1);
    ASSERT_FALSE(*request->outcome);
    EXPECT_EQ(request->outcome->error().code, ErrorCode::kDatabaseUnavailable);
  }
  EXPECT_TRUE(Ask("k", Bounded(1000))->must_load());
}

TEST_F(FlightsTest, LeaverIsNeverCalledAndTheLoadGoesOn) {
  const auto leader = Ask("k", Bounded(1000));
  const auto joiner = Ask("k", Bounded(1000));
  EXPECT_TRUE(flights_->Leave(leader->joined->waiter));
  EXPECT_FALSE(flights_->Leave(leader->joined->waiter));
  const auto later = Ask("k", Bounded(1000));
  EXPECT_FALSE(later->must_load());
  flights_->Finish(leader->flight(), ResultOf("k", 1000));
  EXPECT_EQ(leader->calls, 0);
  EXPECT_EQ(joiner->calls, 1);
  EXPECT_EQ(later->calls, 1);
  EXPECT_FALSE(flights_->Leave(joiner->joined->waiter));
  EXPECT_EQ(flights_->Stats().left, 1u);
}

TEST_F(FlightsTest, LeavingDestroysTheCompletion) {
  auto held = std::make_shared<int>(1);
  const model::Key key("c", "k");
  const auto joined =
      flights_->Join(key.ref(), Bounded(1), [held](Result<FlightOutcome>) { FAIL(); });
  ASSERT_TRUE(joined);
  EXPECT_EQ(held.use_count(), 2);
  EXPECT_TRUE(flights_->Leave(joined->waiter));
  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(FlightsTest, ManyLeaversMakeRoomForOthers) {
  Make({.flights_max = 10, .waiters_per_flight_max = 50});
  const auto leader = Ask("k", Bounded(1000));
  for (int round = 0; round < 100; ++round) {
    std::vector<std::unique_ptr<Request>> requests;
    for (int i = 0; i < 49; ++i) {
      requests.push_back(Ask("k", Bounded(1000)));
      ASSERT_TRUE(requests.back()->waits()) << round << ' ' << i;
    }
    // In an order that is neither first nor last come first.
    for (std::size_t i = 0; i < requests.size(); ++i) {
      ASSERT_TRUE(flights_->Leave(requests[i * 20 % requests.size()]->joined->waiter));
    }
  }
  const auto stayed = Ask("k", Bounded(1000));
  flights_->Finish(leader->flight(), ResultOf("k", 1000));
  EXPECT_EQ(stayed->calls, 1);
}

TEST_F(FlightsTest, LimitsAreKept) {
  Make({.flights_max = 2, .waiters_per_flight_max = 3});
  const auto a = Ask("a", Bounded(1));
  const auto b = Ask("b", Bounded(1));
  const auto c = Ask("c", Bounded(1));
  ASSERT_FALSE(c->joined);
  EXPECT_EQ(c->joined.error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(c->calls, 0);
  const auto a2 = Ask("a", Bounded(1));
  const auto a3 = Ask("a", Bounded(1));
  const auto a4 = Ask("a", Bounded(1));
  EXPECT_TRUE(a3->waits());
  ASSERT_FALSE(a4->joined);
  EXPECT_EQ(a4->joined.error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(flights_->Stats().overloaded, 2u);
  flights_->Finish(a->flight(), ResultOf("a", 1));
  EXPECT_TRUE(Ask("c", Bounded(1))->must_load());
}

TEST_F(FlightsTest, FailAllEndsEverythingOnce) {
  const auto a = Ask("a", Bounded(1));
  const auto a2 = Ask("a", Bounded(1));
  const auto b = Ask("b", Bounded(1));
  flights_->FailAll(Error{ErrorCode::kDraining, "stopping", {}});
  for (const Request* request : {a.get(), a2.get(), b.get()}) {
    ASSERT_EQ(request->calls, 1);
    EXPECT_EQ(request->outcome->error().code, ErrorCode::kDraining);
  }
  flights_->Finish(a->flight(), ResultOf("a", 1));
  flights_->Sent(b->flight(), At(1));
  EXPECT_EQ(a->calls, 1);
  EXPECT_EQ(flights_->Stats().flights, 0u);
  // A late result of an ended flight does not answer the next one of the key (R11).
  const auto again = Ask("a", Bounded(1));
  EXPECT_TRUE(again->must_load());
  flights_->Finish(a->flight(), ResultOf("a", 1));
  EXPECT_TRUE(again->waits());
}

TEST_F(FlightsTest, CompletionsMayCallBackIn) {
  const model::Key key("c", "k");
  int second_round = 0;
  const auto first = flights_->Join(key.ref(), Bounded(1), [&](Result<FlightOutcome>) {
    const auto next =
        flights_->Join(key.ref(), Bounded(2), [&](Result<FlightOutcome>) { ++second_round; });
    ASSERT_TRUE(next);
    EXPECT_EQ(next->kind, Joined::Kind::kMustLoad);
    flights_->Finish(next->waiter.flight, ResultOf("k", 2));
  });
  flights_->Finish(first->waiter.flight, ResultOf("k", 1));
  EXPECT_EQ(second_round, 1);
}

TEST_F(FlightsTest, EveryCompletionOnceUnderThreads) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 5'000;
  std::atomic<int> calls{0};
  std::atomic<int> loads{0};
  std::atomic<int> expected{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      SeededRandom random(static_cast<std::uint64_t>(t) + 1);
      for (int i = 0; i < kRounds; ++i) {
        const model::Key key("c", std::to_string(random.Below(3)));
        const auto joined = flights_->Join(key.ref(), Bounded(1),
                                           [&](Result<FlightOutcome>) { calls.fetch_add(1); });
        ASSERT_TRUE(joined);
        expected.fetch_add(1);
        if (joined->kind == Joined::Kind::kMustLoad) {
          loads.fetch_add(1);
          flights_->Finish(joined->waiter.flight, ResultOf(key.key, 1));
        } else if (random.Below(4) == 0 && flights_->Leave(joined->waiter)) {
          expected.fetch_sub(1);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(calls.load(), expected.load());
  const FlightsStats stats = flights_->Stats();
  EXPECT_EQ(stats.flights, 0u);
  EXPECT_EQ(stats.started, static_cast<std::uint64_t>(loads.load()));
}

}  // namespace
}  // namespace coolkit::cache
