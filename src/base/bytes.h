// Why: binary formats (views, peers' frames) are written and read in one way: little-endian, every
// length checked, one sticky failure instead of a test after each field.
// Not thread-safe: one owner.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace coolkit {

class ByteWriter {
 public:
  void U8(std::uint8_t value) { Fixed(value); }
  void U16(std::uint16_t value) { Fixed(value); }
  void U32(std::uint32_t value) { Fixed(value); }
  void U64(std::uint64_t value) { Fixed(value); }
  void I64(std::int64_t value) { Fixed(static_cast<std::uint64_t>(value)); }
  void Bytes(std::string_view bytes) { bytes_.append(bytes); }
  // A byte of length, then so many bytes: at most 255, what is beyond is cut.
  void ShortText(std::string_view text);
  // Four bytes of length, then so many bytes.
  void LongText(std::string_view text);

  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  // Overwrites four bytes that were written before.
  void PatchU32(std::size_t at, std::uint32_t value);
  [[nodiscard]] std::string Take() && { return std::move(bytes_); }

 private:
  template <class T>
  void Fixed(T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      bytes_.push_back(static_cast<char>(value >> (8 * i)));
    }
  }
  std::string bytes_;
};

// Reads what ByteWriter wrote, from bytes that outlive it. A read beyond the end gives zero or an
// empty text, and ok() is false from then on.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] std::uint8_t U8() { return Fixed<std::uint8_t>(); }
  [[nodiscard]] std::uint16_t U16() { return Fixed<std::uint16_t>(); }
  [[nodiscard]] std::uint32_t U32() { return Fixed<std::uint32_t>(); }
  [[nodiscard]] std::uint64_t U64() { return Fixed<std::uint64_t>(); }
  [[nodiscard]] std::int64_t I64() { return static_cast<std::int64_t>(Fixed<std::uint64_t>()); }
  // A view of exactly so many bytes; so many zero bytes are not made up: empty when too short.
  [[nodiscard]] std::string_view Bytes(std::size_t count);
  [[nodiscard]] std::string_view ShortText() { return Bytes(U8()); }
  [[nodiscard]] std::string_view LongText() { return Bytes(U32()); }

  [[nodiscard]] bool ok() const { return ok_; }
  // Nothing is left and nothing failed.
  [[nodiscard]] bool AtEnd() const { return ok_ && rest_.empty(); }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }

 private:
  template <class T>
  [[nodiscard]] T Fixed() {
    const std::string_view bytes = Bytes(sizeof(T));
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      value |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    }
    return static_cast<T>(value);
  }
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace coolkit
