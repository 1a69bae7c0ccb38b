// Why: a database URL goes to libpq as it is, but for what is ours in it: `pooler=transaction`, and
// the times and turns of connecting, which libpq keeps only when it may block. Pure; any thread.
#pragma once

#include <libpq-fe.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "store/postgres/dialer.h"

namespace coolkit::store {

struct PostgresUrl {
  std::string text;                             // for libpq: a secret
  bool transaction_pooler = false;              // unnamed statements, settings in every transaction
  std::optional<milliseconds> connect_timeout;  // for each host, if the URL says so
  bool has_password = false;
  bool iam = false;  // `auth=iam`: a dialer brings the user's token
  std::string user;  // if the URL names one

  // Where the URL names several: each is tried with its own time, in turn. Empty: libpq decides.
  struct Host {
    std::string host;
    std::string address;  // hostaddr; empty: by name
    std::string port;     // empty: the default
  };
  std::vector<Host> hosts;
  [[nodiscard]] std::size_t attempts() const { return hosts.empty() ? 1 : hosts.size(); }
};

// Takes `pooler` out of the parameters. Errors: kInvalidRequest (an unknown pooler, a URL that
// libpq refuses or that it would cut at a character of the password); never shows the URL.
[[nodiscard]] Result<PostgresUrl> ParsePostgresUrl(std::string_view url);

// The URL with a password that came from elsewhere.
[[nodiscard]] std::string WithPassword(std::string_view url, std::string_view password);

// Begins to connect to host number `host`, or as `route` says; PQconnectPoll goes on.
[[nodiscard]] PGconn* StartConnecting(const PostgresUrl& url, std::size_t host, const Route& route,
                                      const char* application_name);

}  // namespace coolkit::store
