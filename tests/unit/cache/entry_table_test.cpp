#include "cache/entry_table.h"

#include <gtest/gtest.h>

#include <string>
#include <unordered_map>

#include "base/random.h"

namespace coolkit::cache {
namespace {

model::Key KeyOf(std::uint64_t n) { return {"c", "key-" + std::to_string(n)}; }

model::EntryPtr MakeEntry(const model::Key& key, std::int64_t version, std::size_t value_bytes,
                          bool present = true) {
  const std::string value(present ? value_bytes : 0, 'v');
  model::Entry::Fields fields;
  fields.collection = key.collection;
  fields.key = key.key;
  fields.version = {version};
  fields.present = present;
  fields.value = value;
  return model::Entry::Create(fields);
}

const model::Proof kYoung{{5}, {5}, {BootTime(seconds(1)), {}}};

class EntryTableTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kBytesMax = 1 << 20;

  bool Put(std::uint64_t n, std::size_t bytes, bool present = true,
           const model::Proof* young = nullptr) {
    const model::Key key = KeyOf(n);
    const bool stored = table_.Put(key.ref(), MakeEntry(key, ++version_, bytes, present), young);
    EXPECT_LE(table_.bytes(), kBytesMax);
    return stored;
  }
  std::optional<EntryTable::Slot> Find(std::uint64_t n) const {
    return table_.Find(KeyOf(n).ref());
  }

