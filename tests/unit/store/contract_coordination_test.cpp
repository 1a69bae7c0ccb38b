// What Coordination means, over every store that has one.
#include <algorithm>
#include <set>
#include <thread>

#include "unit/store/contract.h"
#include "unit/store/stores_under_test.h"

namespace coolkit::store {
namespace {

constexpr milliseconds kTtl{3'000};

class CoordinationContract : public testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override {
    under_test_ = GetParam().make({});
    ASSERT_NE(under_test_->coordination(), nullptr);
  }
  void TearDown() override { under_test_->store().Stop(); }
  [[nodiscard]] Coordination& rows() { return *under_test_->coordination(); }
  [[nodiscard]] StoreUnderTest& under_test() { return *under_test_; }
  void AdvanceDatabaseClock(microseconds by) { under_test_->clock().AdvanceWall(by); }

  template <class Answer>
  Answer Take(Got<Answer> got) {
    Result<Answer> answer = got.get();
    EXPECT_TRUE(answer.has_value()) << answer.error().detail;
    return answer ? std::move(*answer) : Answer{};
  }
  using Lease = std::optional<RingLease>;
  Got<Lease> StartLease(const std::string& holder, std::int32_t members, const std::string& ring) {
    auto [done, got] = MakeCompletion<Lease>();
    rows().TakeLease(ring, holder, kTtl, members, std::move(done));
    return std::move(got);
  }
  Lease TakeLease(const std::string& holder, std::int32_t members = 1,
                  const std::string& ring = "r") {
    return Take(StartLease(holder, members, ring));
  }
  void ReleaseLease(const std::string& holder) {
    auto [done, got] = MakeCompletion<void>();
    rows().ReleaseLease("r", holder, std::move(done));
    EXPECT_TRUE(got.get().has_value());
  }
  std::optional<std::int64_t> Publish(const std::string& holder, std::int64_t epoch,
                                      const std::string& view) {
    auto [done, got] = MakeCompletion<std::optional<std::int64_t>>();
    rows().PublishView("r", holder, epoch, view, std::move(done));
    return Take(std::move(got));
  }
  RingRow ReadRing(std::int64_t have = 0, const std::string& ring = "r") {
    auto [done, got] = MakeCompletion<RingRow>();
    rows().ReadRing(ring, have, std::move(done));
    return Take(std::move(got));
  }
  bool TakeSeat(int seat, const std::string& holder, const std::string& ring = "r") {
    auto [done, got] = MakeCompletion<bool>();
    rows().TakeSeat(ring, seat, holder, kTtl, std::move(done));
    return Take(std::move(got));
  }
  void ReleaseSeat(int seat, const std::string& holder) {
    auto [done, got] = MakeCompletion<void>();
    rows().ReleaseSeat("r", seat, holder, std::move(done));
    EXPECT_TRUE(got.get().has_value());
  }
  Got<std::vector<RingSecret>> StartReadSecrets() {
    auto [done, got] = MakeCompletion<std::vector<RingSecret>>();
    rows().ReadSecrets(std::move(done));
    return std::move(got);
  }
  std::vector<RingSecret> ReadSecrets() { return Take(StartReadSecrets()); }

 private:
  std::unique_ptr<StoreUnderTest> under_test_;
};

TEST_P(CoordinationContract, EightAtOnceGetOneLease) {
  for (int round = 0; round < 5; ++round) {
    std::vector<Got<Lease>> asked;
    const std::string ring = "r" + std::to_string(round);
    for (int pod = 0; pod < 8; ++pod) asked.push_back(StartLease(std::to_string(pod), 8, ring));
    int held = 0;
    for (Got<Lease>& got : asked) {
      const Lease lease = Take(std::move(got));
      if (!lease) continue;
      ++held;
      EXPECT_EQ(lease->epoch, 1);
    }
    EXPECT_EQ(held, 1);
    EXPECT_EQ(ReadRing(0, ring).epoch, 1);
  }
}

TEST_P(CoordinationContract, AHolderKeepsItsLeaseAndTheEpochCountsHolders) {
  EXPECT_EQ(TakeLease("a", 3)->epoch, 1);
  EXPECT_EQ(TakeLease("a", 4)->epoch, 1);
  EXPECT_EQ(ReadRing().members, 4);
  EXPECT_EQ(ReadRing().holder, "a");
  EXPECT_FALSE(TakeLease("b", 9));
  EXPECT_EQ(ReadRing().members, 4) << "who is refused writes nothing";
  ReleaseLease("b");
  EXPECT_FALSE(TakeLease("b")) << "not b's to give back";
  ReleaseLease("a");
  EXPECT_EQ(ReadRing().holder, "");
  EXPECT_EQ(TakeLease("b")->epoch, 2);
}

TEST_P(CoordinationContract, ALeaseEndsByTheDatabasesClockAlone) {
  ASSERT_TRUE(TakeLease("a"));
  AdvanceDatabaseClock(kTtl - milliseconds(1'500));
  EXPECT_FALSE(TakeLease("b"));
  ASSERT_TRUE(TakeLease("a")) << "renewed: counts from now on";
  AdvanceDatabaseClock(kTtl - milliseconds(1'500));
  EXPECT_FALSE(TakeLease("b"));
  AdvanceDatabaseClock(milliseconds(1'600));
  EXPECT_EQ(ReadRing().holder, "") << "over, though nobody took it";
  EXPECT_TRUE(TakeLease("b"));
  EXPECT_FALSE(TakeLease("a"));
}

TEST_P(CoordinationContract, AViewIsFencedByTheEpoch) {
  const std::int64_t mine = TakeLease("a")->epoch;
  EXPECT_FALSE(Publish("b", mine, "forged")) << "the right epoch, but not the holder";
  EXPECT_FALSE(Publish("a", mine + 1, "early"));
  ASSERT_EQ(Publish("a", mine, "first"), mine + 1);
  EXPECT_FALSE(Publish("a", mine, "again")) << "each epoch has one view";
  ASSERT_EQ(Publish("a", mine + 1, std::string("second\0view", 11)), mine + 2);
  EXPECT_EQ(ReadRing(mine + 1).view, std::string("second\0view", 11));
  EXPECT_EQ(ReadRing(mine + 2).view, "") << "known already";
  EXPECT_EQ(ReadRing(mine + 2).epoch, mine + 2);

  AdvanceDatabaseClock(kTtl + milliseconds(1));
  EXPECT_FALSE(Publish("a", mine + 2, "late")) << "the lease is over";
  const std::int64_t theirs = TakeLease("b")->epoch;
  EXPECT_EQ(theirs, mine + 3);
  EXPECT_FALSE(Publish("a", mine + 2, "from the grave"));
  EXPECT_FALSE(Publish("a", theirs, "from the grave"));
  EXPECT_EQ(ReadRing().view, std::string("second\0view", 11));
  EXPECT_EQ(Publish("b", theirs, "third"), theirs + 1);
}

TEST_P(CoordinationContract, EightWhoPublishAtOnceUnderOneEpoch) {
  const std::int64_t epoch = TakeLease("a")->epoch;
  std::vector<Got<std::optional<std::int64_t>>> asked;
  for (int i = 0; i < 8; ++i) {
    auto [done, got] = MakeCompletion<std::optional<std::int64_t>>();
    rows().PublishView("r", "a", epoch, std::to_string(i), std::move(done));
    asked.push_back(std::move(got));
  }
  std::string published;
  for (int i = 0; i < 8; ++i) {
    if (Take(std::move(asked[static_cast<std::size_t>(i)]))) published += std::to_string(i);
  }
  EXPECT_EQ(ReadRing().view, published) << "exactly one";
  EXPECT_EQ(ReadRing().epoch, epoch + 1);
}

TEST_P(CoordinationContract, NoSuchRing) {
  const RingRow row = ReadRing();
  EXPECT_EQ(row.epoch, 0);
  EXPECT_EQ(row.members, 0);
  EXPECT_EQ(row.holder + row.view, "");
  EXPECT_FALSE(Publish("a", 0, "view"));
  ReleaseLease("a");
  EXPECT_EQ(ReadRing().epoch, 0);
}

TEST_P(CoordinationContract, MembersAreSummedOverAllOtherRings) {
  EXPECT_EQ(TakeLease("a", 3, "one")->other_members, 0);
  EXPECT_EQ(TakeLease("b", 4, "two")->other_members, 3);
  EXPECT_EQ(TakeLease("c", 5, "three")->other_members, 7);
  EXPECT_EQ(TakeLease("a", 3, "one")->other_members, 9);
  EXPECT_EQ(ReadRing(0, "two").other_members, 8);
  EXPECT_EQ(ReadRing(0, "none of them").other_members, 12) << "of a ring that begins";
  // Their leases end, but the pods may live; after a minute nobody is left who would take them.
  AdvanceDatabaseClock(seconds(30));
  EXPECT_EQ(TakeLease("a", 3, "one")->other_members, 9);
  AdvanceDatabaseClock(seconds(40));
  EXPECT_EQ(TakeLease("a", 3, "one")->other_members, 0);
  EXPECT_EQ(ReadRing(0, "two").other_members, 3);
}

TEST_P(CoordinationContract, ALeaseThatWasGivenBackStillCountsItsMembers) {
  ASSERT_TRUE(TakeLease("a", 3));
  ReleaseLease("a");
  EXPECT_EQ(ReadRing(0, "other").other_members, 3) << "the leader left, two did not";
  AdvanceDatabaseClock(seconds(61));
  EXPECT_EQ(ReadRing(0, "other").other_members, 0);
}

TEST_P(CoordinationContract, SeatsAreHeldOneByOne) {
  EXPECT_TRUE(TakeSeat(0, "a"));
  EXPECT_TRUE(TakeSeat(0, "a"));
  EXPECT_FALSE(TakeSeat(0, "b"));
  EXPECT_TRUE(TakeSeat(1, "b"));
  EXPECT_TRUE(TakeSeat(7, "c"));
  EXPECT_TRUE(TakeSeat(0, "b", "another ring"));
  ReleaseSeat(0, "b");
  EXPECT_FALSE(TakeSeat(0, "b")) << "not b's to give back";
  ReleaseSeat(0, "a");
  EXPECT_TRUE(TakeSeat(0, "b"));
  AdvanceDatabaseClock(kTtl - milliseconds(1'000));
  EXPECT_FALSE(TakeSeat(0, "a"));
  AdvanceDatabaseClock(milliseconds(1'001));
  EXPECT_TRUE(TakeSeat(0, "a"));
  EXPECT_FALSE(TakeSeat(0, "b"));
}

TEST_P(CoordinationContract, ManyFirstReadersAgreeOnOneSecret) {
  std::vector<Got<std::vector<RingSecret>>> asked;
  for (int i = 0; i < 16; ++i) asked.push_back(StartReadSecrets());
  std::set<std::string> seen;
  for (auto& got : asked) {
    const std::vector<RingSecret> secrets = Take(std::move(got));
    ASSERT_EQ(secrets.size(), 1u);
    EXPECT_EQ(secrets[0].id, 1u);
    EXPECT_EQ(secrets[0].secret.size(), 32u);
    seen.insert(secrets[0].secret);
  }
  EXPECT_EQ(seen.size(), 1u);
}

TEST_P(CoordinationContract, RotationsKeepTheNewestTwo) {
  const std::vector<RingSecret> first = ReadSecrets();
  under_test().RotateSecret();
  const std::vector<RingSecret> second = ReadSecrets();
  ASSERT_EQ(second.size(), 2u);
  EXPECT_EQ(second[0].id, 2u);
  EXPECT_NE(second[0].secret, first[0].secret);
  EXPECT_EQ(second[1].secret, first[0].secret) << "who has not heard yet is not shut out";
  under_test().RotateSecret();
  const std::vector<RingSecret> third = ReadSecrets();
  ASSERT_EQ(third.size(), 2u);
  EXPECT_EQ(third[0].id, 3u);
  EXPECT_EQ(third[1].secret, second[0].secret);
}

TEST_P(CoordinationContract, RotatedBeforeAnybodyRead) {
  under_test().RotateSecret();
  EXPECT_EQ(ReadSecrets().size(), 1u);
  EXPECT_EQ(ReadSecrets()[0].id, 1u);
}

// SQLite serves one machine only and has none.
std::vector<StoreKind> SharedStoreKinds() {
  std::vector<StoreKind> kinds = StoreKinds();
  std::erase_if(kinds, [](const StoreKind& kind) { return std::string(kind.name) == "Sqlite"; });
  return kinds;
}

INSTANTIATE_TEST_SUITE_P(Stores, CoordinationContract, testing::ValuesIn(SharedStoreKinds()),
                         KindName);

}  // namespace
}  // namespace coolkit::store
