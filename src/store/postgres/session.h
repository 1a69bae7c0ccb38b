// Why: what is done once, by a command or before a store starts, needs no event loop: a connection
// of libpq whose calls wait. One thread at a time.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace coolkit::store {

class PgSession {
 public:
  // Errors: kInvalidRequest (the URL), kDatabaseUnavailable.
  [[nodiscard]] static Result<PgSession> Connect(const std::string& url,
                                                 milliseconds connect_timeout);

  using Row = std::vector<std::optional<std::string>>;  // nullopt: NULL
  // One statement with parameters in text form. Errors name what the server said.
  [[nodiscard]] Result<std::vector<Row>> Query(const char* sql,
                                               const std::vector<std::string>& parameters = {});
  // Any number of statements; in one transaction unless they say otherwise.
  [[nodiscard]] Result<void> Execute(const std::string& sql);

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  explicit PgSession(PGconn* connection) : connection_(connection) {}

  std::unique_ptr<PGconn, Finish> connection_;
};

}  // namespace coolkit::store
