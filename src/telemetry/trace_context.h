// Why: a request keeps its trace through coolkit (W3C Trace Context). Values; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"

namespace coolkit::telemetry {

struct TraceContext {
  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> parent_id{};
  std::uint8_t flags = 0;

  [[nodiscard]] std::string TraceIdHex() const;
  [[nodiscard]] std::string Header() const;  // 00-<trace id>-<parent id>-<flags>
};

// Version 00 exactly; higher versions by their first four fields; nothing when invalid or all zero.
// Of the flags only "sampled" is kept: level 1 wants unknown ones cleared.
[[nodiscard]] std::optional<TraceContext> ParseTraceparent(std::string_view header);
// A new, unsampled trace.
[[nodiscard]] TraceContext NewTrace(Random& random);
// The same trace with a new parent id: what this pod sends on.
[[nodiscard]] TraceContext ChildOf(const TraceContext& parent, Random& random);

}  // namespace coolkit::telemetry
