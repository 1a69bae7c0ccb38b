// Why: what a load is, said once for its threads, its report and the command line. Values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "bench/call.h"
#include "bench/key_choice.h"

namespace coolkit::bench {

struct LoadTarget {
  std::string authority;  // value of Host, and its name in reports
  std::string path;       // before /v1/…
};

struct LoadOptions {
  std::vector<LoadTarget> targets;
  bool random_target = false;  // per call; else each client stays with one
  unsigned threads = 1;
  unsigned connections = 64;  // clients, over all threads; each has one connection per target
  unsigned pipeline = 1;      // calls under way per client
  double rate = 0;            // calls per second over all threads; 0: as many as there can be
  nanoseconds duration = seconds(10);
  nanoseconds warm_up{0};       // before it, not measured
  std::uint64_t calls_max = 0;  // 0: no such end
  nanoseconds timeout = seconds(10);

  Mix mix{};
  std::string collection = "bench";
  std::uint32_t keys = 100'000;
  KeyLaw law;
  std::uint32_t batch_size = 10;
  std::uint32_t value_bytes_min = 100;
  std::uint32_t value_bytes_max = 100;
  std::uint32_t ttl_ms = 0;            // of puts; 0: none
  std::uint32_t max_staleness_ms = 0;  // asked by reads; 0: the service's own bound
  std::uint64_t seed = 1;

  [[nodiscard]] bool JsonValues() const { return mix[static_cast<std::size_t>(Call::kPatch)] > 0; }
};

// Values that tell writes apart begin with 16 hex digits; JSON around them takes some more.
inline constexpr std::uint32_t kUniqueValueBytes = 16;
inline constexpr std::uint32_t kJsonValueBytes = 40;

// `COLLECTION/KEY` of a key's number.
[[nodiscard]] std::string KeyName(const LoadOptions& options, std::uint32_t key);

}  // namespace coolkit::bench
