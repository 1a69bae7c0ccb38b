#include "http/head_scanner.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace coolkit::http {
namespace {

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

// Does any of eight bytes hold a control character? Exact as a yes or no (Bit Twiddling Hacks,
// "hasless" and "haszero"); which byte it is stays open.
bool AnyControl(std::uint64_t bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x8080808080808080;
  const std::uint64_t below_space = (bytes - kOnes * 0x20) & ~bytes & kHighs;
  const std::uint64_t deleted = bytes ^ (kOnes * 0x7f);
  return (below_space | ((deleted - kOnes) & ~deleted & kHighs)) != 0;
}

}  // namespace

std::size_t FindControl(std::string_view text, std::size_t from) {
  std::size_t i = from;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text.data() + i, sizeof bytes);
    if (!AnyControl(bytes)) continue;
    while (!IsControl(text[i])) ++i;
    return i;
  }
  while (i < text.size() && !IsControl(text[i])) ++i;
  return i;
}

HeadScanner::Outcome HeadScanner::Scan(std::string_view input) {
  for (;;) {
    const std::size_t limit = start_ + (lines_ == 0 ? limits_.first_line_max : limits_.bytes_max);
    // A line may end right at the limit, so the byte there still counts.
    const std::size_t window = std::min(input.size(), limit + 1);
    at_ = std::max(at_, FindControl(input.substr(0, window), std::min(at_, window)));
    if (at_ >= window) return window > limit ? TooLong() : Outcome::kNeedMore;
    const char c = input[at_];
    if (c == '\t') {
      ++at_;
      continue;
    }
    if (c == '\n') return Refuse(Malformed("a line ends with LF instead of CRLF"));
    if (c != '\r') return Refuse(Malformed("the head contains a control character"));
    if (at_ + 1 == input.size()) return Outcome::kNeedMore;
    if (input[at_ + 1] != '\n') return Refuse(Malformed("the head contains a CR without LF"));
    if (const auto outcome = EndLine(input, at_)) return *outcome;
  }
}

// The CRLF at `at` ends a line; nothing: go on with the next one.
std::optional<HeadScanner::Outcome> HeadScanner::EndLine(std::string_view input, std::size_t at) {
  const std::size_t next = at + 2;
  if (at == line_) {
    if (lines_ > 0) {
      size_ = next;
      if (size_ - start_ > limits_.bytes_max) return TooLong();
      return Outcome::kComplete;
    }
    if (!leading_crlf_ || at != 0) {
      return Refuse(Malformed("an empty line stands where the first line should be"));
    }
    start_ = next;
  } else {
    if (lines_ == 0 && check_ != nullptr) {
      if (const auto refusal = check_(input.substr(start_, at - start_))) return Refuse(*refusal);
    }
    if (lines_ > limits_.fields_max) {
      return Refuse(
          {431, ErrorCode::kHeadersTooLarge, "there are too many header fields", "header_count"});
    }
    ++lines_;
  }
  line_ = next;
  at_ = next;
  return std::nullopt;
}

HeadScanner::Outcome HeadScanner::Refuse(Refusal refusal) {
  refusal_ = refusal;
  return Outcome::kRefused;
}

HeadScanner::Outcome HeadScanner::TooLong() {
  if (lines_ == 0) {
    return Refuse({414, ErrorCode::kUriTooLong, "the request line is too long", "target_bytes"});
  }
  return Refuse(
      {431, ErrorCode::kHeadersTooLarge, "the header fields are too long", "header_bytes"});
}

void HeadScanner::Reset() {
  start_ = 0;
  line_ = 0;
  at_ = 0;
  lines_ = 0;
  size_ = 0;
}

}  // namespace coolkit::http
