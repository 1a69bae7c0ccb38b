// Why: bytes in both directions without saying whose: a TCP socket, or a pipe of the simulation
// and the tests that can fail at the n-th operation. One loop owns a connection; all calls come
// from that loop. At most one read and one write are under way at a time.
#pragma once

#include <coroutine>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "net/loop.h"

namespace coolkit::net {

class Connection;

// The awaitable of one read or write: a result in place, no allocation.
class IoOperation {
 public:
  enum class Kind { kRead, kWrite };
  IoOperation(Connection& connection, Kind kind, std::span<char> into,
              std::span<const std::string_view> from)
      : connection_(connection), kind_(kind), into_(into), from_(from) {}
  IoOperation(const IoOperation&) = delete;
  IoOperation& operator=(const IoOperation&) = delete;

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> awaiter);
  [[nodiscard]] Result<std::size_t> await_resume() { return std::move(result_); }

  // For implementations: ends an operation that was left pending; resumes the awaiter at once.
  void Complete(Result<std::size_t> result) {
    result_ = std::move(result);
    awaiter_.resume();
  }
  // For implementations: ends it before Start… returns (which then returns false).
  void SetResult(Result<std::size_t> result) { result_ = std::move(result); }
  [[nodiscard]] std::span<char> into() const { return into_; }
  [[nodiscard]] std::span<const std::string_view> from() const { return from_; }

 private:
  Connection& connection_;
  Kind kind_;
  std::span<char> into_;
  std::span<const std::string_view> from_;
  std::coroutine_handle<> awaiter_;
  Result<std::size_t> result_{std::size_t{0}};
};

class Connection {
 public:
  virtual ~Connection() = default;

  // Reads at least one byte; 0 at the end of the stream. Errors: kTimeout when the read deadline
  // passed, kConnectionClosed otherwise. `into` is not empty.
  [[nodiscard]] IoOperation Read(std::span<char> into) {
    return {*this, IoOperation::Kind::kRead, into, {}};
  }
  // Writes some of the bytes, in order, and says how many (at least one). At most 16 buffers are
  // looked at. Errors as Read, with the write deadline.
  [[nodiscard]] IoOperation WriteSome(std::span<const std::string_view> from) {
    return {*this, IoOperation::Kind::kWrite, {}, from};
  }

  // Deadlines of the operations under way and to come; checked about every 50 ms. A deadline that
  // passed stays passed until it is set anew.
  virtual void SetReadDeadline(BootTime deadline) = 0;
  virtual void SetWriteDeadline(BootTime deadline) = 0;

  // Half-close: the peer reads the end of the stream.
  virtual void ShutdownWrite() = 0;
  // Ends everything; pending operations end with kConnectionClosed (later, on the loop).
  virtual void Close() = 0;

  [[nodiscard]] virtual Loop& loop() = 0;
  // `host:port`, for logs.
  [[nodiscard]] virtual std::string PeerAddress() const = 0;

 protected:
  friend class IoOperation;
  // Starts the operation. False: it ended already and SetResult was called. True: Complete will be
  // called later on the loop.
  [[nodiscard]] virtual bool StartRead(IoOperation& operation) = 0;
  [[nodiscard]] virtual bool StartWrite(IoOperation& operation) = 0;
};

inline bool IoOperation::await_suspend(std::coroutine_handle<> awaiter) {
  awaiter_ = awaiter;
  return kind_ == Kind::kRead ? connection_.StartRead(*this) : connection_.StartWrite(*this);
}

}  // namespace coolkit::net
