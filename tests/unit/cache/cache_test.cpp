#include "cache/cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "base/random.h"

namespace coolkit::cache {
namespace {

BootTime At(std::int64_t ms) { return BootTime(milliseconds(ms)); }
model::Incarnation Life(std::uint8_t n) {
  model::Incarnation life;
  life.id[0] = n;
  return life;
}
model::Key KeyOf(std::uint64_t n) { return {"c", "key-" + std::to_string(n)}; }
model::EntryPtr MakeEntry(const model::Key& key, std::int64_t version, bool present = true,
                          std::size_t value_bytes = 5) {
  const std::string value(present ? value_bytes : 0, 'v');
  model::Entry::Fields fields;
  fields.collection = key.collection;
  fields.key = key.key;
  fields.version = {version};
  fields.present = present;
  fields.value = value;
  return model::Entry::Create(fields);
}
// As a load whose snapshot has the position `as_of`, sent at `fresh_ms`.
model::Proof LoadProof(std::int64_t as_of, std::int64_t fresh_ms = 1) {
  return {{as_of}, {as_of}, {At(fresh_ms), DbTime(milliseconds(fresh_ms))}};
}
model::ChangeSet Changed(const model::Key& key, std::int64_t version) {
  model::ChangeSet changes;
  changes.keys.push_back({key, {version}});
  return changes;
}

class CacheTest : public testing::Test {
 protected:
  CacheTest() { cache_.Reset(Life(1), {100}); }

  Admitted Admit(const model::Key& key, std::int64_t version, std::int64_t as_of) {
    return cache_.Admit(MakeEntry(key, version), LoadProof(as_of), Life(1));
  }
  std::int64_t VersionOf(const model::Key& key) {
    const auto found = cache_.Peek(key.ref());
    return found ? found->entry->version().value : -1;
  }

