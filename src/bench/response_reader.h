// Why: a load generator that costs as much as the server measures itself. This reads of an answer
// only what is needed, in place; http::Exchange is for everybody else. The service always says
// Content-Length; what is framed otherwise is called malformed. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace coolkit::bench {

struct Answer {
  int status = 0;
  std::int64_t version = 0;   // of the ETag; 0: none
  std::string_view position;  // Coolkit-Position; empty: none
  std::string_view body;
  bool hit = false;    // Cache-Status: from memory
  bool stale = false;  // Cache-Status: detail=stale
  bool keep_alive = true;
};

enum class ReadState : std::uint8_t { kNeedMore, kComplete, kMalformed };

inline constexpr std::size_t kAnswerHeadBytesMax = 64 * 1024;
inline constexpr std::size_t kAnswerBodyBytesMax = std::size_t{64} << 20U;

// Looks for one whole answer at the front of `input`; its views point there. `size` is its length
// once complete, or else the least that is needed, as far as known.
[[nodiscard]] ReadState ReadAnswer(std::string_view input, bool to_head, Answer& answer,
                                   std::size_t& size);

}  // namespace coolkit::bench