  EntryTable table_{{kBytesMax, kBytesMax / 10}};
  std::int64_t version_ = 0;
};

TEST_F(EntryTableTest, HoldsWhatWasPut) {
  EXPECT_TRUE(Put(1, 100));
  EXPECT_TRUE(Put(2, 0, false));
  ASSERT_TRUE(Find(1) && Find(2));
  EXPECT_EQ(Find(1)->entry->value().size(), 100u);
  EXPECT_FALSE(Find(2)->entry->present());
  EXPECT_EQ(table_.counts().entries, 2u);
  EXPECT_EQ(table_.counts().negative_entries, 1u);
  table_.Drop(*Find(1));
  table_.Drop(*Find(2));
  EXPECT_FALSE(Find(1) || Find(2));
  EXPECT_EQ(table_.counts().entries, 0u);
}

TEST_F(EntryTableTest, ReplacesInPlaceAndBetweenQueues) {
  Put(1, 100);
  Put(1, 200);
  EXPECT_EQ(table_.counts().entries, 1u);
  EXPECT_EQ(Find(1)->entry->value().size(), 200u);
  Put(1, 0, false);
  EXPECT_EQ(table_.counts().negative_entries, 1u);
  Put(1, 300);
  EXPECT_EQ(table_.counts().negative_entries, 0u);
  EXPECT_EQ(table_.counts().entries, 1u);
  EXPECT_EQ(Find(1)->entry->value().size(), 300u);
}

TEST_F(EntryTableTest, LetsGoOfWhatItDrops) {
  const model::Key key = KeyOf(1);
  {
    const model::EntryPtr held = MakeEntry(key, 1, 1'000);
    ASSERT_TRUE(table_.Put(key.ref(), held, nullptr));
    table_.Drop(*Find(1));
    EXPECT_EQ(held->value().size(), 1'000u);  // readers keep it alive
  }
  const std::uint64_t before = table_.bytes();
  for (int round = 0; round < 1'000; ++round) {
    Put(1, 5'000);
    Put(1, 10);
    table_.Drop(*Find(1));
  }
  EXPECT_LE(table_.bytes(), before + 2'048);
}

TEST_F(EntryTableTest, NeverPassesItsBudgetWhateverComes) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    SeededRandom random(seed);
    for (int step = 0; step < 20'000; ++step) {
      const std::uint64_t n = random.Below(20'000);
      const std::size_t bytes = random.Below(200) == 0 ? random.Below(400'000) : random.Below(300);
      const bool present = random.Below(4) != 0;
      const bool stored = Put(n, bytes, present, random.Below(3) == 0 ? &kYoung : nullptr);
      ASSERT_TRUE(stored);
      ASSERT_TRUE(Find(n));
      if (random.Below(5) == 0) table_.Drop(*Find(n));
      if (random.Below(2'000) == 0) table_.Settle({5}, BootTime(seconds(1)));
      if (const auto hit = Find(random.Below(20'000))) table_.Touch(*hit);
    }
    EXPECT_GT(table_.bytes(), kBytesMax / 3) << "and it uses it";
    EXPECT_LE(table_.counts().negative_bytes, kBytesMax / 10);
  }
}

TEST_F(EntryTableTest, TooLargeLeavesNothingBehindAndTheOthersAlone) {
  for (std::uint64_t n = 0; n < 100; ++n) Put(n, 1'000);
  EXPECT_FALSE(Put(7, kBytesMax));
  EXPECT_FALSE(Find(7)) << "the older version is known to be outdated";
  EXPECT_EQ(table_.counts().entries, 99u);
  EXPECT_TRUE(Put(7, kBytesMax / 2 - 1'000));
}

TEST_F(EntryTableTest, AbsencesEvictEachOther) {
  for (std::uint64_t n = 0; n < 3'000; ++n) Put(n, 150);
  const std::uint64_t values = table_.counts().entries;
  for (std::uint64_t n = 0; n < 50'000; ++n) Put(100'000 + n, 0, false);
  EXPECT_LE(table_.counts().negative_bytes, kBytesMax / 10);
  EXPECT_GT(table_.counts().negative_entries, 800u);
  const std::uint64_t left = table_.counts().entries - table_.counts().negative_entries;
  EXPECT_GT(left, values - values / 5);
  // Nor do values push out absences within their share.
  const std::uint64_t absent = table_.counts().negative_entries;
  for (std::uint64_t n = 0; n < 50'000; ++n) Put(200'000 + n, 150);
  EXPECT_EQ(table_.counts().negative_entries, absent);
}

TEST_F(EntryTableTest, ProofsBelongToTheirEntry) {
  Put(1, 10, true, &kYoung);
  ASSERT_NE(table_.ProofOf(*Find(1)), nullptr);
  EXPECT_EQ(table_.counts().young, 1u);
  Put(1, 10);  // a newer version without one
  EXPECT_EQ(table_.ProofOf(*Find(1)), nullptr);
  EXPECT_EQ(table_.counts().young, 0u);
  table_.SetProof(KeyOf(1).ref(), kYoung);
  ASSERT_NE(table_.ProofOf(*Find(1)), nullptr);
  EXPECT_TRUE(table_.Settle({5}, BootTime(seconds(1))));
  EXPECT_EQ(table_.ProofOf(*Find(1)), nullptr);
  Put(2, 10, true, &kYoung);
  table_.Drop(*Find(2));
  Put(3, 0, false, &kYoung);
  table_.Clear();
  EXPECT_EQ(table_.counts().young, 0u);
}

TEST_F(EntryTableTest, EvictionTakesProofsAlong) {
  for (std::uint64_t n = 0; n < 30'000; ++n) Put(n, 100, n % 5 != 0, &kYoung);
  EXPECT_EQ(table_.counts().young, table_.counts().entries);
  EXPECT_GT(table_.counts().evictions, 10'000u);
}

TEST_F(EntryTableTest, DropIfSeesEveryEntryOnce) {
  for (std::uint64_t n = 0; n < 1'000; ++n) Put(n, 10, n % 2 == 0);
  std::unordered_map<std::string, int> seen;
  EXPECT_EQ(table_.DropIf([&](const EntryTable::Slot& slot) {
    ++seen[std::string(slot.entry->key())];
    return slot.entry->version().value % 3 == 0;
  }),
            333u);
  EXPECT_EQ(seen.size(), 1'000u);
  EXPECT_EQ(table_.counts().entries, 667u);
  for (std::uint64_t n = 0; n < 1'000; ++n) ASSERT_EQ(Find(n).has_value(), (n + 1) % 3 != 0);
}

TEST_F(EntryTableTest, ShrinkingGivesMemoryBackAtOnce) {
  for (std::uint64_t n = 0; n < 10'000; ++n) Put(n, 40, n % 8 != 0);
  table_.SetBudget({kBytesMax / 8, kBytesMax / 80});
  EXPECT_LE(table_.bytes(), kBytesMax / 8);
  EXPECT_GT(table_.counts().entries, 700u);
  EXPECT_LE(table_.counts().negative_bytes, kBytesMax / 80);
  table_.SetBudget({0, 0});
  EXPECT_EQ(table_.counts().entries, 0u);
  EXPECT_FALSE(Put(1, 1));
  table_.SetBudget({kBytesMax, kBytesMax / 10});
  EXPECT_TRUE(Put(1, 1));
}

TEST_F(EntryTableTest, InvalidationsWithoutEvictionDoNotGrowTheQueue) {
  for (std::uint64_t n = 0; n < 1'000; ++n) Put(n, 100);
  const std::uint64_t before = table_.bytes();
  for (int round = 0; round < 100; ++round) {
    for (std::uint64_t n = 0; n < 1'000; n += 10) {
      table_.Drop(*Find(n));
      Put(n, 100);
    }
  }
  EXPECT_EQ(table_.counts().entries, 1'000u);
  EXPECT_EQ(table_.counts().evictions, 0u);
  EXPECT_LE(table_.bytes(), before + 32'768);
}

}  // namespace
}  // namespace coolkit::cache
