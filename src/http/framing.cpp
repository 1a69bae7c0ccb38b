#include "http/framing.h"

#include <algorithm>
#include <array>

#include "http/names.h"
#include "http/target.h"

namespace coolkit::http {
namespace {

constexpr std::size_t kContentLengthDigitsMax = 19;  // all of them fit in 64 bits

// What the fields say before they are judged together.
struct Seen {
  int hosts = 0;
  int lengths = 0;
  int codings = 0;  // Transfer-Encoding fields
  bool close = false;
  bool keep_alive = false;
  std::string_view host;
  std::string_view length;
  std::string_view coding;
};

// Members of Connection; the last word is `close` (RFC 9112 section 9.3).
void ReadConnection(std::string_view value, Seen& seen) {
  while (!value.empty()) {
    const std::string_view option = NextListMember(value);
    if (EqualsIgnoreCase(option, "close")) seen.close = true;
    if (EqualsIgnoreCase(option, "keep-alive")) seen.keep_alive = true;
  }
}

// A list of several codings, or one that is not `chunked`: which answer it gets depends on whether
// its end can be known (RFC 9112 sections 6.1 and 6.3).
Refusal RefuseCoding(std::string_view value) {
  int chunked = 0;
  bool last_is_chunked = false;
  if (value.ends_with(',')) return Malformed("Transfer-Encoding has an empty member");
  while (!value.empty()) {
    const std::string_view coding = NextListMember(value);
    if (coding.empty()) return Malformed("Transfer-Encoding has an empty member");
    last_is_chunked = EqualsIgnoreCase(coding, "chunked");
    chunked += last_is_chunked ? 1 : 0;
  }
  if (last_is_chunked && chunked == 1) {
    return {501, ErrorCode::kTransferCodingUnsupported,
            "no transfer coding but a single chunked is supported", nullptr};
  }
  return Malformed("Transfer-Encoding does not end with a single chunked");
}

std::optional<Refusal> CheckBody(const Seen& seen, int version_minor, Framing& framing) {
  if (seen.codings > 0) {
    if (version_minor == 0) return Malformed("Transfer-Encoding came with HTTP/1.0");
    if (seen.lengths > 0) return Malformed("Content-Length came with Transfer-Encoding");
    if (seen.codings > 1) return Malformed("Transfer-Encoding came twice");
    if (!EqualsIgnoreCase(seen.coding, "chunked")) return RefuseCoding(seen.coding);
    framing.chunked = true;
    return std::nullopt;
  }
  if (seen.lengths > 1) return Malformed("Content-Length came twice");
  if (seen.lengths == 1) {
    framing.content_length = ParseContentLength(seen.length);
    if (!framing.content_length) return Malformed("Content-Length is not a decimal number");
  }
  return std::nullopt;
}

void SetKeepAlive(const Seen& seen, int version_minor, Framing& framing) {
  framing.keep_alive = !seen.close && (version_minor >= 1 || seen.keep_alive);
}

// Counts the fields that matter for both kinds of message.
void ReadField(const Header& header, Seen& seen) {
  if (header.field == Field::kContentLength) {
    ++seen.lengths;
    seen.length = header.value;
  } else if (header.field == Field::kTransferEncoding) {
    ++seen.codings;
    seen.coding = header.value;
  } else if (header.field == Field::kConnection) {
    ReadConnection(header.value, seen);
  }
}

}  // namespace

std::optional<std::uint64_t> ParseContentLength(std::string_view value) {
  if (value.empty() || value.size() > kContentLengthDigitsMax) return std::nullopt;
  std::uint64_t length = 0;
  for (const char c : value) {
    if (c < '0' || c > '9') return std::nullopt;
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return length;
}

std::optional<Refusal> CheckRequestFraming(std::span<const Header> headers, int version_minor,
                                           Framing& framing) {
  framing = Framing{};
  Seen seen;
  bool unknown_expectation = false;
  for (const Header& header : headers) {
    if (header.field == Field::kHost) {
      ++seen.hosts;
      seen.host = header.value;
    } else if (header.field == Field::kExpect) {
      if (EqualsIgnoreCase(header.value, "100-continue")) {
        framing.expects_continue = true;
      } else {
        unknown_expectation = true;
      }
    } else {
      ReadField(header, seen);
    }
  }
  if (seen.hosts > 1) return Malformed("Host came twice");
  if (seen.hosts == 0 && version_minor >= 1) return Malformed("Host is missing");
  if (seen.hosts == 1 && !IsValidAuthority(seen.host)) return Malformed("Host is malformed");
  if (auto refusal = CheckBody(seen, version_minor, framing)) return refusal;
  SetKeepAlive(seen, version_minor, framing);
  // An expectation of HTTP/1.0 is ignored (RFC 9110 section 10.1.1).
  if (version_minor == 0) framing.expects_continue = false;
  if (unknown_expectation && version_minor >= 1) {
    return Refusal{417, ErrorCode::kExpectationFailed,
                   "the only expectation that can be met is 100-continue", nullptr};
  }
  return std::nullopt;
}

std::optional<Refusal> CheckResponseFraming(std::span<const Header> headers, int version_minor,
                                            Framing& framing) {
  framing = Framing{};
  Seen seen;
  for (const Header& header : headers) ReadField(header, seen);
  if (auto refusal = CheckBody(seen, version_minor, framing)) return refusal;
  SetKeepAlive(seen, version_minor, framing);
  return std::nullopt;
}

bool IsAllowedTrailer(std::string_view name) {
  constexpr std::array<std::string_view, 14> kForbidden{"authorization",
                                                        "connection",
                                                        "content-encoding",
                                                        "content-length",
                                                        "content-range",
                                                        "content-type",
                                                        "cookie",
                                                        "expect",
                                                        "host",
                                                        "keep-alive",
                                                        "te",
                                                        "trailer",
                                                        "transfer-encoding",
                                                        "upgrade"};
  return std::none_of(kForbidden.begin(), kForbidden.end(), [name](std::string_view forbidden) {
    return EqualsIgnoreCase(name, forbidden);
  });
}

}  // namespace coolkit::http
