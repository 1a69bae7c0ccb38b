#include "api/error_table.h"

#include <array>
#include <cstddef>

namespace coolkit::api {
namespace {

using enum ErrorCode;

constexpr bool kRetry = true;
constexpr bool kFinal = false;

constexpr ErrorRow Public(ErrorCode code, int status, bool retryable, int retry_after_seconds,
                          std::string_view title, std::string_view help) {
  return {code, status, retryable, retry_after_seconds, title, help, code};
}
constexpr ErrorRow Internal(ErrorCode code, ErrorCode shown_as) {
  return {code, 0, false, 0, {}, {}, shown_as};
}

constexpr std::array kRows{
    Public(kInvalidRequest, 400, kFinal, 0, "The request is not valid",
           "Correct what the detail names."),
    Public(kInvalidKey, 400, kFinal, 0, "The key is not valid",
           "Use 1 to 512 bytes of UTF-8 without NUL and without a segment . or .., percent-encoded "
           "where the URL needs it."),
    Public(kInvalidCollection, 400, kFinal, 0, "The collection is not valid",
           "Use 1 to 64 characters of a-z, 0-9, _ and -, starting with a letter or digit."),
    Public(kInvalidQuery, 400, kFinal, 0, "The query is not valid",
           "Send only the parameters that the call has, each once and with an allowed value."),
    Public(kInvalidTtl, 400, kFinal, 0, "The time to live is not valid",
           "Send a whole number above 0 and a unit (ms, s, m, h, d), at most 3650d."),
    Public(kInvalidHeader, 400, kFinal, 0, "A header field is not valid",
           "Correct the field that the detail names."),
    Public(kInvalidPosition, 400, kFinal, 0, "The position is not valid",
           "Send Coolkit-Position exactly as an earlier answer gave it, or leave it out."),
    Public(kInvalidPageToken, 400, kFinal, 0, "The page token is not valid",
           "Send next_page_token as it was given, with the same collection and prefix."),
    Public(kInvalidJson, 400, kFinal, 0, "The body is not valid JSON",
           "Send one JSON document (RFC 8259) in UTF-8."),
    Public(kInvalidPatch, 400, kFinal, 0, "The patch is not valid",
           "Send a JSON merge patch (RFC 7396) or a JSON patch (RFC 6902) whose paths exist."),
    Public(kMalformedRequest, 400, kFinal, 0, "The request is not valid HTTP",
           "Use a client that follows RFC 9112; the connection is closed."),
    Public(kNotFound, 404, kFinal, 0, "There is no value under this key",
           "Nothing is stored there, or it was deleted or has expired."),
    Public(kNoSuchRoute, 404, kFinal, 0, "There is nothing at this path",
           "Look at /openapi.json for the calls that exist."),
    Public(kMethodNotAllowed, 405, kFinal, 0, "The path does not have this method",
           "Use one of the methods in the Allow field."),
    Public(kRequestTimeout, 408, kRetry, 0, "The request did not arrive in time",
           "Send the request again on a new connection."),
    Public(kNotJson, 409, kFinal, 0, "The stored value is not JSON",
           "Only a value that is a JSON document can be patched; replace it with PUT."),
    Public(kPatchTestFailed, 409, kFinal, 0, "A test of the patch failed",
           "Read the value again and decide anew."),
    Public(kPreconditionFailed, 412, kFinal, 0, "A precondition does not hold",
           "Read the value and its ETag again and decide anew."),
    Public(kPayloadTooLarge, 413, kFinal, 0, "The body is too large",
           "Send less; the detail names the limit."),
    Public(kUriTooLong, 414, kFinal, 0, "The request target is too long",
           "Shorten the target; a key has at most 512 bytes."),
    Public(kUnsupportedMediaType, 415, kFinal, 0, "The media type is not supported here",
           "Use a type that the detail or the Accept-Patch field names."),
    Public(kUnsupportedEncoding, 415, kFinal, 0, "Content codings are not supported",
           "Send the body without Content-Encoding; compress inside the value if you like."),
    Public(kExpectationFailed, 417, kFinal, 0, "The expectation is not supported",
           "Only Expect: 100-continue is understood."),
    Public(kDependencyFailed, 424, kFinal, 0, "Another item of the atomic batch failed",
           "Nothing was written; look for the item with another status than 424."),
    Public(kHeadersTooLarge, 431, kFinal, 0, "The header section is too large",
           "Send fewer or shorter header fields."),
    Public(kInternal, 500, kFinal, 0, "Something went wrong inside coolkit",
           "Report it with the trace_id."),
    Public(kStorageError, 500, kRetry, 0, "The database refused the statement",
           "Nothing was written; report it with the trace_id if it lasts."),
    Public(kMethodNotImplemented, 501, kFinal, 0, "The method is not implemented",
           "CONNECT is not available here."),
    Public(kTransferCodingUnsupported, 501, kFinal, 0, "The transfer coding is not implemented",
           "Use Content-Length or Transfer-Encoding: chunked alone."),
    Public(kOverloaded, 503, kRetry, 1, "Too much is under way",
           "Nothing was done; send it again after Retry-After, with growing and random pauses."),
    Public(kDraining, 503, kRetry, 1, "This pod is shutting down",
           "Nothing was done; send it again on a new connection, which reaches another pod."),
    Public(kDatabaseUnavailable, 503, kRetry, 1, "The database can't be reached",
           "Nothing was written; send it again after Retry-After."),
    Public(kContention, 503, kRetry, 1, "The key changes too often",
           "Nothing was written; send it again after Retry-After."),
    Public(kNotCached, 504, kFinal, 0, "The value is not in the cache",
           "Leave out Cache-Control: only-if-cached to read the database."),
    Public(kDeadlineExceeded, 504, kRetry, 0, "There was no answer in time",
           "Nothing was written; send it again."),
    Public(kOutcomeUnknown, 504, kFinal, 0, "The outcome of the write is unknown",
           "The write may have happened or may still happen: read the key before you decide."),
    Public(kHttpVersionUnsupported, 505, kFinal, 0, "The HTTP version is not supported",
           "Use HTTP/1.1."),
    Public(kStorageFull, 507, kFinal, 0, "The database has no room left",
           "Nothing was written; the operators have to make room."),
    Internal(kCancelled, kDraining),
    Internal(kTimeout, kDeadlineExceeded),
    Internal(kConnectionClosed, kDatabaseUnavailable),
    Internal(kIncarnationChanged, kDatabaseUnavailable),
};

constexpr bool InOrder() {
  std::size_t i = 0;
#define COOLKIT_ERROR_ROW(value, name) \
  if (i >= kRows.size() || kRows[i++].code != ErrorCode::value) return false;
  COOLKIT_ERROR_CODES(COOLKIT_ERROR_ROW)
#undef COOLKIT_ERROR_ROW
  return i == kRows.size();
}
static_assert(InOrder(), "one row per error code, in the order of base/error.h");

}  // namespace

std::span<const ErrorRow> ErrorRows() { return kRows; }

const ErrorRow& ErrorRowOf(ErrorCode code) {
  const ErrorRow& row = kRows[static_cast<std::size_t>(code)];
  return row.is_public() ? row : kRows[static_cast<std::size_t>(row.shown_as)];
}

std::optional<ErrorCode> FindErrorCode(std::string_view name) {
  for (const ErrorRow& row : kRows) {
    if (row.is_public() && ErrorCodeName(row.code) == name) return row.code;
  }
  return std::nullopt;
}

}  // namespace coolkit::api
