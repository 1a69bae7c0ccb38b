#include "cache/proof_table.h"

#include <gtest/gtest.h>

#include <unordered_map>

#include "base/random.h"

namespace coolkit::cache {
namespace {

BootTime At(std::int64_t ms) { return BootTime(milliseconds(ms)); }
model::Proof ProofOf(std::int64_t as_of, std::int64_t seen, std::int64_t fresh_ms) {
  return {{as_of}, {seen}, {At(fresh_ms), DbTime(milliseconds(fresh_ms))}};
}
// Addresses only; nothing is there.
const model::Entry* Address(std::uint64_t n) {
  return std::bit_cast<const model::Entry*>(static_cast<std::uintptr_t>(0x7000'0000'0000 + n * 16));
}

TEST(ProofTable, ForgetsWhatPositionAndHorizonHavePassed) {
  struct Case {
    model::Proof proof;
    bool kept;
  };
  for (const Case& c : {Case{ProofOf(10, 10, 100), false}, Case{ProofOf(11, 10, 100), true},
                        Case{ProofOf(10, 11, 100), true}, Case{ProofOf(10, 10, 101), true},
                        Case{ProofOf(1, 2, 3), false}}) {
    ProofTable table;
    table.Put(Address(1), c.proof);
    EXPECT_EQ(table.Settle({10}, At(100)), !c.kept);
    EXPECT_EQ(table.Find(Address(1)) != nullptr, c.kept);
  }
}

TEST(ProofTable, ReplacesAndRemoves) {
  ProofTable table;
  table.Remove(Address(1));
  table.Put(Address(1), ProofOf(1, 1, 1));
  table.Put(Address(1), ProofOf(2, 2, 2));
  EXPECT_EQ(table.size(), 1u);
  EXPECT_EQ(table.Find(Address(1))->as_of.value, 2);
  table.Remove(Address(2));
  table.Remove(Address(1));
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(table.Find(Address(1)), nullptr);
}

TEST(ProofTable, AgreesWithAMap) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SeededRandom random(seed);
    ProofTable table;
    std::unordered_map<std::uint64_t, model::Proof> model;
    std::int64_t now = 0;
    for (int step = 0; step < 5'000; ++step) {
      const std::uint64_t n = random.Below(600);
      const std::uint64_t dice = random.Below(100);
      if (dice < 60) {
        const model::Proof proof = ProofOf(now + static_cast<std::int64_t>(random.Below(20)),
                                           now + static_cast<std::int64_t>(random.Below(20)),
                                           now + static_cast<std::int64_t>(random.Below(20)));
        table.Put(Address(n), proof);
        model[n] = proof;
      } else if (dice < 90) {
        table.Remove(Address(n));
        model.erase(n);
      } else {
        now += static_cast<std::int64_t>(random.Below(15));
        const bool forgot = table.Settle({now}, At(now - 3));
        const std::size_t erased = std::erase_if(model, [&](const auto& item) {
          const model::Proof& proof = item.second;
          return std::max(proof.as_of, proof.seen).value <= now && proof.fresh.at <= At(now - 3);
        });
        ASSERT_EQ(forgot, erased > 0);
      }
      ASSERT_EQ(table.size(), model.size());
    }
    for (std::uint64_t n = 0; n < 600; ++n) {
      const model::Proof* proof = table.Find(Address(n));
      ASSERT_EQ(proof != nullptr, model.contains(n)) << "seed " << seed;
      if (proof != nullptr) {
        ASSERT_EQ(proof->as_of, model[n].as_of);
      }
    }
  }
}

TEST(ProofTable, GivesItsMemoryBack) {
  ProofTable table;
  for (std::uint64_t n = 0; n < 10'000; ++n) table.Put(Address(n), ProofOf(1, 1, 1));
  EXPECT_GT(table.bytes(), 10'000 * sizeof(model::Proof));
  table.Settle({1}, At(1));
  EXPECT_LT(table.bytes(), 1'000u);
}

TEST(BestOf, TakesLargerAsOfAndFreshAndSmallerSeen) {
  const model::Proof a = ProofOf(5, 9, 100);
  const model::Proof b = ProofOf(7, 8, 50);
  for (const model::Proof& best : {BestOf(a, b), BestOf(b, a)}) {
    EXPECT_EQ(best.as_of.value, 7);
    EXPECT_EQ(best.seen.value, 8);
    EXPECT_EQ(best.fresh.at, At(100));
    EXPECT_EQ(best.fresh.db_now, DbTime(milliseconds(100)));
  }
}

}  // namespace
}  // namespace coolkit::cache
