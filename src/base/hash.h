// Why: slots, shards and the last-change table need one fast hash that is the same in every
// process and release: XXH3 (its output is frozen since xxHash 0.8). Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace coolkit {

[[nodiscard]] std::uint64_t Hash64(std::string_view bytes, std::uint64_t seed = 0);

}  // namespace coolkit
