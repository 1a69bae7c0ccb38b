#include "http/input_buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace coolkit::http {

bool ByteBudget::TryCharge(std::size_t bytes) {
  std::size_t used = used_.load(std::memory_order_relaxed);
  do {
    if (used > max_ || bytes > max_ - used) return false;
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return true;
}

std::size_t ByteBudget::left() const {
  const std::size_t used_now = used();
  return used_now >= max_ ? 0 : max_ - used_now;
}

InputBuffer::~InputBuffer() { budget_.Release(Charged(capacity_)); }

void InputBuffer::Commit(std::size_t n) {
  CHECK(n <= capacity_ - end_);
  end_ += n;
  was_full_ = end_ == capacity_;
}

void InputBuffer::Consume(std::size_t n) {
  CHECK(n <= size());
  begin_ += n;
  if (begin_ == end_) {
    begin_ = 0;
    end_ = 0;
  }
}

bool InputBuffer::MakeSpace(std::size_t size_max) {
  const bool read_more = was_full_ && capacity_ < kFreeBytes;
  if (end_ < capacity_ && !read_more) return true;
  if (begin_ > 0) {
    std::memmove(block_.get(), data(), size());
    end_ = size();
    begin_ = 0;
    if (end_ < capacity_ && !read_more) return true;
  }
  was_full_ = false;
  const std::size_t doubled = std::max(2 * capacity_, kIdleBytes);
  const std::size_t wanted = std::max(std::min(doubled, size_max), end_ + 1);
  return wanted <= capacity_ || Resize(wanted);
}

void InputBuffer::Trim() {
  if (capacity_ <= kIdleBytes) return;
  // A small block is never charged; without memory for it the large one stays.
  if (size() <= kIdleBytes) static_cast<void>(Resize(empty() ? 0 : kIdleBytes));
}

bool InputBuffer::Resize(std::size_t capacity) {
  // Both blocks exist only for the moment of the copy, so the difference is charged.
  const std::size_t before = Charged(capacity_);
  const std::size_t after = Charged(capacity);
  if (after > before && !budget_.TryCharge(after - before)) return false;
  std::unique_ptr<char, Free> block;
  const std::size_t kept = size();
  if (capacity > 0) {
    block.reset(static_cast<char*>(std::malloc(capacity)));
    if (block == nullptr) {
      if (after > before) budget_.Release(after - before);
      return false;
    }
    if (kept > 0) std::memcpy(block.get(), data(), kept);
  }
  if (after < before) budget_.Release(before - after);
  block_ = std::move(block);
  capacity_ = capacity;
  begin_ = 0;
  end_ = kept;
  was_full_ = false;
  return true;
}

}  // namespace coolkit::http
