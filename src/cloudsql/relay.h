// Why: two connections joined: what comes from one goes to the other, until either ends. On one
// loop.
#pragma once

#include <cstddef>

#include "base/error.h"
#include "base/function.h"
#include "net/connection.h"
#include "net/task.h"

namespace coolkit::cloudsql {

// Ends when both directions have; both connections are closed then. `on_early_failure` is called,
// before anything is closed, if `outer` fails before it has sent a byte.
[[nodiscard]] net::Task<void> Relay(net::Connection& inner, net::Connection& outer,
                                    std::size_t buffer_bytes,
                                    Function<void(const Error&)> on_early_failure);

}  // namespace coolkit::cloudsql
