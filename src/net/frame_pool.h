// Why: a coroutine frame per request must not cost a malloc. Per-thread free lists by size class;
// bounded, so that a burst does not stay in memory. Any thread; a frame may be freed by another
// thread than the one that made it.
#pragma once

#include <cstddef>

namespace coolkit::net {

class FramePool {
 public:
  static void* Allocate(std::size_t size);
  static void Free(void* memory, std::size_t size) noexcept;
};

}  // namespace coolkit::net
