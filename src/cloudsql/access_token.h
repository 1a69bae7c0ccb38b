// Why: every proof of identity ends in an OAuth access token for a scope; where it comes from is
// one class per kind of source.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "cloudsql/outcome.h"
#include "net/task.h"

namespace coolkit::cloudsql {

inline constexpr std::string_view kAdminScope = "https://www.googleapis.com/auth/sqlservice.admin";
inline constexpr std::string_view kLoginScope = "https://www.googleapis.com/auth/sqlservice.login";

struct AccessToken {
  std::string text;  // a secret
  BootTime expires = kNever;
};

// On one loop.
class TokenSource {
 public:
  virtual ~TokenSource() = default;
  virtual net::Task<Outcome<AccessToken>> Fetch(std::string scope, BootTime deadline) = 0;
  // A server did not accept this text of a token: it is not given again, nor are those of other
  // scopes that are as old.
  virtual void Forget(std::string_view /*text*/) {}
};

// Reads a token endpoint's answer: {"access_token": …, "expires_in": …}. `who` names the endpoint
// in messages.
[[nodiscard]] Outcome<AccessToken> ReadTokenAnswer(std::string_view body, BootTime now,
                                                   std::string_view who);

}  // namespace coolkit::cloudsql
