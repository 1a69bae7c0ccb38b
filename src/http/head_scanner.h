// Why: the end of a message head is found, and every byte that may not be in one is refused, as
// the bytes arrive, before any parser sees them. The outcome depends on the bytes alone, never on
// how reads split them: events are taken in the order of their offsets. One message at a time,
// one thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "http/refusal.h"

namespace coolkit::http {

class HeadScanner {
 public:
  struct Limits {
    std::size_t bytes_max = 0;       // the whole head
    std::size_t first_line_max = 0;  // without CRLF
    std::size_t fields_max = 0;
  };
  // Judges a complete first line (without CRLF) before the rest of the head has come.
  using FirstLineCheck = std::optional<Refusal> (*)(std::string_view line);
  enum class Outcome { kNeedMore, kComplete, kRefused };

  // `leading_crlf`: one empty line before the first line is skipped (RFC 9112 section 2.2).
  HeadScanner(Limits limits, FirstLineCheck check, bool leading_crlf)
      : limits_(limits), check_(check), leading_crlf_(leading_crlf) {}

  // `input` begins where it began in the last call and holds at least as many bytes.
  [[nodiscard]] Outcome Scan(std::string_view input);

  // After kComplete: where the first line begins, and the size including the empty line at the
  // end, both from the beginning of the input.
  [[nodiscard]] std::size_t start() const { return start_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }
  // For the next message.
  void Reset();

 private:
  [[nodiscard]] Outcome Refuse(Refusal refusal);
  [[nodiscard]] Outcome TooLong();
  [[nodiscard]] std::optional<Outcome> EndLine(std::string_view input, std::size_t at);

  Limits limits_;
  FirstLineCheck check_;
  bool leading_crlf_;
  std::size_t start_ = 0;
  std::size_t line_ = 0;   // beginning of the current line
  std::size_t at_ = 0;     // next byte to look at
  std::size_t lines_ = 0;  // complete ones
  std::size_t size_ = 0;
  Refusal refusal_;
};

// Index of the first byte in [from, text.size()) below 0x20 or equal to 0x7f; text.size(): none.
[[nodiscard]] std::size_t FindControl(std::string_view text, std::size_t from);

}  // namespace coolkit::http
