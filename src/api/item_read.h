// Why: GET and HEAD of one key, the path that has to be fast: a hit is answered in one go, without
// a wait, a copy of the value or more than one allocation. On the connection's loop.
#pragma once

#include "api/call.h"
#include "http/message.h"
#include "net/task.h"

namespace coolkit::api {

// `environment` and `request` outlive the task.
[[nodiscard]] net::Task<http::Response> ReadItem(const Environment& environment,
                                                 const http::Request& request, Location location,
                                                 net::Loop& loop);

}  // namespace coolkit::api
