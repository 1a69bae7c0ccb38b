// Why: a chunked body (RFC 9112 section 7.1) is decoded in place and byte by byte, so that the
// outcome cannot depend on how reads split it, nothing but the payload is kept, and everything
// around the payload is bounded. One body at a time, one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/refusal.h"

namespace coolkit::http {

class ChunkDecoder {
 public:
  struct Limits {
    std::uint64_t body_bytes_max = 0;
    std::size_t extension_bytes_max = 1024;  // of all chunks together
    std::size_t trailer_bytes_max = 8 * 1024;
    std::size_t trailer_count_max = 32;
  };
  enum class Outcome { kNeedMore, kComplete, kRefused };
  struct Progress {
    Outcome outcome = Outcome::kNeedMore;
    std::size_t consumed = 0;  // bytes of the input; all of them unless complete or refused
    std::size_t produced = 0;  // bytes of payload written
  };

  explicit ChunkDecoder(Limits limits) : limits_(limits) {}

  // Decodes what came next. `out` has room for as many bytes as `input` and may be the input's own
  // memory or lie before it.
  [[nodiscard]] Progress Decode(std::string_view input, char* out);

  // After kRefused.
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }

 private:
  enum class State : std::uint8_t {
    kSizeStart,
    kSize,
    kSizeLf,
    kExtensionBlank,
    kExtensionNameStart,
    kExtensionName,
    kExtensionNameBlank,
    kExtensionValueStart,
    kExtensionToken,
    kExtensionQuoted,
    kExtensionEscape,
    kExtensionEnd,
    kData,
    kDataCr,
    kDataLf,
    kTrailerStart,
    kTrailerName,
    kTrailerValue,
    kTrailerLf,
    kEndLf,
    kComplete,
    kRefused
  };

  // One byte of framing; false: refused.
  [[nodiscard]] bool Step(char c);
  [[nodiscard]] bool StepSize(char c);
  [[nodiscard]] bool StepExtension(char c);
  [[nodiscard]] bool StepExtensionValue(char c);
  [[nodiscard]] bool StepTrailer(char c);
  [[nodiscard]] bool AfterExtensionPart(char c, State on_blank);
  [[nodiscard]] bool EndSizeLine();
  [[nodiscard]] bool EndTrailerName();
  [[nodiscard]] bool Refuse(const Refusal& refusal);

  Limits limits_;
  State state_ = State::kSizeStart;
  std::uint64_t chunk_left_ = 0;
  std::uint64_t body_bytes_ = 0;  // announced by the chunks so far
  unsigned size_digits_ = 0;
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
  std::size_t trailers_ = 0;
  std::array<char, 24> name_{};  // the beginning of a trailer's name: forbidden ones are shorter
  std::size_t name_bytes_ = 0;
  Refusal refusal_;
};

}  // namespace coolkit::http
