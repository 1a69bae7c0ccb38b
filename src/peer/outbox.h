// Why: what waits to be sent on one connection, in an order in which nobody waits long: short
// messages go before the next piece of a long one, and the feed keeps its order. Says for each
// request where in the stream it ends, so that it is known whether the kernel got all of it (R18).
//
// Not thread-safe: one connection's loop.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "peer/control.h"
#include "peer/protocol.h"

namespace coolkit::peer {

class Outbox {
 public:
  // Each in order of Add; kBulk and kFeed in pieces.
  enum class Lane : std::uint8_t {
    kUrgent,  // short and rare: signs of life, heartbeats, pings
    kFeed,    // frames of the feed
    kSmall,   // bodies up to kChunkBytes
    kBulk,    // longer ones
  };
  static constexpr std::size_t kLanes = 4;
  // Fill stops at about so many bytes.
  static constexpr std::size_t kBlockBytes = 64u << 10;

  // Body: `own`, then `shared`.
  struct Message {
    MessageType type{};
    std::uint8_t flags = 0;
    std::uint64_t id = 0;
    std::string own;
    SharedBytes shared;    // or null
    bool tracked = false;  // named by Fill once it is laid out whole

    [[nodiscard]] std::size_t size() const {
      return own.size() + (shared == nullptr ? 0 : shared->size());
    }
  };
  // A tracked message ends at this byte of the stream.
  struct End {
    std::uint64_t id = 0;
    std::uint64_t offset = 0;
  };

  // kSmall or kBulk by size. The message has at most kMessageBytesMax.
  static Lane LaneFor(const Message& message) {
    return message.size() <= kChunkBytes ? Lane::kSmall : Lane::kBulk;
  }
  void Add(Lane lane, Message message);
  // Takes back a message of kSmall or kBulk that is not laid out whole: the receiver will never
  // have all of it. False: it is laid out, or was never there.
  bool Remove(std::uint64_t id);

  // Appends frames to `block` until it has about kBlockBytes, and to `ends` where tracked messages
  // end. Returns the number of messages that were finished.
  std::size_t Fill(std::string& block, std::vector<End>& ends);

  [[nodiscard]] bool empty() const;
  // Bytes of bodies that wait.
  [[nodiscard]] std::size_t bytes(Lane lane) const { return bytes_[Index(lane)]; }
  // Messages that wait.
  [[nodiscard]] std::size_t waiting(Lane lane) const { return lanes_[Index(lane)].size(); }

 private:
  struct Waiting {
    Message message;
    std::size_t laid = 0;  // of its body
    bool begun = false;
  };
  static constexpr std::size_t Index(Lane lane) { return static_cast<std::size_t>(lane); }
  // Lays one frame of the lane's first message; true: the message is finished.
  bool LayOne(Lane lane, std::string& block, std::vector<End>& ends);
  static void AppendBody(const Message& message, std::size_t from, std::size_t count,
                         std::string& block);

  std::array<std::deque<Waiting>, kLanes> lanes_;
  std::array<std::size_t, kLanes> bytes_{};
  std::uint64_t laid_total_ = 0;  // bytes of the stream before the next block
  std::size_t block_begin_ = 0;   // of the block being filled
};

}  // namespace coolkit::peer
