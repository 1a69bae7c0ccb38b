// What the cache takes from malloc, against what it says it takes.
#include <gtest/gtest.h>
#include <malloc.h>

#include <string>

#include "base/random.h"
#include "cache/cache.h"

namespace coolkit::cache {
namespace {

#ifdef COOLKIT_SANITIZED
constexpr bool kRealMalloc = false;
#else
constexpr bool kRealMalloc = true;
#endif

double HeapInUse() {
  const struct mallinfo2 info = ::mallinfo2();
  return static_cast<double>(info.uordblks) + static_cast<double>(info.hblkhd);
}

Admitted Fill(Cache& cache, std::uint64_t n, std::string_view value, bool present = true) {
  std::string key = std::to_string(n);
  key.insert(0, 20 - key.size(), 'k');
  model::Entry::Fields fields;
  fields.collection = "default";
  fields.key = key;
  fields.version = {1};
  fields.present = present;
  if (present) fields.value = value;
  fields.modified_at = DbTime(seconds(1'700'000'000));
  return cache.Admit(model::Entry::Create(fields), {{0}, {0}, {BootTime(seconds(1)), {}}}, {});
}

TEST(Memory, EntriesCostFewBytesBesideTheirTexts) {
  if (!kRealMalloc) GTEST_SKIP() << "a sanitizer replaces malloc";
  constexpr std::uint64_t kEntries = 1'000'000;
  constexpr double kTexts = 20 + 100 + 7;  // key, value, collection
  const double before = HeapInUse();
  Cache cache(CacheOptions{.bytes_max = 256u << 20});
  const std::string value(100, 'v');
  for (std::uint64_t n = 0; n < kEntries; ++n) {
    Fill(cache, n, value);
    if (n % 1'000 == 0) cache.Settle({1}, BootTime(seconds(2)));
  }
  cache.Settle({1}, BootTime(seconds(2)));
  const double used = HeapInUse() - before;
  const CacheStats stats = cache.Stats();
  ASSERT_EQ(stats.entries, kEntries);
  ASSERT_EQ(stats.young_entries, 0u);
  std::printf("%.1f bytes per entry from malloc, %.1f counted, %.1f beside its texts\n",
              used / kEntries, static_cast<double>(stats.bytes) / kEntries,
              used / kEntries - kTexts);
  EXPECT_LT(used / kEntries - kTexts, 49);
  EXPECT_NEAR(static_cast<double>(stats.bytes), used, 0.01 * used);
}

// A full cache under endless new keys of mixed sizes, absent ones among them.
TEST(Memory, CountedBytesAreRealBytes) {
  if (!kRealMalloc) GTEST_SKIP() << "a sanitizer replaces malloc";
  constexpr std::uint64_t kMax = 48u << 20;
  const std::string value(300'000, 'v');
  const double before = HeapInUse();
  Cache cache(CacheOptions{.bytes_max = kMax});
  SeededRandom random(1);
  for (std::uint64_t n = 0; n < 300'000; ++n) {
    const std::size_t bytes =
        random.Below(1'000) == 0 ? random.Below(value.size()) : random.Below(600);
    Fill(cache, n, std::string_view(value).substr(0, bytes), random.Below(5) != 0);
    if (n % 1'000 == 0) cache.Settle({1}, BootTime(seconds(2)));
    if (n % 20'000 != 0) continue;
    const double used = HeapInUse() - before;
    ASSERT_LT(used, static_cast<double>(kMax) + 20'000) << n;
    ASSERT_NEAR(static_cast<double>(cache.Stats().bytes), used, 0.02 * kMax) << n;
  }
  EXPECT_GT(cache.Stats().evictions, 50'000u);
  EXPECT_GT(HeapInUse() - before, 0.95 * kMax);
}

TEST(Memory, EmptyCacheHoldsLittle) {
  const CacheStats stats = Cache(CacheOptions{.bytes_max = 16u << 20}).Stats();
  EXPECT_GE(stats.bytes, 512u << 10);  // the last-change table
  EXPECT_LT(stats.bytes, 520u << 10);
}

}  // namespace
}  // namespace coolkit::cache
