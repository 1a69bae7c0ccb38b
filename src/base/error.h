// Why: every failure on a request path is a value with one code from one list, so that each code
// has exactly one HTTP status, one documentation page and one metric label (see api/error_table.h).
// Immutable values; safe to use from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace coolkit {

// The one list of error codes. The name is what clients see in `code`.
#define COOLKIT_ERROR_CODES(X)                                 \
  X(kInvalidRequest, "invalid_request")                        \
  X(kInvalidKey, "invalid_key")                                \
  X(kInvalidCollection, "invalid_collection")                  \
  X(kInvalidQuery, "invalid_query")                            \
  X(kInvalidTtl, "invalid_ttl")                                \
  X(kInvalidHeader, "invalid_header")                          \
  X(kInvalidPosition, "invalid_position")                      \
  X(kInvalidPageToken, "invalid_page_token")                   \
  X(kInvalidJson, "invalid_json")                              \
  X(kInvalidPatch, "invalid_patch")                            \
  X(kMalformedRequest, "malformed_request")                    \
  X(kNotFound, "not_found")                                    \
  X(kNoSuchRoute, "no_such_route")                             \
  X(kMethodNotAllowed, "method_not_allowed")                   \
  X(kRequestTimeout, "request_timeout")                        \
  X(kNotJson, "not_json")                                      \
  X(kPatchTestFailed, "patch_test_failed")                     \
  X(kPreconditionFailed, "precondition_failed")                \
  X(kPayloadTooLarge, "payload_too_large")                     \
  X(kUriTooLong, "uri_too_long")                               \
  X(kUnsupportedMediaType, "unsupported_media_type")           \
  X(kUnsupportedEncoding, "unsupported_encoding")              \
  X(kExpectationFailed, "expectation_failed")                  \
  X(kDependencyFailed, "dependency_failed")                    \
  X(kHeadersTooLarge, "headers_too_large")                     \
  X(kInternal, "internal")                                     \
  X(kStorageError, "storage_error")                            \
  X(kMethodNotImplemented, "method_not_implemented")           \
  X(kTransferCodingUnsupported, "transfer_coding_unsupported") \
  X(kOverloaded, "overloaded")                                 \
  X(kDraining, "draining")                                     \
  X(kDatabaseUnavailable, "database_unavailable")              \
  X(kContention, "contention")                                 \
  X(kNotCached, "not_cached")                                  \
  X(kDeadlineExceeded, "deadline_exceeded")                    \
  X(kOutcomeUnknown, "outcome_unknown")                        \
  X(kHttpVersionUnsupported, "http_version_unsupported")       \
  X(kStorageFull, "storage_full")                              \
  /* Inside the process only; never shown to a client. */      \
  X(kCancelled, "cancelled")                                   \
  X(kTimeout, "timeout")                                       \
  X(kConnectionClosed, "connection_closed")                    \
  X(kIncarnationChanged, "incarnation_changed")

enum class ErrorCode : std::uint8_t {
#define COOLKIT_ERROR_ENUM(code, name) code,
  COOLKIT_ERROR_CODES(COOLKIT_ERROR_ENUM)
#undef COOLKIT_ERROR_ENUM
};

// The stable snake_case name of a code, as in the `code` member of a problem document.
[[nodiscard]] std::string_view ErrorCodeName(ErrorCode code);

// A failure: the code decides everything a program needs, `detail` is a sentence for people. It
// never contains a secret, a value or a database URL.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string detail;
  // When to try again; zero: the table's default for the code.
  std::chrono::milliseconds retry_after{0};

  friend bool operator==(const Error&, const Error&) = default;
};

}  // namespace coolkit
