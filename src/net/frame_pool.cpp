#include "net/frame_pool.h"

#include <array>
#include <new>

namespace coolkit::net {
namespace {

constexpr std::size_t kClassBytes = 128;
constexpr std::size_t kClasses = 16;             // frames up to 2 KiB are pooled
constexpr std::size_t kFramesPerClassMax = 256;  // at most 4.25 MiB per thread

struct FreeFrame {
  FreeFrame* next;
};

class ThreadPool {
 public:
  ~ThreadPool() {
    for (auto& list : lists_) {
      while (list.head != nullptr) ::operator delete(Pop(list));
    }
  }
  void* Take(std::size_t index) {
    return lists_[index].head == nullptr ? nullptr : Pop(lists_[index]);
  }
  bool Give(std::size_t index, void* memory) {
    List& list = lists_[index];
    if (list.count >= kFramesPerClassMax) return false;
    list.head = new (memory) FreeFrame{list.head};
    ++list.count;
    return true;
  }

 private:
  struct List {
    FreeFrame* head = nullptr;
    std::size_t count = 0;
  };
  static void* Pop(List& list) {
    FreeFrame* frame = list.head;
    list.head = frame->next;
    --list.count;
    return frame;
  }
  std::array<List, kClasses> lists_{};
};

ThreadPool& Pool() {
  thread_local ThreadPool pool;
  return pool;
}

std::size_t ClassOf(std::size_t size) { return (size + kClassBytes - 1) / kClassBytes - 1; }

#ifdef COOLKIT_SANITIZED  // they see use after free only in memory that is given back
constexpr bool kPooled = false;
#else
constexpr bool kPooled = true;
#endif

}  // namespace

void* FramePool::Allocate(std::size_t size) {
  const std::size_t index = ClassOf(size);
  if (!kPooled || index >= kClasses) return ::operator new(size);
  if (void* memory = Pool().Take(index)) return memory;
  return ::operator new((index + 1) * kClassBytes);
}

void FramePool::Free(void* memory, std::size_t size) noexcept {
  const std::size_t index = ClassOf(size);
  if (kPooled && index < kClasses && Pool().Give(index, memory)) return;
  ::operator delete(memory);
}

}  // namespace coolkit::net
