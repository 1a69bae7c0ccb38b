// Why: what a request is once its framing has been checked, and what a response is before it is
// written. Values of one request, used on its connection's loop.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/function.h"
#include "base/owned_bytes.h"
#include "base/time.h"

namespace coolkit::net {
class Connection;
}

namespace coolkit::http {

enum class Method : std::uint8_t {
  kGet,
  kHead,
  kPut,
  kPost,
  kDelete,
  kPatch,
  kOptions,
  kTrace,
  kConnect,
  kOther
};
[[nodiscard]] std::string_view MethodName(Method method);  // "GET"; kOther: "OTHER" (metrics)

// Header names known to coolkit, so that look-ups cost an array index. kOther: compare the name.
enum class Field : std::uint8_t {
  kHost,
  kConnection,
  kContentLength,
  kTransferEncoding,
  kExpect,
  kUpgrade,
  kContentType,
  kContentEncoding,
  kContentRange,
  kCacheControl,
  kIfMatch,
  kIfNoneMatch,
  kIfModifiedSince,
  kIfUnmodifiedSince,
  kAccept,
  kTraceparent,
  kTracestate,
  kUserAgent,
  kCoolkitPosition,
  kCoolkitMaxStalenessMs,
  kXRequestId,
  kPragma,
  kOther,
  kCount
};

struct Header {
  Field field = Field::kOther;
  std::string_view name;   // as sent
  std::string_view value;  // without surrounding white space
};

// The head of a request. The views point into the connection's buffer and live until the
// response is written; between Admit and Handle they may move (keep none across).
struct RequestHead {
  Method method = Method::kOther;
  std::string_view method_text;
  // Raw and in origin form (`/path?query`: an absolute-form target is cut down to it), `*` with
  // OPTIONS, or `host:port` with CONNECT. Holds no control character, space or `#`.
  std::string_view target;
  int version_minor = 1;  // HTTP/1.0 or HTTP/1.1
  std::span<const Header> headers;
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool expects_continue = false;
  bool keep_alive = true;
  BootTime arrived{};        // read after the head's last byte (R8, R9)
  std::uint32_t absent = 0;  // bit i: field i is known not to be there (0: look it up)

  // The first header of that field (kOther finds nothing), or nothing.
  [[nodiscard]] const Header* Find(Field field) const;
  // All values of a list-valued field joined with ", " (RFC 9110 section 5.3); empty when absent.
  [[nodiscard]] std::string Joined(Field field) const;
};

struct Request {
  const RequestHead* head = nullptr;
  std::string_view body;  // whole, chunks removed
};

// What to send. Server adds Content-Length (or leaves it out for 1xx, 204, 304), Date and
// Connection. For HEAD the handler gives the same response as for GET: the server omits the body.
struct Response {
  int status = 200;
  std::string headers;  // complete lines: "ETag: \"1\"\r\nContent-Type: text/plain\r\n"
  OwnedBytes body;
  bool close = false;  // end the connection after this response
  // Content-Length of a response without body bytes of its own (a 304's is left out if empty).
  std::optional<std::uint64_t> content_length_override;
  // Only with status 101, whose headers name the new protocol: called on the connection's loop
  // once the head is written, with the connection and the bytes that came after the request.
  // From then on the connection is the taker's alone: neither Drain nor Stop knows it.
  using UpgradeTaker = Function<void(std::unique_ptr<net::Connection>, std::string leftover)>;
  std::unique_ptr<UpgradeTaker> upgrade;

  // Appends `name: value\r\n`. Neither contains CR, LF or NUL: callers check what users gave.
  void AddHeader(std::string_view name, std::string_view value);
};

// The reason phrase; "Unknown" for a status that is not in RFC 9110 or RFC 6585.
[[nodiscard]] std::string_view ReasonPhrase(int status);

// IMF-fixdate (RFC 9110 section 5.6.7) of seconds since 1970.
[[nodiscard]] std::string FormatHttpDate(std::int64_t unix_seconds);
// All three forms of RFC 9110 section 5.6.7. A two-digit year is one of 1970 to 2069; the weekday
// is not compared with the date.
[[nodiscard]] std::optional<std::int64_t> ParseHttpDate(std::string_view text);

}  // namespace coolkit::http
