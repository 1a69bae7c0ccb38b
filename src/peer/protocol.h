// Why: the numbers of the protocol between pods, in one place; what they mean byte by byte stands
// in docs/peer-protocol.md, which the tests compare with. Values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace coolkit::peer {

inline constexpr std::string_view kUpgradeToken = "coolkit-peer/1";
inline constexpr std::string_view kUpgradePath = "/peer";

// A type that a receiver does not know is skipped.
enum class MessageType : std::uint8_t {
  kHello = 1,
  kHelloReply = 2,
  kProof = 3,
  kWelcome = 4,
  kRefuse = 5,  // of the handshake; then the connection ends

  kKeepAlive = 8,
  kKeepAliveReply = 9,
  kAbort = 10,    // the message of this id whose beginning came will not be finished
  kRefused = 11,  // the request of this id was not and will not be done

  kRead = 16,
  kReadReply = 17,
  kWrite = 18,
  kWriteReply = 19,
  kPush = 20,
  kPushReply = 21,

  kHeartbeat = 32,
  kViewRequest = 33,
  kView = 34,

  kSubscribe = 48,
  kUnsubscribe = 49,
  kPing = 50,
  kFrame = 51,
  kResend = 52,
  kResendRefused = 53,
};

// Flags of the lower half change how a message is read: with an unknown one the connection ends,
// so nobody sets one before the other side said that it knows it. Those of the upper half are
// hints: an unknown one is ignored.
inline constexpr std::uint8_t kFlagMore = 0x01;  // further frames continue this message
inline constexpr std::uint8_t kFlagEach = 0x02;  // Read: each key gets a reply of its own
inline constexpr std::uint8_t kFlagsKnown = kFlagMore | kFlagEach;
inline constexpr std::uint8_t kFlagsCritical = 0x0F;

// length u32 (of the body), type u8, flags u8, request id u64.
inline constexpr std::size_t kHeaderBytes = 14;
// A longer body is a broken peer. Senders cut messages into bodies of kChunkBytes.
inline constexpr std::size_t kFrameBodyMax = 64u << 10;
inline constexpr std::size_t kChunkBytes = 32u << 10;
// A whole message, all its frames' bodies together.
inline constexpr std::size_t kMessageBytesMax = 16u << 20;
// Messages that have begun and not ended, at one time in one direction.
inline constexpr std::size_t kPartialsMax = 4;
// All that either side sends before the handshake is done.
inline constexpr std::size_t kHandshakeBytesMax = 1024;
// A frame of the feed that would be longer names collections instead of keys.
inline constexpr std::size_t kFeedFrameBytesMax = 8u << 20;
// Keys of one Read with kFlagEach.
inline constexpr std::size_t kEachKeysMax = 64;

inline constexpr std::string_view kMagic = "CKPR";
inline constexpr std::size_t kNonceBytes = 32;
inline constexpr std::size_t kProofBytes = 32;

// Bits of what a side understands beyond its version.
inline constexpr std::uint64_t kCapabilityEach = 1;

// What one side of a handshake offers.
struct Offer {
  std::uint16_t version_min = 1;
  std::uint16_t version_max = 1;
  std::uint64_t capabilities = kCapabilityEach;
};

// Why a request was refused (kRefused).
enum class RefusedCode : std::uint8_t { kOverloaded = 1, kMalformed = 2, kUnsupported = 3 };

struct FrameHeader {
  std::uint32_t body_bytes = 0;
  MessageType type{};
  std::uint8_t flags = 0;
  std::uint64_t id = 0;
};

// Appends the 14 bytes.
void AppendHeader(std::string& bytes, const FrameHeader& header);
// `bytes` has at least kHeaderBytes.
[[nodiscard]] FrameHeader ReadHeader(std::string_view bytes);

}  // namespace coolkit::peer
