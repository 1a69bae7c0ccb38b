// Why: IAM logins also work without the connector: libpq sends an access token as the password,
// over TLS that it verifies. Thread-safe.
#pragma once

#include <string>

#include "cloudsql/access_token.h"
#include "net/loop.h"
#include "net/task_group.h"
#include "store/postgres/dialer.h"

namespace coolkit::cloudsql {

class IamDialer final : public store::Dialer {
 public:
  // Both outlive the dialer. `user`: instead of the URL's.
  IamDialer(net::Loop& loop, TokenSource& tokens, std::string user)
      : loop_(loop), tokens_(tokens), user_(std::move(user)) {}
  // Waits for what is under way; not on the loop.
  void Stop();
  void Dial(BootTime deadline,
            Completion<std::expected<store::Route, store::DialFailure>> done) override;

 private:
  net::Task<void> Prepare(BootTime deadline,
                          Completion<std::expected<store::Route, store::DialFailure>> done);

  net::Loop& loop_;
  TokenSource& tokens_;
  const std::string user_;
  net::TaskGroup tasks_;
};

}  // namespace coolkit::cloudsql
