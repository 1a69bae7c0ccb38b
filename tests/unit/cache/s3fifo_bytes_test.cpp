// The miss ratios of both eviction policies weighted by bytes, of the component and of the whole
// cache, against a plain simulator of the algorithms.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "base/random.h"
#include "cache/cache.h"
#include "cache/s3fifo.h"
#include "support/plain_s3fifo.h"
#include "support/trace_reader.h"

namespace coolkit::cache {
namespace {

std::uint64_t Mix(std::uint64_t key) {
  return Hash64({reinterpret_cast<const char*>(&key), sizeof(key)});
}
// 50 to 4,000 bytes, mostly small.
std::uint64_t WeightOf(std::uint64_t key) { return 50 + Mix(key) % (1 + Mix(key + 1) % 3'950); }

// The component, owned in the simplest way.
class ByteCache {
 public:
  ByteCache(std::uint64_t capacity, Eviction eviction) : capacity_(capacity), queue_(eviction) {
    queue_.SetCapacity(capacity);
  }
  bool Ask(std::uint64_t key) {
    const auto found = handles_.find(key);
    if (found != handles_.end()) {
      queue_.Touch(found->second);
      return true;
    }
    while (queue_.weight() + WeightOf(key) > capacity_) queue_.EvictOne(*this);
    EXPECT_LE(queue_.weight() + WeightOf(key), capacity_);
    handles_[key] = queue_.Insert(key, Print(key), WeightOf(key));
    return false;
  }

  static std::uint64_t Weight(std::uint64_t word) { return WeightOf(word & S3Fifo::kPayload); }
  void Moved(std::uint64_t word, S3Fifo::Handle /*from*/, S3Fifo::Handle to) {
    handles_[word & S3Fifo::kPayload] = to;
  }
  std::uint32_t Evicted(std::uint64_t word, S3Fifo::Handle /*handle*/) {
    handles_.erase(word & S3Fifo::kPayload);
    return Print(word & S3Fifo::kPayload);
  }

 private:
  static std::uint32_t Print(std::uint64_t key) {
    return static_cast<std::uint32_t>(Mix(key) >> 32);
  }
  std::uint64_t capacity_;
  S3Fifo queue_;
  std::unordered_map<std::uint64_t, S3Fifo::Handle> handles_;
};

// Skewed popularity that drifts, with scans in between.
std::vector<std::uint64_t> Requests(std::uint64_t seed) {
  SeededRandom random(seed);
  std::vector<std::uint64_t> keys;
  std::uint64_t scan = 1'000'000;
  for (std::uint64_t i = 0; i < 300'000; ++i) {
    if (random.Below(2'000) == 0) {
      for (int n = 0; n < 300; ++n) keys.push_back(scan++);
    }
    std::uint64_t range = 60'000;
    for (int n = 0; n < 3; ++n) range = 1 + random.Below(range);
    keys.push_back(range + i / 20);
  }
  return keys;
}

class EvictionBytesTest : public testing::TestWithParam<Eviction> {};

TEST_P(EvictionBytesTest, MissesAsOftenAsAPlainSimulator) {
  for (const std::uint64_t capacity : {1'000'000u, 5'000'000u, 25'000'000u}) {
    const std::vector<std::uint64_t> keys = Requests(capacity);
    support::PlainS3Fifo plain(capacity, &WeightOf, GetParam() == Eviction::kAdaptive);
    ByteCache cache(capacity, GetParam());
    double plain_misses = 0;
    double misses = 0;
    for (const std::uint64_t key : keys) {
      plain_misses += plain.Ask(key) ? 0 : 1;
      misses += cache.Ask(key) ? 0 : 1;
    }
    const auto count = static_cast<double>(keys.size());
    std::printf("%lu bytes: %.4f, plain simulator %.4f\n", capacity, misses / count,
                plain_misses / count);
    EXPECT_NEAR(misses / count, plain_misses / count, 0.002);
  }
}

INSTANTIATE_TEST_SUITE_P(Policies, EvictionBytesTest,
                         testing::Values(Eviction::kS3Fifo, Eviction::kAdaptive),
                         [](const testing::TestParamInfo<Eviction>& param) {
                           return param.param == Eviction::kS3Fifo ? "S3Fifo" : "Adaptive";
                         });

// The cache itself, with entries of real bytes.
class RealCache {
 public:
  RealCache(std::uint64_t entry_bytes, Eviction eviction)
      : cache_(OptionsFor(entry_bytes, eviction)) {}

  bool Ask(std::uint64_t key) {
    const std::string text = TextOf(key);
    if (cache_.Find({kCollection, text, model::HashKey(kCollection, text)})) return true;
    const model::EntryPtr entry = EntryOf(key);
    const model::Proof proof{{0}, {0}, {BootTime(seconds(1)), {}}};
    EXPECT_EQ(cache_.Admit(entry, proof, {}), Admitted::kStored);
    if (!settled_) cache_.Settle({1}, BootTime(seconds(2)));  // later proofs need no room
    settled_ = true;
    return false;
  }

  // What an entry takes: its block, and what queue, index and ghosts have for it.
  static std::uint64_t BytesOf(std::uint64_t key) { return EntryOf(key)->allocated_bytes() + 17; }

 private:
  static constexpr std::string_view kCollection = "traces";
  static std::string TextOf(std::uint64_t key) {
    return "key-" + std::to_string(1'000'000'000 + key);
  }
  static CacheOptions OptionsFor(std::uint64_t entry_bytes, Eviction eviction) {
    CacheOptions options;
    options.shards = 1;
    options.last_change_positions = 1;
    options.eviction = eviction;
    options.bytes_max = entry_bytes;
    options.bytes_max += Cache(options).Stats().bytes;
    return options;
  }
  static model::EntryPtr EntryOf(std::uint64_t key) {
    static const std::string* const kValue = new std::string(40'000, 'v');
    const std::string text = TextOf(key);
    model::Entry::Fields fields;
    fields.collection = kCollection;
    fields.key = text;
    fields.version = {1};
    fields.present = true;
    fields.value = std::string_view(*kValue).substr(0, 8 * WeightOf(key));
    return model::Entry::Create(fields);
  }

  Cache cache_;
  bool settled_ = false;
};

struct ByteTrace {
  const char* name;
  const char* file;
  support::TraceFormat format;
  int percent;  // of the bytes of all keys
  bool long_running;
  Eviction eviction = Eviction::kS3Fifo;
};
void PrintTo(const ByteTrace& trace, std::ostream* out) { *out << trace.name; }

class ByteTraceTest : public testing::TestWithParam<ByteTrace> {};

TEST_P(ByteTraceTest, MissesAsOftenAsAPlainSimulator) {
  const ByteTrace& c = GetParam();
  if (c.long_running && std::getenv("COOLKIT_SOAK") == nullptr) {
    GTEST_SKIP() << "a long trace: set COOLKIT_SOAK=1";
  }
  const auto path = support::TracePath(c.file);
  const auto keys = support::ReadTrace(path, c.format);
  if (!keys) GTEST_SKIP() << "no trace " << path << ": set COOLKIT_TRACES";
  // Keys are numbered 1, 2, 3, …
  std::vector<std::uint64_t> bytes_of(*std::max_element(keys->begin(), keys->end()) +
                                      std::size_t{1});
  std::uint64_t all = 0;
  for (std::uint64_t key = 1; key < bytes_of.size(); ++key) {
    all += bytes_of[key] = RealCache::BytesOf(key);
  }
  const std::uint64_t capacity = all * static_cast<std::uint64_t>(c.percent) / 100;
  const auto weight_of = [&](std::uint64_t key) { return bytes_of[key]; };
  support::PlainS3Fifo plain(capacity, weight_of, c.eviction == Eviction::kAdaptive);
  RealCache cache(capacity, c.eviction);
  double plain_misses = 0;
  double misses = 0;
  for (const std::uint32_t key : *keys) {
    plain_misses += plain.Ask(key) ? 0 : 1;
    misses += cache.Ask(key) ? 0 : 1;
  }
  const auto count = static_cast<double>(keys->size());
  std::printf("%s: %.4f, plain simulator %.4f\n", c.name, misses / count, plain_misses / count);
  EXPECT_NEAR(misses / count, plain_misses / count, 0.002);
}

constexpr auto k32 = support::TraceFormat::kBigEndian32;
constexpr auto k64 = support::TraceFormat::kBigEndian64;
constexpr auto kArc = support::TraceFormat::kArcLines;
constexpr auto kAdapts = Eviction::kAdaptive;
INSTANTIATE_TEST_SUITE_P(
    Traces, ByteTraceTest,
    testing::Values(ByteTrace{"web12_5", "web12.trace.xz", k32, 5, false},
                    ByteTrace{"web12_20", "web12.trace.xz", k32, 20, false},
                    ByteTrace{"corda_10", "corda.trace.gz", k64, 10, true},
                    ByteTrace{"orm_busy_5", "orm-busy.trace.xz", k32, 5, true},
                    ByteTrace{"w106_5", "w106.trace.xz", k32, 5, true},
                    ByteTrace{"oltp_2", "OLTP.lis.zst", kArc, 2, true},
                    ByteTrace{"oltp_10", "OLTP.lis.zst", kArc, 10, true},
                    ByteTrace{"adaptive_web12_5", "web12.trace.xz", k32, 5, false, kAdapts},
                    ByteTrace{"adaptive_web12_20", "web12.trace.xz", k32, 20, false, kAdapts},
                    ByteTrace{"adaptive_corda_1", "corda.trace.gz", k64, 1, true, kAdapts},
                    ByteTrace{"adaptive_orm_busy_5", "orm-busy.trace.xz", k32, 5, true, kAdapts},
                    ByteTrace{"adaptive_w106_5", "w106.trace.xz", k32, 5, true, kAdapts},
                    ByteTrace{"adaptive_oltp_2", "OLTP.lis.zst", kArc, 2, true, kAdapts}),
    [](const testing::TestParamInfo<ByteTrace>& param) { return param.param.name; });

}  // namespace
}  // namespace coolkit::cache
