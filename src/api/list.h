// Why: listing reads the database, page by page, in the byte order of the keys. On the connection's
// loop.
#pragma once

#include "api/call.h"
#include "http/message.h"
#include "net/task.h"

namespace coolkit::api {

// `environment` and `request` outlive the task.
[[nodiscard]] net::Task<http::Response> ListItems(const Environment& environment,
                                                  const http::Request& request, Location location,
                                                  net::Loop& loop);

}  // namespace coolkit::api
