// Why: the header of a cache hit is some 400 bytes made of a dozen parts; it is put together on the
// stack and becomes a string once, one that was used before. Not thread-safe.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http/spare_text.h"
#include "model/token.h"

namespace coolkit::api {

class HeaderBlock {
 public:
  // What callers append is bounded by the limits of pod names, content types and numbers.
  static constexpr std::size_t kCapacity = 2048;

  void Text(std::string_view text) {
    CHECK(text.size() <= kCapacity - size_);
    std::memcpy(buffer_ + size_, text.data(), text.size());
    size_ += text.size();
  }
  void Number(std::int64_t number) {
    const auto end = std::to_chars(buffer_ + size_, buffer_ + kCapacity, number);
    CHECK(end.ec == std::errc());
    size_ = static_cast<std::size_t>(end.ptr - buffer_);
  }
  void Number(std::uint64_t number) {
    const auto end = std::to_chars(buffer_ + size_, buffer_ + kCapacity, number);
    CHECK(end.ec == std::errc());
    size_ = static_cast<std::size_t>(end.ptr - buffer_);
  }
  // IMF-fixdate, as http::FormatHttpDate; years 0 to 9999, others are cut to that.
  void HttpDate(std::int64_t unix_seconds);
  // As model::FormatToken.
  void Token(const model::Token& token);

  [[nodiscard]] std::string_view view() const { return {buffer_, size_}; }
  [[nodiscard]] std::string str() const { return http::SpareText::Take(view()); }

 private:
  std::size_t size_ = 0;
  char buffer_[kCapacity];  // not cleared: only what was appended is read
};

}  // namespace coolkit::api
