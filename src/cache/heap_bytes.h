// Why: the cache's budget is real memory, so each block counts with what malloc adds to it. Pure.
#pragma once

#include <cstddef>

namespace coolkit::cache {

// What glibc takes for a block of `size` bytes: 8 bytes before it and sizes in steps of 16; from
// 128 KiB whole pages. 0 for no block.
[[nodiscard]] constexpr std::size_t HeapBytes(std::size_t size) {
  if (size == 0) return 0;
  if (size >= (128u << 10)) return (size + 16 + 4095) / 4096 * 4096;
  const std::size_t block = (size + 8 + 15) / 16 * 16;
  return block < 32 ? 32 : block;
}

}  // namespace coolkit::cache
