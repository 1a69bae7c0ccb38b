// Why: responses are put in order and written with as few system calls as possible: their heads
// lie in one reused string, their bodies stay where they are, and a single gathered write takes
// both. One connection's loop.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/owned_bytes.h"
#include "http/message.h"

namespace coolkit::http {

class ResponseQueue {
 public:
  static constexpr std::size_t kBuffersMax = 16;  // of one write (net::Connection)

  struct Options {
    bool head_request = false;    // the body stays away, Content-Length does not
    bool close = false;           // Connection: close
    bool keep_alive_1_0 = false;  // Connection: keep-alive, which HTTP/1.0 has to be told
  };

  // Renders the head and keeps the body. Returns the bytes that will be written. `unix_seconds`
  // is for Date.
  std::uint64_t Add(Response&& response, Options options, std::int64_t unix_seconds);
  // `100 Continue`.
  void AddContinue();

  [[nodiscard]] bool empty() const { return pieces_.empty(); }
  [[nodiscard]] std::size_t responses() const { return pieces_.size(); }
  [[nodiscard]] std::uint64_t bytes_left() const { return bytes_left_; }

  // The next bytes to write, as many as fit into `buffers`; returns how many of them are set.
  [[nodiscard]] std::size_t Gather(std::span<std::string_view, kBuffersMax> buffers) const;
  // `n` bytes were written; what is written entirely is released when the queue is empty.
  void Advance(std::uint64_t n);
  // Gives back all memory if nothing is queued.
  void Trim();
  [[nodiscard]] std::size_t capacity_bytes() const {
    return heads_.capacity() + pieces_.capacity() * sizeof(Piece);
  }

 private:
  struct Piece {
    std::size_t head_end = 0;  // in heads_; it begins where the one before ends
    OwnedBytes body;
  };

  void AppendDate(std::int64_t unix_seconds);
  void AppendContentLength(std::uint64_t length);

  std::string heads_;
  std::vector<Piece> pieces_;
  std::uint64_t bytes_left_ = 0;
  std::uint64_t written_ = 0;  // of all that is in the queue
  std::int64_t date_seconds_ = -1;
  std::array<char, 37> date_line_{};  // "Date: " + 29 + CRLF
};

}  // namespace coolkit::http
