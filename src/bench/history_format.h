// Why: writer and reader of the binary history agree on its bytes here (docs/history-format.md has
// them one by one). Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace coolkit::bench {

inline constexpr std::string_view kHistoryMagic{"coolhist\x01\r\n\x1a", 12};
inline constexpr std::size_t kBlockHeadBytes = 32;
inline constexpr std::size_t kBlockBytesMax = 64U << 20;  // of one block's payload
inline constexpr std::size_t kKeyBytesMax = 64 + 1 + 512;
inline constexpr std::size_t kIncarnationBytesMax = 255;
inline constexpr std::uint32_t kIncarnationsMax = 255;
inline constexpr std::uint32_t kStreamsMax = 4096;
// The size at which the writer ends a block.
inline constexpr std::size_t kBlockBytesTarget = 256U << 10;

// Bits of the second byte of an operation.
inline constexpr std::uint8_t kHasVersion = 0x08;
inline constexpr std::uint8_t kHasDigest = 0x10;
inline constexpr std::uint8_t kHasGiven = 0x20;
inline constexpr std::uint8_t kHasReceived = 0x40;
inline constexpr std::uint8_t kHasLimit = 0x80;

// Head of a block; every number little-endian. The end of a history is a head whose other sizes
// are 0, with the number of all operations before it in `checksum`.
struct BlockHead {
  std::uint32_t payload_bytes = 0;
  std::uint32_t names_bytes = 0;  // the first part of the payload
  std::uint32_t operations = 0;
  std::uint32_t stream = 0;
  std::int64_t base_ns = 0;
  std::uint64_t checksum = 0;  // XXH3 of the payload, seeded with the XXH3 of the head before it
};
inline constexpr std::size_t kCheckedHeadBytes = 24;

template <class T>
void AppendFixed(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xFFU);
  }
}

template <class T>
[[nodiscard]] T ReadFixed(const char* at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value |= std::uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
  }
  return static_cast<T>(value);
}

// LEB128: seven bits a byte, lowest first.
inline char* PutVarint(char* at, std::uint64_t value) {
  while (value >= 0x80) {
    *at++ = static_cast<char>(value | 0x80U);
    value >>= 7U;
  }
  *at++ = static_cast<char>(value);
  return at;
}

// Small negative numbers become small: 0, -1, 1, -2, …
[[nodiscard]] constexpr std::uint64_t ZigZag(std::uint64_t difference) {
  return difference << 1U ^ (0 - (difference >> 63U));
}
[[nodiscard]] constexpr std::uint64_t UnZigZag(std::uint64_t value) {
  return value >> 1U ^ (0 - (value & 1U));
}

// Reads the parts of a payload one after the other. After a failure, which is remembered, every
// number is 0.
class PayloadReader {
 public:
  explicit PayloadReader(std::string_view bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  [[nodiscard]] std::uint64_t Varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) break;
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte >= 0x80) continue;
      // One spelling each: no zero byte at the end, no bits beyond 64.
      if ((byte == 0 && shift > 0) || (shift == 63 && byte > 1)) break;
      return value;
    }
    return Bad();
  }
  [[nodiscard]] std::uint8_t Byte() {
    if (at_ == end_) return static_cast<std::uint8_t>(Bad());
    return static_cast<std::uint8_t>(*at_++);
  }
  [[nodiscard]] std::uint64_t Fixed64() {
    if (end_ - at_ < 8) return Bad();
    at_ += 8;
    return ReadFixed<std::uint64_t>(at_ - 8);
  }
  [[nodiscard]] std::string_view Text(std::size_t bytes_max) {
    const std::uint64_t bytes = Varint();
    if (bytes > bytes_max || bytes > static_cast<std::uint64_t>(end_ - at_)) {
      static_cast<void>(Bad());
      return {};
    }
    at_ += bytes;
    return {at_ - bytes, static_cast<std::size_t>(bytes)};
  }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool AtEnd() const { return at_ == end_; }
  [[nodiscard]] std::string_view Rest() const {
    return {at_, static_cast<std::size_t>(end_ - at_)};
  }

 private:
  std::uint64_t Bad() {
    good_ = false;
    at_ = end_;
    return 0;
  }

  const char* at_;
  const char* end_;
  bool good_ = true;
};

}  // namespace coolkit::bench
