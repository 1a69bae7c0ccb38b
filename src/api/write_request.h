// Why: what a write of one key says besides its body is refused before the body is read where one
// is announced that is worth it, and parsed by the same code when it is there. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/location.h"
#include "api/preconditions.h"
#include "base/result.h"
#include "base/time.h"
#include "http/message.h"
#include "model/token.h"

namespace coolkit::api {

enum class PatchFormat : std::uint8_t { kMerge, kOperations };

// What a write says besides its body. Stays where it was made (ItemKey).
struct WriteRequest {
  ItemKey key;
  std::optional<milliseconds> ttl;           // PUT
  std::string content_type;                  // PUT
  PatchFormat format = PatchFormat::kMerge;  // PATCH
  Preconditions preconditions;
  std::optional<model::Token> position;

  // By the head's method: PUT, DELETE or PATCH.
  [[nodiscard]] Result<void> Parse(const http::RequestHead& head, const Location& location);
};

// At most 255 bytes of visible ASCII and inner spaces. Errors: kInvalidHeader.
[[nodiscard]] Result<void> ValidateContentType(std::string_view content_type);

// Refuses a content coding. Errors: kUnsupportedEncoding.
[[nodiscard]] Result<void> RefuseContentCoding(const http::RequestHead& head);

// The media type of Content-Type in lower case, without parameters; empty when there is none.
// Errors: kInvalidHeader when there are several.
[[nodiscard]] Result<std::string> MediaType(const http::RequestHead& head);

// The patch formats, as Accept-Patch lists them.
inline constexpr std::string_view kPatchTypes =
    "application/merge-patch+json, application/json-patch+json";

}  // namespace coolkit::api
