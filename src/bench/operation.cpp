#include "bench/operation.h"

#include <algorithm>
#include <array>

#include "base/hash.h"

namespace coolkit::bench {

std::string_view KindName(Kind kind) {
  constexpr std::array<std::string_view, kKindCount> kNames{"get", "head", "put", "delete",
                                                            "patch"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view OutcomeName(Outcome outcome) {
  constexpr std::array<std::string_view, kOutcomeCount> kNames{"ok", "absent", "failed", "unknown",
                                                               "refused"};
  return kNames[static_cast<std::size_t>(outcome)];
}

std::uint64_t DigestOf(std::string_view value) { return std::max<std::uint64_t>(1, Hash64(value)); }

}  // namespace coolkit::bench
