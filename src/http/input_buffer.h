// Why: one growing block holds the head and the decoded body of the request being served and the
// bytes of those that follow it. It grows with what arrived, never with what was announced; what
// exceeds a small block is charged to a budget that all connections share. One connection's loop.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>

namespace coolkit::http {

// A limit on bytes held by many. Any thread.
class ByteBudget {
 public:
  explicit ByteBudget(std::size_t max) : max_(max) {}
  // False, and nothing is charged, when it would exceed the maximum.
  [[nodiscard]] bool TryCharge(std::size_t bytes);
  void Release(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  [[nodiscard]] std::size_t used() const { return used_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t left() const;

 private:
  const std::size_t max_;
  alignas(64) std::atomic<std::size_t> used_{0};
};

class InputBuffer {
 public:
  static constexpr std::size_t kIdleBytes = 1024;       // kept while nothing happens
  static constexpr std::size_t kFreeBytes = 16 * 1024;  // larger blocks are charged

  explicit InputBuffer(ByteBudget& budget) : budget_(budget) {}
  ~InputBuffer();
  InputBuffer(const InputBuffer&) = delete;
  InputBuffer& operator=(const InputBuffer&) = delete;

  // The bytes that are there, from the beginning of the current request.
  [[nodiscard]] std::string_view unread() const { return {data(), size()}; }
  [[nodiscard]] const char* data() const { return block_.get() + begin_; }
  [[nodiscard]] char* data() { return block_.get() + begin_; }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  // Where the next bytes go; not empty after a MakeSpace that returned true.
  [[nodiscard]] std::span<char> space() { return {block_.get() + end_, capacity_ - end_}; }
  // `n` bytes were written to space().
  void Commit(std::size_t n);
  // Drops `n` bytes at the beginning of unread().
  void Consume(std::size_t n);
  // Drops all but the first `n` bytes of unread().
  void Truncate(std::size_t n) { end_ = begin_ + n; }

  // Makes room for at least one byte; data() may move. A request for which at most `size_max`
  // bytes are wanted makes the block no larger than that. False: the budget is used up.
  [[nodiscard]] bool MakeSpace(std::size_t size_max);
  // Gives back what a block of kIdleBytes need not hold.
  void Trim();

 private:
  struct Free {
    void operator()(char* block) const { std::free(block); }
  };
  [[nodiscard]] bool Resize(std::size_t capacity);
  static std::size_t Charged(std::size_t capacity) { return capacity > kFreeBytes ? capacity : 0; }

  ByteBudget& budget_;
  std::unique_ptr<char, Free> block_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool was_full_ = false;  // a read filled the block: more would have come with a larger one
};

}  // namespace coolkit::http
