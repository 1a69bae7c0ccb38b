// Many short runs of pods that form a ring, on the product's own objects, and none may break a
// promise. `sim_ring_test --seed N` runs one again and prints what led to its end; `--seeds FIRST
// COUNT` some; `--pods N`, `--wild`, `--absurd`, `--lies` and `--long` as the run was. COOLKIT_SOAK
// runs more.
#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "sim/simulation.h"

namespace coolkit::sim {
namespace {

constexpr std::uint64_t kShards = 4;

#ifdef COOLKIT_SANITIZED
constexpr std::uint64_t kSchedules = 200;
constexpr std::uint64_t kTens = 4;
constexpr bool kEverythingHappens = false;
#else
constexpr std::uint64_t kSchedules = 3'000;
constexpr std::uint64_t kTens = 20;
constexpr bool kEverythingHappens = true;
#endif

bool Soak() { return std::getenv("COOLKIT_SOAK") != nullptr; }

Instruments& SharedInstruments() {
  static Instruments instruments;
  return instruments;
}

const char* ModeFlag(RingMode mode) {
  switch (mode) {
    case RingMode::kWildViews:
      return " --wild";
    case RingMode::kAbsurdities:
      return " --absurd";
    case RingMode::kLies:
      return " --lies";
    default:
      return "";
  }
}

void Replay(RunOptions options) {
  options.trace_lines = 150;
  Coverage coverage;
  const RunResult result = RunOnce(options, SharedInstruments(), coverage);
  std::printf("%sseed %" PRIu64 "%s: %s\n", result.trace.c_str(), options.seed,
              ModeFlag(options.ring),
              result.violation ? result.violation->c_str() : "no violation");
}

// False, after a replay: a violation.
bool RunSeeds(RunOptions options, std::uint64_t count, Coverage& coverage) {
  for (const std::uint64_t end = options.seed + count; options.seed < end; ++options.seed) {
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
  const Instruments& with = SharedInstruments();
  return {
      {"steps", coverage.steps},
      {"operations", coverage.operations},
      {"checked answers", coverage.answers},
      {"answers with a token", coverage.session_reads},
      {"hits", with.kv.hits.Value()},
      {"near hits", with.kv.near_hits.Value()},
      {"answers of the owner's memory", with.kv.peer_hits.Value()},
      {"loads by the owner", with.kv.peer_loads.Value()},
      {"owners asked for several keys", with.kv.owner_batches.Value()},
      {"owners that did not answer", with.kv.peer_failures.Value()},
      {"found at the previous owner", with.kv.previous_hits.Value()},
      {"not found there", with.kv.previous_misses.Value()},
      {"forwarded writes", with.kv.forwarded_writes.Value()},
      {"writes not taken", with.kv.writes_not_taken.Value()},
      {"forwarded writes of unknown outcome", with.kv.writes_unknown.Value()},
      {"stale answers", with.kv.stale_hits.Value()},
      {"joined", coverage.collapsed},
      {"errors", coverage.errors},
      {"frames applied", with.ring.frames.Value()},
      {"frames late or twice", with.ring.frames_late.Value()},
      {"frames with a gap", with.ring.frames_gap.Value()},
      {"polls of pods for themselves", with.ring.self_polls.Value()},
      {"resets", with.tailer.resets.Value()},
      {"entries handed off", with.ring.hand_off_entries.Value()},
      {"views", coverage.views},
      {"views fenced", with.ring.views_fenced.Value()},
      {"wild views", coverage.wild_views},
      {"connects", with.peer.connects.Value()},
      {"failed connects", with.peer.connect_failures.Value()},
      {"cuts", coverage.cuts},
      {"drains", coverage.drains},
      {"killed pods", coverage.pod_crashes},
      {"freezes", coverage.freezes},
      {"clock steps", coverage.clock_steps},
      {"database restarts", coverage.database_restarts},
  };
}

class RingSchedulesTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RingSchedulesTest, BreakNoPromise) {
  RunOptions options;
  options.ring = RingMode::kTrouble;
  const std::uint64_t count = kSchedules / kShards * (Soak() ? 20 : 1);
  options.seed = 1 + GetParam() * count;
  const std::vector<Figure> before = Figures({});
  Coverage coverage;
  ASSERT_TRUE(RunSeeds(options, count, coverage));
  const std::vector<Figure> after = Figures(coverage);
  std::printf("%" PRIu64 " schedules of rings:", coverage.schedules);
  for (std::size_t i = 0; i < after.size(); ++i) {
    const std::uint64_t value = after[i].value - before[i].value;
    std::printf(" %s %" PRIu64 ",", after[i].name, value);
    if (kEverythingHappens) {
      EXPECT_GT(value, 0u) << "no schedule was about: " << after[i].name;
    }
  }
  std::printf("\n");
}

INSTANTIATE_TEST_SUITE_P(Shards, RingSchedulesTest, testing::Range(std::uint64_t{0}, kShards));

TEST(TenPodsTest, BreakNoPromise) {
  RunOptions options;
  options.ring = RingMode::kTrouble;
  options.pods = 10;
  options.seed = 2'000'000'000;
  Coverage coverage;
  ASSERT_TRUE(RunSeeds(options, kTens * (Soak() ? 20 : 1), coverage));
}

// G7: each pod has a random view, changing all the time, and nothing else is wrong: nobody waits
// for long, nobody gets an error.
TEST(WildViewsTest, NobodyHangsAndNobodyGetsAnError) {
  RunOptions options;
  options.ring = RingMode::kWildViews;
  options.seed = 3'000'000'000;
  Coverage coverage;
  ASSERT_TRUE(RunSeeds(options, kSchedules / 8 * (Soak() ? 20 : 1), coverage));
  EXPECT_GT(coverage.wild_views, coverage.schedules);
}

// A pod that has the ring's key says what can't be: no promise breaks, nobody stalls.
TEST(LyingPeerTest, NobodyBelievesWhatCannotBe) {
  RunOptions options;
  options.ring = RingMode::kAbsurdities;
  options.seed = 4'000'000'000;
  Coverage coverage;
  ASSERT_TRUE(RunSeeds(options, kSchedules / 10 * (Soak() ? 20 : 1), coverage));
  EXPECT_GT(coverage.lies, coverage.schedules);
}

// What could be is believed at first, but honest frames and the pod's own polls contradict it: all
// pods prove what they have again, at positions that the database knows.
TEST(LyingPeerTest, WhoeverBelievedALieRecovers) {
  RunOptions options;
  options.ring = RingMode::kLies;
  options.seed = 5'000'000'000;
  Coverage coverage;
  ASSERT_TRUE(RunSeeds(options, kSchedules / 10 * (Soak() ? 20 : 1), coverage));
  EXPECT_GT(coverage.lies, coverage.schedules);
}

TEST(RingReplayTest, OneSeedIsOneRun) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    RunOptions options;
    options.seed = seed;
    options.ring = RingMode::kTrouble;
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
  options.ring = RingMode::kTrouble;
  std::uint64_t count = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--long") == 0) options.long_run = true;
    if (std::strcmp(argv[i], "--wild") == 0) options.ring = RingMode::kWildViews;
    if (std::strcmp(argv[i], "--absurd") == 0) options.ring = RingMode::kAbsurdities;
    if (std::strcmp(argv[i], "--lies") == 0) options.ring = RingMode::kLies;
    const bool pods = std::strcmp(argv[i], "--pods") == 0;
    const bool one = std::strcmp(argv[i], "--seed") == 0;
    const bool many = std::strcmp(argv[i], "--seeds") == 0;
    if ((!one && !many && !pods) || i + (many ? 2 : 1) >= argc) continue;
    if (pods) options.pods = std::strtoull(argv[i + 1], nullptr, 10);
    if (pods) continue;
    options.seed = std::strtoull(argv[i + 1], nullptr, 10);
    count = one ? 1 : std::strtoull(argv[i + 2], nullptr, 10);
  }
  if (count == 1) {
    Replay(options);
    return 0;
  }
  if (count > 1) {
    Coverage coverage;
    const bool good = RunSeeds(options, count, coverage);
    for (const Figure& figure : Figures(coverage)) {
      std::printf("%-36s %" PRIu64 "\n", figure.name, figure.value);
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
