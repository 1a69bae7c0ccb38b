// Why: where a message ends is decided in one place from the fields that say so, and anything that
// two readers could understand differently is refused (RFC 9112 sections 3.2, 6 and 9.3).
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "http/message.h"
#include "http/refusal.h"

namespace coolkit::http {

struct Framing {
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = true;
  bool expects_continue = false;
};

// Digits only, at most 19 of them; nothing otherwise.
[[nodiscard]] std::optional<std::uint64_t> ParseContentLength(std::string_view value);

// What a request's fields say; nothing: they are good and `framing` is set.
[[nodiscard]] std::optional<Refusal> CheckRequestFraming(std::span<const Header> headers,
                                                         int version_minor, Framing& framing);
// The same for a response (no Host, no Expect).
[[nodiscard]] std::optional<Refusal> CheckResponseFraming(std::span<const Header> headers,
                                                          int version_minor, Framing& framing);

// May the field stand in a trailer section? Not if it frames, routes or authenticates
// (RFC 9110 section 6.5.1).
[[nodiscard]] bool IsAllowedTrailer(std::string_view name);

}  // namespace coolkit::http
