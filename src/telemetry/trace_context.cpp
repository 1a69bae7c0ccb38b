#include "telemetry/trace_context.h"

#include <algorithm>

#include "base/text.h"

namespace coolkit::telemetry {
namespace {

// version "-" trace-id "-" parent-id "-" flags
constexpr std::size_t kTraceIdAt = 3;
constexpr std::size_t kTraceIdSize = 32;
constexpr std::size_t kParentIdAt = 36;
constexpr std::size_t kParentIdSize = 16;
constexpr std::size_t kFlagsAt = 53;
constexpr std::size_t kHeaderSize = 55;
// The only flag that level 1 defines; the others must not be passed on.
constexpr std::uint8_t kSampled = 0x01;

// Hex digits, lower case only.
template <std::size_t N>
bool DecodeLower(std::string_view text, std::array<std::uint8_t, N>& out) {
  if (std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'F'; })) {
    return false;
  }
  const auto bytes = HexDecode(text);
  if (!bytes || bytes->size() != N) return false;
  std::transform(bytes->begin(), bytes->end(), out.begin(),
                 [](char c) { return static_cast<std::uint8_t>(c); });
  return true;
}

template <std::size_t N>
bool AllZero(const std::array<std::uint8_t, N>& bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

template <std::size_t N>
std::string Hex(const std::array<std::uint8_t, N>& bytes) {
  std::string raw;
  for (const std::uint8_t byte : bytes) raw += static_cast<char>(byte);
  return HexEncode(raw);
}

// Random and not all zero, which would mean "none".
template <std::size_t N>
void FillId(std::array<std::uint8_t, N>& id, Random& random) {
  do {
    for (std::size_t i = 0; i < N; i += 8) {
      const std::uint64_t bits = random.Next();
      for (std::size_t j = 0; j < 8; ++j) id[i + j] = static_cast<std::uint8_t>(bits >> (8 * j));
    }
  } while (AllZero(id));
}

}  // namespace

std::string TraceContext::TraceIdHex() const { return Hex(trace_id); }

std::string TraceContext::Header() const {
  return "00-" + Hex(trace_id) + "-" + Hex(parent_id) + "-" +
         Hex(std::array<std::uint8_t, 1>{flags});
}

std::optional<TraceContext> ParseTraceparent(std::string_view header) {
  if (header.size() < kHeaderSize) return std::nullopt;
  std::array<std::uint8_t, 1> version{};
  std::array<std::uint8_t, 1> flags{};
  TraceContext context;
  if (!DecodeLower(header.substr(0, 2), version) || version[0] == 0xFF) return std::nullopt;
  if (header.size() > kHeaderSize && (version[0] == 0 || header[kHeaderSize] != '-')) {
    return std::nullopt;
  }
  if (header[2] != '-' || header[kParentIdAt - 1] != '-' || header[kFlagsAt - 1] != '-') {
    return std::nullopt;
  }
  if (!DecodeLower(header.substr(kTraceIdAt, kTraceIdSize), context.trace_id) ||
      !DecodeLower(header.substr(kParentIdAt, kParentIdSize), context.parent_id) ||
      !DecodeLower(header.substr(kFlagsAt, 2), flags)) {
    return std::nullopt;
  }
  if (AllZero(context.trace_id) || AllZero(context.parent_id)) return std::nullopt;
  context.flags = flags[0] & kSampled;
  return context;
}

TraceContext NewTrace(Random& random) {
  TraceContext context;
  FillId(context.trace_id, random);
  FillId(context.parent_id, random);
  return context;
}

TraceContext ChildOf(const TraceContext& parent, Random& random) {
  TraceContext context = parent;
  FillId(context.parent_id, random);
  return context;
}

}  // namespace coolkit::telemetry
