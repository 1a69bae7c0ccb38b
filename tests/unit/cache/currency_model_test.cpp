// The whole protocol around the cache, randomized by a seed: loads, own and foreign writes, peers,
// pushes, two tailers, gaps, evictions, new lives, sessions, everything late, lost or twice. R1 is
// checked after each step, every answer against G2 and G3. Each rule is broken once: that must be
// found, so the silence about the unbroken ones means something.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <string>

#include "cache/cache.h"
#include "support/currency/loads.h"
#include "support/currency/readers.h"
#include "support/currency/reference_cache.h"
#include "support/currency/tailers.h"
#include "support/currency/world.h"

namespace coolkit::cache {
namespace {

using namespace support::currency;

// R1: e.ver >= version of the key at position max(e.as_of, A), for every entry of every pod.
void CheckCurrency(World& world) {
  for (const auto& pod : world.pods) {
    const feed::Sample at = pod->state.Read();
    if (at.applied == model::kNoPosition) continue;
    const ModelDatabase::Life& life = world.database.LifeOf(at.incarnation);
    for (std::size_t key = 0; key < kKeys; ++key) {
      const auto found = pod->cache->Peek(world.database.Name(key).ref());
      if (!found) continue;
      const model::Position position = std::max(found->proof.as_of, at.applied);
      if (found->entry->version() < world.database.VersionAt(life, key, position)) {
        world.Violated("R1: an entry is older than its position says");
      }
    }
  }
}

class Run {
 public:
  Run(std::uint64_t seed, const Rules& rules, const World::MakeCache& make)
      : world_(seed, rules, make) {
    for (std::uint64_t& weight : weights_) weight *= 1 + world_.random.Below(4);
  }

  // The first violation, or nothing.
  std::optional<std::string> Steps(int count) {
    const std::uint64_t deliver_percent = 70 + world_.random.Below(20);
    const std::uint64_t tick_every = 2 + world_.random.Below(8);
    const std::uint64_t tick_ms = 1 + world_.random.Below(10);
    for (int i = 0; i < count && !world_.violation; ++i) {
      if (world_.OneIn(tick_every)) world_.now += milliseconds(world_.random.Below(tick_ms + 1));
      if (!world_.idle() && world_.random.Below(100) < deliver_percent) {
        world_.Deliver();
      } else {
        Begin();
      }
      CheckCurrency(world_);
    }
    return world_.violation;
  }
  [[nodiscard]] const Tally& tally() const { return world_.tally; }

 private:
  enum Kind : std::size_t {
    kLoad,
    kForeignWrite,
    kOwnWrite,
    kPoll,
    kPing,
    kRead,
    kAskPeer,
    kPush,
    kEvict,
    kRestart,
    kGiveUp,
    kFailOver,
    kKinds
  };

  [[nodiscard]] std::size_t AnyKind() {
    std::uint64_t sum = 0;
    for (const std::uint64_t weight : weights_) sum += weight;
    std::uint64_t dice = world_.random.Below(sum);
    for (std::size_t kind = 0;; ++kind) {
      if (dice < weights_[kind]) return kind;
      dice -= weights_[kind];
    }
  }

  void Begin() {
    switch (AnyKind()) {
      case kLoad:
        return loads_.Load();
      case kForeignWrite:
        return loads_.ForeignWrite();
      case kOwnWrite:
        return loads_.OwnWrite(readers_.Acknowledged());
      case kPoll:
        return tailers_.Poll();
      case kPing:
        return tailers_.Ping(world_.random.Below(kPods));
      case kRead:
        return readers_.Read();
      case kAskPeer:
        return loads_.AskPeer();
      case kPush:
        return loads_.Push();
      case kEvict:
        return world_.AnyPod().cache->Erase(world_.database.Name(world_.AnyKey()).ref(),
                                            {INT64_MAX});
      case kRestart:
        return tailers_.Restart();
      case kGiveUp:
        return readers_.GiveUp();
      default:
        world_.database.FailOver(static_cast<std::int64_t>(world_.random.Below(4)));
    }
  }

