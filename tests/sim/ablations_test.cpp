// Each rule of the protocol is broken once, and a run must end in a violation: so the silence of
// the unbroken runs means something. What the pods keep is broken in the product's own sources,
// compiled for this program with COOLKIT_ABLATIONS (base/rules.h); what the database keeps, in its
// model. Here threads are preempted also between the steps that base/rules.h names.
#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/rules.h"
#include "sim/simulation.h"

namespace coolkit {
namespace {

std::optional<Rule> broken_rule;
sim::Scheduler* running_scheduler = nullptr;

}  // namespace

bool IsKept(Rule rule) { return broken_rule != rule; }

void MayPreempt() {
  if (running_scheduler != nullptr) running_scheduler->MayPreempt();
}

namespace sim {
namespace {

constexpr std::uint64_t kSeedsMax = 20'000;  // a violation is found in as many runs at most

struct Found {
  std::uint64_t seed = 0;
  std::string violation;
};

RunResult RunSeed(const RunOptions& options) {
  static Instruments instruments;
  Coverage coverage;
  return RunOnce(options, instruments, coverage,
                 [](Scheduler* scheduler) { running_scheduler = scheduler; });
}

std::optional<Found> FirstViolation(RunOptions options, std::uint64_t seeds) {
  for (options.seed = 1; options.seed <= seeds; ++options.seed) {
    const RunResult result = RunSeed(options);
    if (result.violation) return Found{options.seed, *result.violation};
  }
  return std::nullopt;
}

void ExpectFound(const char* name, const RunOptions& options) {
  const std::optional<Found> found = FirstViolation(options, kSeedsMax);
  ASSERT_TRUE(found) << "nothing noticed that " << name << " is broken";
  std::printf("%-28s %6" PRIu64 "  %s\n", name, found->seed, found->violation.c_str());
}

TEST(AblationsTest, WithAllRulesKeptNothingIsFound) {
  const bool soak = std::getenv("COOLKIT_SOAK") != nullptr;
  const std::optional<Found> found = FirstViolation({}, soak ? 400'000 : 4'000);
  if (!found) return;
  RunOptions again;
  again.seed = found->seed;
  again.trace_lines = 120;
  FAIL() << RunSeed(again).trace << "seed " << found->seed << ": " << found->violation;
}

struct PodCase {
  const char* name;
  Rule rule;
};

class PodRuleTest : public testing::TestWithParam<PodCase> {};

TEST_P(PodRuleTest, IsFoundBroken) {
  broken_rule = GetParam().rule;
  ExpectFound(GetParam().name, {});
  broken_rule.reset();
}

INSTANTIATE_TEST_SUITE_P(
    Rules, PodRuleTest,
    testing::Values(
        PodCase{"R2_SentNotArrived", Rule::kR2SentNotArrived},
        PodCase{"R2_ApplyThenPublish", Rule::kR2ApplyThenPublish},
        PodCase{"R3_DropOlder", Rule::kR3DropOlder}, PodCase{"R3_Gap", Rule::kR3Gap},
        PodCase{"R4_GapDrops", Rule::kR4GapDrops}, PodCase{"R4_Floor", Rule::kR4Floor},
        PodCase{"R5_LastChange", Rule::kR5LastChange}, PodCase{"R6_LoadAsOf", Rule::kR6LoadAsOf},
        PodCase{"R6_OwnWriteAsOf", Rule::kR6OwnWriteAsOf},
        PodCase{"R7_LoadFresh", Rule::kR7LoadFresh},
        PodCase{"R7_OwnWriteFresh", Rule::kR7OwnWriteFresh}, PodCase{"R8_Bound", Rule::kR8Bound},
        PodCase{"R8_SampleFirst", Rule::kR8SampleFirst}, PodCase{"R8_SameLife", Rule::kR8SameLife},
        PodCase{"R9_JoinAge", Rule::kR9JoinAge}, PodCase{"R9_JoinStrong", Rule::kR9JoinStrong},
        PodCase{"R10_Token", Rule::kR10Token}, PodCase{"R10_JoinToken", Rule::kR10JoinToken},
        PodCase{"R10_AnswerSeen", Rule::kR10AnswerSeen},
        PodCase{"R10_LoadPosition", Rule::kR10LoadPosition},
        PodCase{"R10_WritePosition", Rule::kR10WritePosition},
        PodCase{"R12_AdmitLife", Rule::kR12AdmitLife}, PodCase{"R12_NewLife", Rule::kR12NewLife},
        PodCase{"R12_ResetDrops", Rule::kR12ResetDrops},
        PodCase{"R12_OwnStatement", Rule::kR12OwnStatement},
        PodCase{"R12_OwnWriteLife", Rule::kR12OwnWriteLife},
        PodCase{"R15_Expiry", Rule::kR15Expiry}, PodCase{"R15_UpperBound", Rule::kR15UpperBound},
        PodCase{"R15_JoinExpiry", Rule::kR15JoinExpiry}, PodCase{"R18_NoRetry", Rule::kR18NoRetry}),
    [](const testing::TestParamInfo<PodCase>& param) { return param.param.name; });

struct RingCase {
  const char* name;
  Rule rule;
  RingMode mode = RingMode::kTrouble;
};

// What speaks of peers and of several tailers.
class RingRuleTest : public testing::TestWithParam<RingCase> {};

TEST_P(RingRuleTest, IsFoundBroken) {
  broken_rule = GetParam().rule;
  RunOptions options;
  options.ring = GetParam().mode;
  ExpectFound(GetParam().name, options);
  broken_rule.reset();
}

INSTANTIATE_TEST_SUITE_P(
    Rules, RingRuleTest,
    testing::Values(RingCase{"Ring_R2_EchoBefore", Rule::kR2EchoBefore},
                    RingCase{"Ring_R3_Chain", Rule::kR3Chain},
                    RingCase{"Ring_R3_DropOlder", Rule::kR3DropOlder},
                    RingCase{"Ring_R4_GapDrops", Rule::kR4GapDrops},
                    RingCase{"Ring_R4_Floor", Rule::kR4Floor},
                    RingCase{"Ring_R5_LastChange", Rule::kR5LastChange},
                    RingCase{"Ring_R6_PeerAsOf", Rule::kR6PeerAsOf},
                    RingCase{"Ring_R6_OwnWriteAsOf", Rule::kR6OwnWriteAsOf},
                    RingCase{"Ring_R7_PeerFresh", Rule::kR7PeerFresh},
                    RingCase{"Ring_R8_Bound", Rule::kR8Bound},
                    RingCase{"Ring_R9_JoinAge", Rule::kR9JoinAge},
                    RingCase{"Ring_R10_Token", Rule::kR10Token},
                    RingCase{"Ring_R17_NoForward", Rule::kR17NoForward, RingMode::kWildViews},
                    RingCase{"Ring_R18_Forwarded", Rule::kR18Forwarded}),
    [](const testing::TestParamInfo<RingCase>& param) { return param.param.name; });

TEST(ClockTest, R8ACachedClockIsFound) {
  RunOptions options;
  options.cached_clock = true;
  ExpectFound("R8_Clock", options);
}

struct DatabaseCase {
  const char* name;
  bool DatabaseRules::* rule;
};

class DatabaseRuleTest : public testing::TestWithParam<DatabaseCase> {};

TEST_P(DatabaseRuleTest, IsFoundBroken) {
  RunOptions options;
  options.rules.*GetParam().rule = false;
  ExpectFound(GetParam().name, options);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, DatabaseRuleTest,
    testing::Values(DatabaseCase{"R10_PositionIsSize", &DatabaseRules::position_is_size},
                    DatabaseCase{"R10_PositionAfterCommit", &DatabaseRules::position_after_commit},
                    DatabaseCase{"R3_FeedBySnapshot", &DatabaseRules::feed_by_snapshot},
                    DatabaseCase{"R19_PositionOutside", &DatabaseRules::position_outside},
                    DatabaseCase{"R19_ChangeHasTopXid", &DatabaseRules::change_has_top_xid},
                    DatabaseCase{"R11_ReadsOnPrimary", &DatabaseRules::reads_on_primary},
                    DatabaseCase{"R11_BatchClosedWhenSent", &DatabaseRules::batch_closed_when_sent},
                    DatabaseCase{"R13_DeleteLeavesTombstone",
                                 &DatabaseRules::delete_leaves_tombstone},
                    DatabaseCase{"R13_CollectSettled", &DatabaseRules::collect_settled},
                    DatabaseCase{"R13_CollectByVersion", &DatabaseRules::collect_by_version},
                    DatabaseCase{"R13_VersionsGrowByRow", &DatabaseRules::versions_grow_by_row},
                    DatabaseCase{"R13_TruncateRaisesBase", &DatabaseRules::truncate_raises_base},
                    DatabaseCase{"R13_TruncateFlushes", &DatabaseRules::truncate_flushes},
                    DatabaseCase{"R14_BaseRaised", &DatabaseRules::base_raised},
                    DatabaseCase{"R14_BaseByClock", &DatabaseRules::base_by_clock},
                    DatabaseCase{"R16_PruneBySnapshot", &DatabaseRules::prune_by_snapshot},
                    DatabaseCase{"R16_PruneRaisesFloor", &DatabaseRules::prune_raises_floor},
                    DatabaseCase{"R18_WriteNotRepeated", &DatabaseRules::write_not_repeated}),
    [](const testing::TestParamInfo<DatabaseCase>& param) { return param.param.name; });

}  // namespace
}  // namespace sim
}  // namespace coolkit

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
