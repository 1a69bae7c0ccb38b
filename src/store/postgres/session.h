// Why: what is done once, by a command or before a store starts, needs no event loop: a connection
// of libpq whose calls wait. One thread at a time.
#pragma once

#include <libpq-fe.h>

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "store/postgres/dialer.h"

namespace coolkit::store {

class PgSession {
 public:
  // Errors: kInvalidRequest (the URL), kDatabaseUnavailable.
  [[nodiscard]] static Result<PgSession> Connect(const std::string& url,
                                                 milliseconds connect_timeout,
                                                 Dialer* dialer = nullptr);
  struct Unreached {
    Error error;              // as Connect
    std::string_view reason;  // of coolkit_database_connection_errors_total
    bool passing = false;     // time may cure it
  };
  // With a `dialer` (not on its loop) that prepares the connection.
  [[nodiscard]] static std::expected<PgSession, Unreached> Reach(const std::string& url,
                                                                 milliseconds connect_timeout,
                                                                 Dialer* dialer = nullptr);

  using Row = std::vector<std::optional<std::string>>;  // nullopt: NULL
  // One statement with parameters in text form. Errors name what the server said.
  [[nodiscard]] Result<std::vector<Row>> Query(const char* sql,
                                               const std::vector<std::string>& parameters = {});
  // Any number of statements; in one transaction unless they say otherwise.
  [[nodiscard]] Result<void> Execute(const std::string& sql);

  // The process of the server that the start of the connection named; a pooler gives a number of
  // its own.
  [[nodiscard]] int backend_pid() const { return PQbackendPID(connection_.get()); }

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  explicit PgSession(PGconn* connection) : connection_(connection) {}

  std::unique_ptr<PGconn, Finish> connection_;
};

}  // namespace coolkit::store