  // By kind; each run multiplies them as it likes.
  std::array<std::uint64_t, kKinds> weights_{60, 25, 25, 130, 100, 180, 40, 30, 8, 4, 3, 1};
  World world_;
  Tailers tailers_{world_};
  Loads loads_{world_};
  Readers readers_{world_};
};

constexpr int kSteps = 500;

#ifdef COOLKIT_SANITIZED
constexpr bool kSanitized = true;  // ten times as slow
#else
constexpr bool kSanitized = false;
#endif

std::uint64_t Seeds() {
  return std::getenv("COOLKIT_SOAK") != nullptr ? 100'000 : kSanitized ? 200 : 2'000;
}

// Runs seeds until one finds a violation; its text, or nothing.
std::optional<std::string> FirstViolation(std::uint64_t seeds, const Rules& rules,
                                          const World::MakeCache& make, Tally* sum = nullptr) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    Run run(seed, rules, make);
    if (const auto violation = run.Steps(kSteps)) {
      return *violation + ", seed " + std::to_string(seed);
    }
    if (sum == nullptr) continue;
    sum->hits += run.tally().hits;
    sum->settled_hits += run.tally().settled_hits;
    sum->refused += run.tally().refused;
    sum->gaps += run.tally().gaps;
    sum->lives += run.tally().lives;
  }
  return std::nullopt;
}

std::unique_ptr<PodCache> RealCache() {
  return std::make_unique<PodCacheOver<Cache>>(CacheOptions{.bytes_max = 4u << 20});
}

TEST(CurrencyModel, CacheKeepsR1G2AndG3) {
  const Rules rules;
  Tally tally;
  const std::uint64_t seeds = Seeds();
  EXPECT_EQ(FirstViolation(seeds, rules, RealCache, &tally), std::nullopt);
  // The runs were about something.
  EXPECT_GT(tally.hits, seeds);
  EXPECT_GT(tally.settled_hits, seeds / 10);
  EXPECT_GT(tally.refused, seeds);
  EXPECT_GT(tally.gaps, seeds);
  EXPECT_GT(tally.lives, seeds * 2);
  std::printf("%lu schedules, %lu hits (%lu settled), %lu refused, %lu gaps, %lu lives\n", seeds,
              tally.hits, tally.settled_hits, tally.refused, tally.gaps, tally.lives);
}

TEST(CurrencyModel, ReferenceCacheKeepsThemToo) {
  const Rules rules;
  EXPECT_EQ(FirstViolation(Seeds(), rules,
                           [&] { return std::make_unique<PodCacheOver<ReferenceCache>>(rules); }),
            std::nullopt);
}

struct BrokenRule {
  const char* name;
  bool Rules::* rule;
};

class BrokenRuleTest : public testing::TestWithParam<BrokenRule> {};

TEST_P(BrokenRuleTest, IsFound) {
  if (kSanitized) GTEST_SKIP() << "tests the test, not the code: runs without sanitizers";
  Rules rules;
  rules.*GetParam().rule = false;
  const auto violation = FirstViolation(20'000, rules, [&]() -> std::unique_ptr<PodCache> {
    return std::make_unique<PodCacheOver<ReferenceCache>>(rules);
  });
  ASSERT_TRUE(violation) << "nothing noticed that " << GetParam().name << " is broken";
  std::printf("%s: %s\n", GetParam().name, violation->c_str());
}

INSTANTIATE_TEST_SUITE_P(
    Rules, BrokenRuleTest,
    testing::Values(BrokenRule{"R2_EchoBeforeStatement", &Rules::echo_before_statement},
                    BrokenRule{"R2_ApplyBeforePublish", &Rules::apply_before_publish},
                    BrokenRule{"R3_Chain", &Rules::chain},
                    BrokenRule{"R3_ChangeDrops", &Rules::change_drops},
                    BrokenRule{"R4_GapDrops", &Rules::gap_drops},
                    BrokenRule{"R4_Floor", &Rules::floor},
                    BrokenRule{"R5_LastChange", &Rules::last_change},
                    BrokenRule{"R6_OwnWriteAsOfBefore", &Rules::own_write_as_of_before},
                    BrokenRule{"R6_PeerPositionBefore", &Rules::peer_position_before},
                    BrokenRule{"R7_FreshAtSend", &Rules::fresh_at_send},
                    BrokenRule{"R7_PeerAgeFromRequest", &Rules::peer_age_from_request},
                    BrokenRule{"R7_PushHasNoAge", &Rules::push_has_no_age},
                    BrokenRule{"R8_ServeRule", &Rules::serve_rule},
                    BrokenRule{"R8_SampleBeforeLookUp", &Rules::sample_before_look_up},
                    BrokenRule{"R8_ClockAfterRequest", &Rules::clock_after_request},
                    BrokenRule{"R10_Token", &Rules::token},
                    BrokenRule{"R10_TokenHasSeen", &Rules::token_has_seen},
                    BrokenRule{"R10_AcknowledgedAfterCommit", &Rules::acknowledged_after_commit},
                    BrokenRule{"R12_Incarnation", &Rules::incarnation},
                    BrokenRule{"R12_ResetDrops", &Rules::reset_drops}),
    [](const testing::TestParamInfo<BrokenRule>& param) { return param.param.name; });

}  // namespace
}  // namespace coolkit::cache
