// Why: many reads or writes in one request, each with a status of its own, or all or nothing. On
// the connection's loop.
#pragma once

#include "api/call.h"
#include "base/result.h"
#include "http/message.h"
#include "net/task.h"

namespace coolkit::api {

// What a batch says besides its body; also checked before the body is read. Errors:
// kInvalidCollection, kInvalidQuery, kUnsupportedMediaType, kUnsupportedEncoding, kInvalidHeader,
// kInvalidPosition.
[[nodiscard]] Result<void> CheckBatch(const http::RequestHead& head, const Location& location);

// `environment` and `request` outlive the tasks.
[[nodiscard]] net::Task<http::Response> BatchGet(const Environment& environment,
                                                 const http::Request& request, Location location,
                                                 net::Loop& loop);
[[nodiscard]] net::Task<http::Response> BatchWrite(const Environment& environment,
                                                   const http::Request& request, Location location,
                                                   net::Loop& loop);

}  // namespace coolkit::api
