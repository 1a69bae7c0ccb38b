// Why: how fresh an answer has to be is the client's to say, in standard fields where there are
// any; this is the one place where they become kv::ReadOptions. Pure; any thread.
#pragma once

#include <optional>

#include "base/result.h"
#include "http/message.h"
#include "kv/service.h"
#include "model/token.h"

namespace coolkit::api {

// Coolkit-Position; nothing when the field is not there. Errors: kInvalidPosition.
[[nodiscard]] Result<std::optional<model::Token>> ParsePosition(const http::RequestHead& head);

// Cache-Control (RFC 9111 section 5.2.1), Pragma, Coolkit-Max-Staleness-Ms and Coolkit-Position,
// into all but `arrived` and `deadline` of the options.
//
// Cache-Control is written by browsers and proxies too, so nothing in it is an error: what is
// unknown is ignored, what is malformed counts as the strictest that it could mean (a max-age or
// stale-if-error that is no number is 0, a broken quoted string is no-cache). The fields of our own
// are checked. Errors: kInvalidHeader, kInvalidPosition.
[[nodiscard]] Result<void> ParseFreshness(const http::RequestHead& head, kv::ReadOptions& options);

}  // namespace coolkit::api
