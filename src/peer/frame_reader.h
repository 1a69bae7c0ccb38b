// Why: a stream of frames becomes messages again, whatever the pieces in which it comes; a peer
// that lies about lengths gets no more memory than what it really sent, up to a limit.
//
// Not thread-safe: one connection's loop. The shared budget is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/input_buffer.h"
#include "peer/protocol.h"

namespace coolkit::peer {

class FrameReader {
 public:
  struct Message {
    MessageType type{};
    std::uint8_t flags = 0;  // of the first frame, without kFlagMore
    std::uint64_t id = 0;
    std::string_view body;  // until the next call of anything
  };

  // `partial_bytes_max`: of this connection's unfinished messages; `total` has those of all
  // connections and outlives it.
  FrameReader(std::size_t partial_bytes_max, http::ByteBudget& total)
      : partial_bytes_max_(partial_bytes_max), total_(&total) {}
  ~FrameReader() { ReleasePartials(); }
  FrameReader(const FrameReader&) = delete;
  FrameReader& operator=(const FrameReader&) = delete;

  // Where the next bytes go; never empty.
  [[nodiscard]] std::span<char> Space();
  // `n` bytes were written there.
  void Commit(std::size_t n);
  // Bytes that came from elsewhere.
  void Append(std::string_view bytes);

  // The next message; nothing: more bytes are needed. Errors, after which nothing else follows:
  // kMalformedRequest (the peer is broken), kPayloadTooLarge with the name of the limit.
  [[nodiscard]] Result<std::optional<Message>> Next();

  // Bytes that came and were not yet returned.
  [[nodiscard]] std::size_t buffered() const { return end_ - begin_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] std::size_t partial_bytes() const { return partial_bytes_; }

 private:
  struct Partial {
    FrameHeader first;
    std::string body;
  };
  [[nodiscard]] Result<std::optional<Message>> TakeFrame(const FrameHeader& header,
                                                         std::string_view body);
  [[nodiscard]] Result<void> Grow(Partial& partial, std::string_view body);
  void Drop(std::size_t index);
  void DropAssembled();
  void ReleasePartials();
  void Resize(std::size_t capacity);
  void ShrinkWhenQuiet();

  const std::size_t partial_bytes_max_;
  http::ByteBudget* const total_;
  std::unique_ptr<char[]> block_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  int quiet_ = 0;  // times that the block was larger than needed, in a row
  std::vector<Partial> partials_;
  std::size_t partial_bytes_ = 0;
  std::string assembled_;  // what the last message's body shows
};

}  // namespace coolkit::peer
