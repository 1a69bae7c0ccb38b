// The miss ratios of S3-FIFO on public traces, counted in items, against the reference figures of
// libCacheSim (S3-FIFO with 10 % small queue, 90 % main and ghost, promotion at the second hit).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/hash.h"
#include "cache/s3fifo.h"
#include "support/trace_reader.h"

namespace coolkit::cache {
namespace {

using support::TraceFormat;

// A cache of numbered items, each of weight 1.
class ItemCache {
 public:
  ItemCache(std::size_t capacity, std::size_t keys) : capacity_(capacity), handles_(keys + 1) {
    policy_.SetCapacity(capacity);
  }

  // True: a hit.
  bool Ask(std::uint32_t key) {
    if (handles_[key]) {
      policy_.Touch(*handles_[key]);
      return true;
    }
    while (policy_.weight() >= capacity_) EXPECT_TRUE(policy_.EvictOne(*this));
    handles_[key] = policy_.Insert(key, Fingerprint(key), 1);
    return false;
  }

  // What the policy asks of its owner.
  static std::uint64_t Weight(std::uint64_t /*word*/) { return 1; }
  void Moved(std::uint64_t word, S3Fifo::Handle /*from*/, S3Fifo::Handle to) {
    handles_[word & S3Fifo::kPayload] = to;
  }
  std::uint32_t Evicted(std::uint64_t word, S3Fifo::Handle /*handle*/) {
    const auto key = static_cast<std::uint32_t>(word & S3Fifo::kPayload);
    handles_[key].reset();
    return Fingerprint(key);
  }

 private:
  static std::uint32_t Fingerprint(std::uint32_t key) {
    return static_cast<std::uint32_t>(Hash64({reinterpret_cast<const char*>(&key), sizeof(key)}) >>
                                      32);
  }

  S3Fifo policy_;
  std::size_t capacity_;
  std::vector<std::optional<S3Fifo::Handle>> handles_;
};

struct TraceCase {
  const char* name;
  const char* file;
  TraceFormat format;
  std::size_t items;
  double miss_ratio;
  bool long_running;
};

// Prints as its name.
void PrintTo(const TraceCase& c, std::ostream* out) { *out << c.name; }

class S3FifoTraceTest : public testing::TestWithParam<TraceCase> {};

TEST_P(S3FifoTraceTest, MissRatioIsTheReferences) {
  const TraceCase& c = GetParam();
  if (c.long_running && std::getenv("COOLKIT_SOAK") == nullptr) {
    GTEST_SKIP() << "a long trace: set COOLKIT_SOAK=1";
  }
  const auto keys = support::ReadTrace(support::TracePath(c.file), c.format);
  if (!keys) GTEST_SKIP() << "no trace " << support::TracePath(c.file) << ": set COOLKIT_TRACES";
  ItemCache cache(c.items, *std::max_element(keys->begin(), keys->end()));
  std::size_t misses = 0;
  for (const std::uint32_t key : *keys) misses += cache.Ask(key) ? 0 : 1;
  const double ratio = static_cast<double>(misses) / static_cast<double>(keys->size());
  RecordProperty("miss_ratio", std::to_string(ratio));
  std::printf("%s: %.4f, reference %.4f\n", c.name, ratio, c.miss_ratio);
  EXPECT_NEAR(ratio, c.miss_ratio, 0.002);
}

constexpr auto k32 = TraceFormat::kBigEndian32;
INSTANTIATE_TEST_SUITE_P(
    Traces, S3FifoTraceTest,
    testing::Values(
        TraceCase{"web12_137", "web12.trace.xz", k32, 137, .5900, false},
        TraceCase{"web12_1375", "web12.trace.xz", k32, 1'375, .2775, false},
        TraceCase{"corda_9046", "corda.trace.gz", TraceFormat::kBigEndian64, 9'046, .6667, false},
        TraceCase{"orm_busy_763", "orm-busy.trace.xz", k32, 763, .2436, true},
        TraceCase{"orm_busy_7634", "orm-busy.trace.xz", k32, 7'634, .1111, true},
        TraceCase{"w106_2751", "w106.trace.xz", k32, 2'751, .1875, true},
        TraceCase{"w106_27517", "w106.trace.xz", k32, 27'517, .0783, true},
        TraceCase{"oltp_1000", "OLTP.lis.zst", TraceFormat::kArcLines, 1'000, .5916, true},
        TraceCase{"oltp_18688", "OLTP.lis.zst", TraceFormat::kArcLines, 18'688, .3222, true}),
    [](const testing::TestParamInfo<TraceCase>& param) { return param.param.name; });

}  // namespace
}  // namespace coolkit::cache
