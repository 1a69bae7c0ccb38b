// Why: a load is a mix of calls; options, statistics and reports name them the same way. Values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace coolkit::bench {

enum class Call : std::uint8_t {
  kGet,
  kHead,
  kStrong,   // GET with Cache-Control: no-cache
  kSession,  // GET with the client's position token
  kPut,
  kDelete,
  kPatch,
  kBatchGet,
  kBatchPut,
};
inline constexpr std::size_t kCallCount = 9;

[[nodiscard]] std::string_view CallName(Call call);  // "get", "batch-get"
[[nodiscard]] constexpr bool IsBatch(Call call) {
  return call == Call::kBatchGet || call == Call::kBatchPut;
}
[[nodiscard]] constexpr bool Writes(Call call) {
  return call == Call::kPut || call == Call::kDelete || call == Call::kPatch ||
         call == Call::kBatchPut;
}

// The share of each call; any unit.
using Mix = std::array<double, kCallCount>;
// `get=90,put=10`. Errors: kInvalidRequest with a sentence.
[[nodiscard]] Result<Mix> ParseMix(std::string_view text);

}  // namespace coolkit::bench
