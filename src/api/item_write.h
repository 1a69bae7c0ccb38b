// Why: PUT, DELETE and PATCH of one key: what the store's statement can judge goes there at once,
// the rest is a strong read and a compare-and-set. On the connection's loop.
#pragma once

#include "api/call.h"
#include "http/message.h"
#include "net/task.h"

namespace coolkit::api {

// `environment` and `request` outlive the tasks.
[[nodiscard]] net::Task<http::Response> PutItem(const Environment& environment,
                                                const http::Request& request, Location location,
                                                net::Loop& loop);
[[nodiscard]] net::Task<http::Response> DeleteItem(const Environment& environment,
                                                   const http::Request& request, Location location,
                                                   net::Loop& loop);
[[nodiscard]] net::Task<http::Response> PatchItem(const Environment& environment,
                                                  const http::Request& request, Location location,
                                                  net::Loop& loop);

}  // namespace coolkit::api
