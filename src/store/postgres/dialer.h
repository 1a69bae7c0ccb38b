// Why: how a server is reached and proved to may be more than a URL says: through a connector
// inside this process, with a token that is good for an hour. libpq still makes the connection; a
// dialer prepares each one and says where it goes.
//
// Thread safety: as each implementation says; any thread may dial.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/function.h"
#include "base/mutex.h"
#include "base/time.h"

namespace coolkit::store {

struct DialFailure {
  std::string_view reason;  // of coolkit_database_connection_errors_total
  std::string message;      // what happened and what to do about it; nothing secret
};

// What becomes known of a route after libpq was sent on it. Thread-safe.
class RouteNews {
 public:
  void Report(DialFailure failure) {
    const MutexLock lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
  }
  [[nodiscard]] std::optional<DialFailure> failure() const {
    const MutexLock lock(mutex_);
    return failure_;
  }

 private:
  mutable Mutex mutex_;
  std::optional<DialFailure> failure_ GUARDED_BY(mutex_);
};

// A route's host is a Unix socket, whose name ends in this (see libpq's `host`).
inline constexpr const char* kRoutePort = "5432";
inline constexpr std::string_view kRouteSuffix = "/.s.PGSQL.5432";

struct Route {
  std::string host;                 // instead of the URL's; empty: as the URL says
  std::string user;                 // likewise
  std::string password;             // likewise; a secret
  std::shared_ptr<RouteNews> news;  // may be null
};

class Dialer {
 public:
  virtual ~Dialer() = default;
  // Prepares one connection. The completion comes on any thread, perhaps inside the call.
  virtual void Dial(BootTime deadline, Completion<std::expected<Route, DialFailure>> done) = 0;
};

}  // namespace coolkit::store
