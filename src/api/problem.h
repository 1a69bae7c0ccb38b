// Why: every error leaves as one document of one shape (RFC 9457), with the headers that keep
// caches from making it worse. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "http/message.h"

namespace coolkit::api {

// May others keep the answer? kAskAgain is `no-cache`: 404 and 412 of a key, which reveal state
// like a value does. Without either, a cache may keep even a 404 by its own guess (RFC 9111
// section 4.2.2).
enum class Caching { kNoStore, kAskAgain };

// The problem document: type, title, status, detail, code, retryable, trace_id.
[[nodiscard]] std::string ProblemBody(const Error& error, int status, std::string_view trace_id);

// A response with the document and its headers: Content-Type, Cache-Control, Retry-After (with 503
// and 429, or when the error names a time), X-Content-Type-Options, Content-Security-Policy. The
// status is the table's.
[[nodiscard]] http::Response Problem(const Error& error, std::string_view trace_id,
                                     Caching caching = Caching::kNoStore);
// The same with a status that the caller knows better (the server's framing errors).
[[nodiscard]] http::Response ProblemWithStatus(int status, const Error& error,
                                               std::string_view trace_id,
                                               Caching caching = Caching::kNoStore);

}  // namespace coolkit::api
