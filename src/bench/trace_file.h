// Why: recorded key traces are public in a few formats, compressed; they are replayed as they are
// (liblzma and libzstd stay inside trace_file.cpp). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace coolkit::bench {

enum class TraceFormat : std::uint8_t {
  kBigEndian32,  // a 4-byte key per request
  kBigEndian64,  // an 8-byte key per request
  kArcLines,     // text lines `start count …`: keys start to start + count - 1
};

struct KeyTrace {
  std::vector<std::uint32_t> requests;  // keys numbered from 0 by first appearance
  std::uint32_t keys = 0;
};

inline constexpr std::size_t kTraceBytesMax = std::size_t{1} << 30U;  // unpacked
inline constexpr std::size_t kTraceRequestsMax = 100'000'000;

// Unpacks .xz and .zst, by their first bytes; anything else is taken as it is. Errors:
// kInvalidRequest (damaged, too large, gzip).
[[nodiscard]] Result<std::string> UnpackTrace(std::string_view bytes);
// Errors: kInvalidRequest (nothing in it, a line that is wrong, too many requests).
[[nodiscard]] Result<KeyTrace> ParseTrace(std::string_view bytes, TraceFormat format);

}  // namespace coolkit::bench
