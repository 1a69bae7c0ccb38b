// Why: how often the cache's eviction misses on recorded keys, counted in items, beside four
// published policies. `miss_ratio TRACE FORMAT SIZE…` (FORMAT be32, be64, lines; SIZE a share of
// the keys) prints a line `size policy requests misses` for each.
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "cache/s3fifo.h"
#include "reference_policies.h"
#include "support/trace_reader.h"

namespace {

using namespace coolkit;
using bench::Key;

// The product's own policies, owned in the simplest way.
template <cache::Eviction kEviction>
class Product {
 public:
  Product(std::size_t capacity, std::size_t keys)
      : policy_(kEviction), capacity_(capacity), handles_(keys + 1) {
    policy_.SetCapacity(capacity);
  }
  bool Ask(Key key) {
    if (handles_[key]) {
      policy_.Touch(*handles_[key]);
      return true;
    }
    while (policy_.weight() >= capacity_) policy_.EvictOne(*this);
    handles_[key] = policy_.Insert(key, Fingerprint(key), 1);
    return false;
  }

  // What the policy asks of its owner.
  static std::uint64_t Weight(std::uint64_t /*word*/) { return 1; }
  void Moved(std::uint64_t word, cache::S3Fifo::Handle /*from*/, cache::S3Fifo::Handle to) {
    handles_[word & cache::S3Fifo::kPayload] = to;
  }
  std::uint32_t Evicted(std::uint64_t word, cache::S3Fifo::Handle /*handle*/) {
    const auto key = static_cast<Key>(word & cache::S3Fifo::kPayload);
    handles_[key].reset();
    return Fingerprint(key);
  }

 private:
  static std::uint32_t Fingerprint(Key key) {
    return static_cast<std::uint32_t>(Hash64({reinterpret_cast<const char*>(&key), sizeof(key)}) >>
                                      32);
  }
  cache::S3Fifo policy_;
  std::size_t capacity_;
  std::vector<std::optional<cache::S3Fifo::Handle>> handles_;
};

template <class Policy>
void Run(const char* name, const char* size, const std::vector<Key>& keys, std::size_t unique) {
  const auto items = static_cast<std::size_t>(static_cast<double>(unique) * std::atof(size));
  Policy policy(items, unique);
  std::size_t misses = 0;
  for (const Key key : keys) misses += policy.Ask(key) ? 0 : 1;
  std::printf("%s %s %zu %zu\n", size, name, keys.size(), misses);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::string_view format = argv[2];
  const auto keys =
      support::ReadTrace(argv[1], format == "be32"   ? support::TraceFormat::kBigEndian32
                                  : format == "be64" ? support::TraceFormat::kBigEndian64
                                                     : support::TraceFormat::kArcLines);
  if (!keys) return 1;
  const std::size_t unique = *std::max_element(keys->begin(), keys->end());
  for (int i = 3; i < argc; ++i) {
    Run<bench::Lru>("LRU", argv[i], *keys, unique);
    Run<bench::Sieve>("SIEVE", argv[i], *keys, unique);
    Run<bench::S3FifoReference>("S3-FIFO", argv[i], *keys, unique);
    Run<bench::WTinyLfu>("W-TinyLFU", argv[i], *keys, unique);
    Run<Product<cache::Eviction::kS3Fifo>>("s3fifo", argv[i], *keys, unique);
    Run<Product<cache::Eviction::kAdaptive>>("adaptive", argv[i], *keys, unique);
  }
  return 0;
}