  Cache cache_{CacheOptions{.bytes_max = 64u << 20}};
  const model::Key a_ = KeyOf(1);
  const model::Key b_ = KeyOf(2);
};

TEST_F(CacheTest, FindsWhatWasAdmitted) {
  EXPECT_FALSE(cache_.Find(a_.ref(), Life(1)));
  EXPECT_EQ(Admit(a_, 7, 100), Admitted::kStored);
  const auto found = cache_.Find(a_.ref(), Life(1));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->entry->value(), "vvvvv");
  EXPECT_EQ(found->proof.as_of.value, 100);
  EXPECT_EQ(found->proof.fresh.at, At(1));
  EXPECT_FALSE(cache_.Find(b_.ref()));
  EXPECT_EQ(cache_.Stats().shards, 4u);
}

// The door.

TEST_F(CacheTest, BeforeTheFirstResetNothingOfAnyLifeComesIn) {
  Cache cache(CacheOptions{});
  EXPECT_EQ(cache.Admit(MakeEntry(a_, 1), LoadProof(1), Life(1)), Admitted::kOldIncarnation);
}

TEST_F(CacheTest, EntriesOfAnotherLifeStayOut) {  // R12
  EXPECT_EQ(cache_.Admit(MakeEntry(a_, 1), LoadProof(500), Life(2)), Admitted::kOldIncarnation);
}

TEST_F(CacheTest, LoadsFromBelowTheFloorStayOut) {  // R4
  EXPECT_EQ(Admit(a_, 1, 99), Admitted::kBelowFloor);
  EXPECT_EQ(Admit(a_, 1, 100), Admitted::kStored);
}

TEST_F(CacheTest, LoadThatAChangeOvertookStaysOut) {  // R5: nothing of the key is cached meanwhile
  cache_.Apply(Changed(a_, 2), {120});
  EXPECT_EQ(Admit(a_, 1, 119), Admitted::kChangedSince);
  EXPECT_EQ(Admit(b_, 1, 119), Admitted::kStored);
  EXPECT_EQ(Admit(a_, 2, 120), Admitted::kStored);
}

TEST_F(CacheTest, LastChangeIsNotForgottenByLaterFrames) {  // R5
  cache_.Apply(Changed(a_, 2), {120});
  for (std::int64_t cur = 121; cur < 1'000; ++cur) cache_.Apply({}, {cur});
  EXPECT_EQ(Admit(a_, 1, 119), Admitted::kChangedSince);
  cache_.Apply(Changed(a_, 3), {110});  // another tailer's late frame
  EXPECT_EQ(Admit(a_, 1, 119), Admitted::kChangedSince);
}

TEST_F(CacheTest, KeysThatShareALastChangePositionAreOnlyRefused) {
  model::Key other = b_;
  other.hash = a_.hash;  // the worst collision
  cache_.Apply(Changed(a_, 2), {120});
  model::ChangeSet changes;
  changes.keys.push_back({other, {9}});
  ASSERT_EQ(Admit(a_, 3, 120), Admitted::kStored);
  cache_.Apply(changes, {130});
  EXPECT_EQ(VersionOf(a_), 3);
  EXPECT_EQ(Admit(a_, 4, 129), Admitted::kChangedSince);
}

TEST_F(CacheTest, NewerVersionIsNeverReplacedByAnOlder) {  // R5
  EXPECT_EQ(Admit(a_, 5, 110), Admitted::kStored);
  EXPECT_EQ(Admit(a_, 4, 110), Admitted::kNewerPresent);
  EXPECT_EQ(VersionOf(a_), 5);
  EXPECT_EQ(Admit(a_, 6, 110), Admitted::kStored);
  EXPECT_EQ(VersionOf(a_), 6);
}

TEST_F(CacheTest, SameVersionKeepsTheBetterOfBothProofs) {
  cache_.Admit(MakeEntry(a_, 5), {{110}, {115}, {At(50), {}}}, Life(1));
  EXPECT_EQ(cache_.Admit(MakeEntry(a_, 5), {{108}, {112}, {At(70), {}}}, Life(1)),
            Admitted::kMerged);
  const model::Proof proof = cache_.Peek(a_.ref())->proof;
  EXPECT_EQ(proof.as_of.value, 110);
  EXPECT_EQ(proof.seen.value, 112);
  EXPECT_EQ(proof.fresh.at, At(70));
}

TEST_F(CacheTest, MergeMayNotGoAroundTheDoor) {
  Admit(a_, 5, 110);
  cache_.Apply(Changed(a_, 5), {120});
  EXPECT_EQ(VersionOf(a_), 5);  // it is what the change made
  EXPECT_EQ(Admit(a_, 5, 119), Admitted::kChangedSince);
}

TEST_F(CacheTest, VersionFoundExpiredBecomesAnAbsence) {
  Admit(a_, 5, 110);
  EXPECT_EQ(cache_.Admit(MakeEntry(a_, 5, false), LoadProof(111), Life(1)), Admitted::kStored);
  EXPECT_FALSE(cache_.Peek(a_.ref())->entry->present());
  // A late result from before the expiry does not bring it back.
  EXPECT_EQ(Admit(a_, 5, 110), Admitted::kMerged);
  EXPECT_FALSE(cache_.Peek(a_.ref())->entry->present());
}

TEST_F(CacheTest, AbsenceAndPresenceCompareByVersion) {
  cache_.Admit(MakeEntry(a_, 5, false), LoadProof(110), Life(1));
  EXPECT_EQ(Admit(a_, 4, 110), Admitted::kNewerPresent);
  EXPECT_EQ(Admit(a_, 6, 110), Admitted::kStored);
  EXPECT_EQ(cache_.Admit(MakeEntry(a_, 5, false), LoadProof(110), Life(1)),
            Admitted::kNewerPresent);
  EXPECT_TRUE(cache_.Peek(a_.ref())->entry->present());
}

// Changes.

TEST_F(CacheTest, ChangeDropsOlderVersionsOnly) {  // R3
  Admit(a_, 5, 110);
  Admit(b_, 5, 110);
  cache_.Apply(Changed(a_, 6), {120});
  cache_.Apply(Changed(b_, 5), {121});
  EXPECT_EQ(VersionOf(a_), -1);
  EXPECT_EQ(VersionOf(b_), 5);
  EXPECT_EQ(cache_.Stats().invalidations, 1u);
}

TEST_F(CacheTest, ManyChangesReachTheirShards) {
  for (std::uint64_t n = 0; n < 2'000; ++n) Admit(KeyOf(n), 5, 110);
  model::ChangeSet changes;
  for (std::uint64_t n = 0; n < 2'000; n += 2) changes.keys.push_back({KeyOf(n), {6}});
  cache_.Apply(changes, {120});
  for (std::uint64_t n = 0; n < 2'000; ++n) ASSERT_EQ(VersionOf(KeyOf(n)), n % 2 == 0 ? -1 : 5);
}

TEST_F(CacheTest, CollectionsChangedDropTheirsAndRefuseLoadsInFlight) {
  const model::Key c("other", "x");
  Admit(a_, 5, 110);
  Admit(c, 5, 110);
  Admit(b_, 5, 121);  // loaded after the change
  model::ChangeSet changes;
  changes.collections = {"c", "third"};
  cache_.Apply(changes, {120});
  EXPECT_EQ(VersionOf(a_), -1);
  EXPECT_EQ(VersionOf(b_), 5);
  EXPECT_EQ(VersionOf(c), 5);
  EXPECT_EQ(Admit(a_, 4, 119), Admitted::kBelowFloor);
  EXPECT_EQ(Admit(a_, 6, 120), Admitted::kStored);
}

TEST_F(CacheTest, EverythingChangedDropsAllButWhatIsNewer) {
  Admit(a_, 5, 110);
  Admit(b_, 5, 120);
  cache_.Settle({115}, At(1000));
  model::ChangeSet changes;
  changes.everything = true;
  cache_.Apply(changes, {120});
  EXPECT_EQ(VersionOf(a_), -1);
  EXPECT_EQ(VersionOf(b_), 5);
  EXPECT_EQ(Admit(a_, 5, 119), Admitted::kBelowFloor);
}

TEST_F(CacheTest, GapDropsWhatMayHaveChangedInIt) {  // R4
  Admit(a_, 5, 110);
  Admit(b_, 5, 130);
  cache_.ApplyGap({130}, {120});
  EXPECT_EQ(VersionOf(a_), -1);
  EXPECT_EQ(VersionOf(b_), 5);
  EXPECT_EQ(Admit(a_, 5, 129), Admitted::kBelowFloor);
  EXPECT_EQ(Admit(a_, 5, 130), Admitted::kStored);
}

TEST_F(CacheTest, WhatIsAppliedBeyondTheGapStays) {  // R4: max(as_of, A)
  Admit(a_, 5, 110);
  cache_.ApplyGap({130}, {130});
  EXPECT_EQ(VersionOf(a_), 5);
}

TEST_F(CacheTest, FloorNeverFalls) {
  cache_.ApplyGap({130}, {120});
  cache_.ApplyGap({110}, {105});
  EXPECT_EQ(Admit(a_, 5, 129), Admitted::kBelowFloor);
}

TEST_F(CacheTest, ResetForgetsTheOldLife) {  // R12
  Admit(a_, 5, 110);
  cache_.Apply(Changed(b_, 9), {5'000});
  cache_.Reset(Life(2), {10});
  EXPECT_FALSE(cache_.Find(a_.ref()));
  EXPECT_EQ(cache_.Stats().entries, 0u);
  EXPECT_EQ(Admit(a_, 5, 6'000), Admitted::kOldIncarnation);
  // Positions and last changes of the old life mean nothing now.
  EXPECT_EQ(cache_.Admit(MakeEntry(b_, 1), LoadProof(10), Life(2)), Admitted::kStored);
  EXPECT_EQ(cache_.Admit(MakeEntry(a_, 1), LoadProof(9), Life(2)), Admitted::kBelowFloor);
}

TEST_F(CacheTest, AnOwnStatementEndsOnlyOlderLives) {  // R12
  const auto life = [](std::uint8_t id) {
    model::Incarnation incarnation = Life(id);
    incarnation.base = id;
    return incarnation;
  };
  cache_.Reset(life(2), {100});
  ASSERT_EQ(cache_.Admit(MakeEntry(a_, 5), LoadProof(110), life(2)), Admitted::kStored);
  cache_.LeaveOlderLife(life(1), {10});
  cache_.LeaveOlderLife(life(2), {200});
  EXPECT_TRUE(cache_.Find(a_.ref(), life(2))) << "late answers";
  cache_.LeaveOlderLife(life(3), {10});
  EXPECT_FALSE(cache_.Find(a_.ref()));
  EXPECT_EQ(cache_.Admit(MakeEntry(a_, 5), LoadProof(110), life(2)), Admitted::kOldIncarnation);
  EXPECT_EQ(cache_.Admit(MakeEntry(a_, 1), LoadProof(9), life(3)), Admitted::kBelowFloor);
  EXPECT_EQ(cache_.Admit(MakeEntry(a_, 1), LoadProof(10), life(3)), Admitted::kStored);
}

TEST_F(CacheTest, ReaderOfAnotherLifeFindsNothing) {  // R8: e.I == I
  Admit(a_, 5, 110);
  EXPECT_FALSE(cache_.Find(a_.ref(), Life(2)));
  cache_.Reset(Life(2), {10});
  cache_.Admit(MakeEntry(a_, 1), LoadProof(10), Life(2));
  EXPECT_FALSE(cache_.Find(a_.ref(), Life(1)));
  EXPECT_TRUE(cache_.Find(a_.ref(), Life(2)));
  EXPECT_FALSE(cache_.Peek(a_.ref(), Life(1)));
  EXPECT_TRUE(cache_.Peek(a_.ref(), Life(2)));
}

TEST_F(CacheTest, RaisedBaseIsTheSameLife) {
  model::Incarnation raised = Life(1);
  raised.base = 99;
  EXPECT_EQ(cache_.Admit(MakeEntry(a_, 5), LoadProof(110), raised), Admitted::kStored);
  EXPECT_TRUE(cache_.Find(a_.ref(), raised));
  cache_.LeaveOlderLife(raised, {10});
  EXPECT_TRUE(cache_.Find(a_.ref(), raised)) << "told by a late answer";
}

// Proofs.

TEST_F(CacheTest, OldProofsNeedNoRoom) {
  for (std::uint64_t n = 0; n < 100; ++n) Admit(KeyOf(n), 5, 110);
  EXPECT_EQ(cache_.Stats().young_entries, 100u);
  cache_.Settle({110}, At(0));
  EXPECT_EQ(cache_.Stats().young_entries, 100u) << "the horizon has not passed them";
  cache_.Settle({115}, At(1));
  EXPECT_EQ(cache_.Stats().young_entries, 0u);
  const model::Proof proof = cache_.Peek(a_.ref())->proof;
  EXPECT_EQ(proof.as_of, model::kNoPosition);
  EXPECT_EQ(proof.fresh.at, kMinusInfinity);
}

TEST_F(CacheTest, SeenOfASettledEntryIsNeverTooLow) {  // R10
  // The reader samples A = 105, then the feed reaches 115 and settles the entry: a token made
  // from the sample would not include this version.
  Admit(a_, 5, 112);
  cache_.Settle({115}, At(10));
  EXPECT_GE(cache_.Peek(a_.ref())->proof.seen.value, 112);
  // And no higher than what settled it.
  cache_.Settle({500}, At(500));
  EXPECT_EQ(cache_.Peek(a_.ref())->proof.seen.value, 115);
}

TEST_F(CacheTest, BetterProofOfASettledEntryIsTaken) {
  Admit(a_, 5, 110);
  cache_.Settle({115}, At(10));
  EXPECT_EQ(cache_.Admit(MakeEntry(a_, 5), {{111}, {111}, {At(900), {}}}, Life(1)),
            Admitted::kMerged);
  const model::Proof proof = cache_.Peek(a_.ref())->proof;
  EXPECT_EQ(proof.fresh.at, At(900));
  EXPECT_EQ(proof.seen.value, 111);
  // One that the feed has overtaken already is not kept.
  cache_.Settle({120}, At(1'000));
  EXPECT_EQ(cache_.Admit(MakeEntry(a_, 5), LoadProof(112), Life(1)), Admitted::kMerged);
  EXPECT_EQ(cache_.Stats().young_entries, 0u);
}

// Removal and room.

TEST_F(CacheTest, EraseSparesNewerVersions) {
  Admit(a_, 5, 110);
  cache_.Erase(a_.ref(), {4});
  EXPECT_EQ(VersionOf(a_), 5);
  cache_.Erase(a_.ref(), {5});
  EXPECT_EQ(VersionOf(a_), -1);
  cache_.Erase(a_.ref(), {5});
}

TEST_F(CacheTest, CountsWhatItRefusesAndTakes) {
  Admit(a_, 5, 110);
  Admit(a_, 5, 111);
  Admit(a_, 4, 110);
  Admit(b_, 4, 10);
  const CacheStats stats = cache_.Stats();
  EXPECT_EQ(stats.admissions, 2u);
  EXPECT_EQ(stats.refusals, 2u);
  EXPECT_EQ(stats.entries, 1u);
}

TEST(CacheRoom, ValuesOfOneMebibyteLiveInASmallCache) {
  Cache cache(CacheOptions{.bytes_max = 16u << 20});
  cache.Reset(Life(1), {0});
  for (int round = 0; round < 3; ++round) {
    for (std::uint64_t n = 0; n < 12; ++n) {
      const auto admitted =
          cache.Admit(MakeEntry(KeyOf(n), 1, true, 1u << 20), LoadProof(1), Life(1));
      ASSERT_TRUE(admitted == Admitted::kStored || admitted == Admitted::kMerged);
    }
  }
  EXPECT_EQ(cache.Stats().entries, 12u);
  EXPECT_EQ(cache.Stats().evictions, 0u);
}

TEST(CacheRoom, WhatIsNiceToHaveTakesNoneOfTheSecondHalf) {
  Cache cache(CacheOptions{.bytes_max = 16u << 20});
  cache.Reset(Life(1), {0});
  const auto admit = [&cache](std::uint64_t n) {
    return cache.AdmitIfRoom(MakeEntry(KeyOf(n), 1, true, 1u << 20), LoadProof(1), Life(1));
  };
  std::uint64_t n = 0;
  while (admit(n) == Admitted::kStored) ++n;
  EXPECT_GE(n, 7u);
  EXPECT_LE(n, 8u);
  EXPECT_EQ(admit(n), Admitted::kNoRoom);
  EXPECT_EQ(cache.Admit(MakeEntry(KeyOf(n), 1, true, 1u << 20), LoadProof(1), Life(1)),
            Admitted::kStored);
  EXPECT_EQ(cache.Stats().evictions, 0u);
}

TEST(CacheRoom, ShardsAreFewWhileTheBudgetIsSmall) {
  EXPECT_EQ(Cache(CacheOptions{.bytes_max = 0}).Stats().shards, 1u);
  EXPECT_EQ(Cache(CacheOptions{.bytes_max = 16u << 20}).Stats().shards, 1u);
  EXPECT_EQ(Cache(CacheOptions{.bytes_max = 256u << 20}).Stats().shards, 16u);
  EXPECT_EQ(Cache(CacheOptions{.bytes_max = 1ull << 40}).Stats().shards, 1'024u);
  EXPECT_EQ(Cache(CacheOptions{.bytes_max = 1u << 30, .shards = 4}).Stats().shards, 4u);
}

TEST(CacheRoom, WithoutBudgetNothingIsStoredAndNothingBreaks) {
  Cache cache(CacheOptions{.bytes_max = 1'000});
  cache.Reset(Life(1), {0});
  EXPECT_EQ(cache.Admit(MakeEntry(KeyOf(1), 1), LoadProof(1), Life(1)), Admitted::kTooLarge);
  EXPECT_EQ(cache.Stats().too_large, 1u);
  EXPECT_FALSE(cache.Find(KeyOf(1).ref()));
}

TEST(CacheRoom, BytesStayBelowTheBudgetThroughEverything) {
  constexpr std::uint64_t kMax = 40u << 20;  // two shards
  Cache cache(CacheOptions{.bytes_max = kMax});
  cache.Reset(Life(1), {0});
  SeededRandom random(1);
  for (int step = 0; step < 60'000; ++step) {
    const model::Key key = KeyOf(random.Below(200'000));
    const std::size_t bytes = random.Below(500) == 0 ? random.Below(1u << 20) : random.Below(3'000);
    const bool present = random.Below(5) != 0;
    ASSERT_EQ(cache.Admit(MakeEntry(key, step + 1, present, bytes), LoadProof(step), Life(1)),
              Admitted::kStored);
    if (step % 3'000 == 0) cache.Settle({step - 1'000}, At(1));
    if (step % 16 == 0) {
      ASSERT_LE(cache.Stats().bytes, kMax) << step;
    }
  }
  EXPECT_GT(cache.Stats().bytes, kMax / 10 * 9);
  cache.SetBytesMax(kMax / 4);
  EXPECT_LE(cache.Stats().bytes, kMax / 4);
  EXPECT_GT(cache.Stats().bytes, kMax / 8);
  cache.SetBytesMax(kMax);
  for (int n = 0; n < 10; ++n) {
    ASSERT_EQ(cache.Admit(MakeEntry(KeyOf(500'000 + static_cast<std::uint64_t>(n)), 1, true, 100),
                          LoadProof(100'000), Life(1)),
              Admitted::kStored);
  }
}

// Readers, loaders and the applier at once; the version that each key must have at least is told by
// an atomic that the applier raises before it names the change.
TEST(CacheThreads, ReadersNeverFindWhatAFinishedApplyDropped) {
  constexpr int kKeys = 64;
  constexpr int kLoads = 20'000;
  Cache cache(CacheOptions{.bytes_max = 64u << 20});
  cache.Reset(Life(1), {0});
  std::vector<model::Key> keys;
  for (std::uint64_t n = 0; n < kKeys; ++n) keys.push_back(KeyOf(n));
  std::atomic<std::int64_t> committed{0};  // every key's version and position in the database
  std::atomic<std::int64_t> applied{0};
  std::atomic<int> loads{0};
  std::atomic<int> outdated{0};
  std::atomic<int> too_low{0};
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      SeededRandom random(t + 1);
      while (!done.load()) {
        const model::Key& key = keys[random.Below(kKeys)];
        const std::int64_t snapshot = committed.load();
        const model::EntryPtr loaded = MakeEntry(key, snapshot);
        // A slow load: the feed overtakes it.
        const bool slow = random.Below(4) == 0;
        while (slow && applied.load() <= snapshot && !done.load()) std::this_thread::yield();
        cache.Admit(loaded, LoadProof(snapshot), Life(1));
        loads.fetch_add(1);
        const std::int64_t sampled = applied.load();
        if (const auto found = cache.Find(key.ref(), Life(1))) {
          if (found->entry->version().value < sampled) outdated.fetch_add(1);                 // R1
          if (found->proof.seen.value < found->entry->version().value) too_low.fetch_add(1);  // R10
        }
      }
    });
  }
  for (std::int64_t n = 1; loads.load() < kLoads; ++n) {
    committed.store(n);
    model::ChangeSet changes;
    for (const model::Key& key : keys) changes.keys.push_back({key, {n}});
    cache.Apply(changes, {n});
    applied.store(n);
    cache.Settle({n}, At(1));
    if (n % 100 == 0) cache.ApplyGap({n}, {n});
    std::this_thread::yield();
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(outdated.load(), 0);
  EXPECT_EQ(too_low.load(), 0);
}

TEST_F(CacheTest, TheHottestComeFirstAndOnlyThoseWanted) {
  std::vector<model::Key> keys;
  for (std::uint64_t n = 0; n < 100; ++n) {
    keys.push_back(KeyOf(n));
    ASSERT_EQ(Admit(keys.back(), 1, 100), Admitted::kStored);
  }
  for (int hits = 0; hits < 3; ++hits) {
    static_cast<void>(cache_.Find(keys[42].ref()));
    static_cast<void>(cache_.Find(keys[17].ref()));
  }
  static_cast<void>(cache_.Find(keys[5].ref()));
  const std::uint32_t unwanted = model::SlotOf(keys[17].hash);
  const std::vector<model::EntryPtr> entries =
      cache_.Hottest([unwanted](std::uint32_t slot) { return slot != unwanted; });
  ASSERT_GE(entries.size(), 90u);
  EXPECT_EQ(entries[0]->key(), keys[42].key);
  EXPECT_EQ(entries[1]->key(), keys[5].key);
  for (const model::EntryPtr& entry : entries) EXPECT_NE(entry->key(), keys[17].key);
}

}  // namespace
}  // namespace coolkit::cache
