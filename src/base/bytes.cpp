#include "base/bytes.h"

#include <algorithm>

namespace coolkit {

void ByteWriter::ShortText(std::string_view text) {
  const std::size_t size = std::min<std::size_t>(text.size(), 255);
  U8(static_cast<std::uint8_t>(size));
  Bytes(text.substr(0, size));
}

void ByteWriter::LongText(std::string_view text) {
  U32(static_cast<std::uint32_t>(text.size()));
  Bytes(text);
}

void ByteWriter::PatchU32(std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < sizeof value; ++i) {
    bytes_[at + i] = static_cast<char>(value >> (8 * i));
  }
}

std::string_view ByteReader::Bytes(std::size_t count) {
  if (count > rest_.size()) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  const std::string_view bytes = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return bytes;
}

}  // namespace coolkit
