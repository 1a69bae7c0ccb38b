// Many short runs of everything on the product's own objects, and none may break a promise.
// `sim_test --seed N` runs one again and prints what led to its end; `--seeds FIRST COUNT` some;
// `--long` makes them long. COOLKIT_SOAK runs more, and long ones.
#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "sim/simulation.h"

namespace coolkit::sim {
namespace {

constexpr std::uint64_t kShards = 8;

#ifdef COOLKIT_SANITIZED
constexpr std::uint64_t kSchedules = 1'600;  // ten times as slow
constexpr bool kEverythingHappens = false;
#else
constexpr std::uint64_t kSchedules = 104'000;
constexpr bool kEverythingHappens = true;
#endif

bool Soak() { return std::getenv("COOLKIT_SOAK") != nullptr; }

Instruments& SharedInstruments() {
  static Instruments instruments;
  return instruments;
}

void Replay(RunOptions options) {
  options.trace_lines = 120;
  Coverage coverage;
  const RunResult result = RunOnce(options, SharedInstruments(), coverage);
  std::printf("%sseed %" PRIu64 ": %s\n", result.trace.c_str(), options.seed,
              result.violation ? result.violation->c_str() : "no violation");
}

// False, after a replay: a violation.
bool RunSeeds(std::uint64_t first, std::uint64_t count, bool long_run, Coverage& coverage) {
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    RunOptions options;
    options.seed = seed;
    options.long_run = long_run;
    const RunResult result = RunOnce(options, SharedInstruments(), coverage);
    if (!result.violation) continue;
    Replay(options);
    return false;
  }
  return true;
}

struct Figure {
  const char* name;
  std::uint64_t value;
};

std::vector<Figure> Figures(const Coverage& coverage) {
  const Instruments& instruments = SharedInstruments();
  return {
      {"steps", coverage.steps},
      {"preemptions", coverage.preemptions},
      {"operations", coverage.operations},
      {"checked answers", coverage.answers},
      {"answers with a token", coverage.session_reads},
      {"absent answers", coverage.absent_answers},
      {"hits", instruments.kv.hits.Value()},
      {"negative hits", instruments.kv.negative_hits.Value()},
      {"misses", instruments.kv.misses.Value()},
      {"unproven", instruments.kv.unproven.Value()},
      {"perhaps expired", instruments.kv.expired.Value()},
      {"stale answers", instruments.kv.stale_hits.Value()},
      {"strong", instruments.kv.bypassed.Value()},
      {"joined", coverage.collapsed},
      {"ask again", coverage.ask_again},
      {"waiters gone", coverage.waiters_left},
      {"compare-and-set tries", instruments.kv.compare_and_set_retries.Value()},
      {"admissions", coverage.admissions},
      {"refused admissions", coverage.refusals},
      {"invalidations", coverage.invalidations},
      {"polls", instruments.tailer.polls.Value()},
      {"failed polls", instruments.tailer.poll_errors.Value()},
      {"changes", instruments.tailer.changes.Value()},
      {"gaps", instruments.tailer.gaps.Value()},
      {"resets", instruments.tailer.resets.Value()},
      {"collected", instruments.maintenance.collected.Value()},
      {"pruned", instruments.maintenance.pruned.Value()},
      {"commits", coverage.commits},
      {"psql transactions", coverage.outsiders},
      {"long ones", coverage.long_transactions},
      {"rolled back", coverage.aborted},
      {"bulk statements", coverage.bulk_statements},
      {"truncates", coverage.truncates},
      {"failed conditions", coverage.conditions_failed},
      {"unknown outcomes", coverage.unknown_outcomes},
      {"errors", coverage.errors},
      {"database restarts", coverage.database_restarts},
      {"new lives", coverage.lives},
      {"lost commits", coverage.lost_commits},
      {"freezes", coverage.freezes},
      {"killed pods", coverage.pod_crashes},
  };
}

// Each shard is a test of its own, so that they can run side by side.
class SchedulesTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(SchedulesTest, BreakNoPromise) {
  const std::uint64_t count = kSchedules / kShards * (Soak() ? 20 : 1);
  const std::vector<Figure> before = Figures({});
  Coverage coverage;
  ASSERT_TRUE(RunSeeds(1 + GetParam() * count, count, false, coverage));
  const std::vector<Figure> after = Figures(coverage);
  std::printf("%" PRIu64 " schedules:", coverage.schedules);
  for (std::size_t i = 0; i < after.size(); ++i) {
    const std::uint64_t value = after[i].value - before[i].value;
    std::printf(" %s %" PRIu64 ",", after[i].name, value);
    if (kEverythingHappens) {
      EXPECT_GT(value, 0u) << "no schedule was about: " << after[i].name;
    }
  }
  std::printf("\n");
}

INSTANTIATE_TEST_SUITE_P(Shards, SchedulesTest, testing::Range(std::uint64_t{0}, kShards));

TEST(LongSchedulesTest, BreakNoPromise) {
  Coverage coverage;
  ASSERT_TRUE(RunSeeds(1'000'000'000, Soak() ? 2'000 : 4, true, coverage));
  std::printf("%" PRIu64 " long schedules, %" PRIu64 " checked answers\n", coverage.schedules,
              coverage.answers);
}

TEST(ReplayTest, OneSeedIsOneRun) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    RunOptions options;
    options.seed = seed;
    options.trace_lines = 100'000;
    Coverage coverage;
    const RunResult first = RunOnce(options, SharedInstruments(), coverage);
    const RunResult second = RunOnce(options, SharedInstruments(), coverage);
    ASSERT_FALSE(first.trace.empty());
    ASSERT_EQ(first.trace, second.trace) << seed;
  }
}

int Main(int argc, char** argv) {
  RunOptions options;
  std::uint64_t count = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--long") == 0) options.long_run = true;
    const bool one = std::strcmp(argv[i], "--seed") == 0;
    const bool many = std::strcmp(argv[i], "--seeds") == 0;
    if ((!one && !many) || i + (one ? 1 : 2) >= argc) continue;
    options.seed = std::strtoull(argv[i + 1], nullptr, 10);
    count = one ? 1 : std::strtoull(argv[i + 2], nullptr, 10);
  }
  if (count == 1) {
    Replay(options);
    return 0;
  }
  if (count > 1) {
    Coverage coverage;
    const bool good = RunSeeds(options.seed, count, options.long_run, coverage);
    for (const Figure& figure : Figures(coverage)) {
      std::printf("%-24s %" PRIu64 "\n", figure.name, figure.value);
    }
    return good ? 0 : 1;
  }
  return RUN_ALL_TESTS();
}

}  // namespace
}  // namespace coolkit::sim

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return coolkit::sim::Main(argc, argv);
}
