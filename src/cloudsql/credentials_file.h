// Why: outside Google's machines, and for federated identities, a JSON file says who somebody is
// and how to get tokens (application default credentials): a service account's key, a user's
// refresh token, or a token of somewhere else that is exchanged. On one loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cloudsql/access_token.h"
#include "cloudsql/web.h"
#include "net/loop.h"

namespace coolkit::cloudsql {

using ReadFile = std::function<Result<std::string>(const std::string& path)>;

struct CredentialParts {
  net::Loop& loop;
  Web& web;
  ReadFile read_file;
};

// Knows the types service_account, authorized_user, external_account and
// impersonated_service_account. Errors: kInvalidRequest, which show nothing of the file.
[[nodiscard]] Result<std::unique_ptr<TokenSource>> MakeCredentials(std::string_view json,
                                                                   const CredentialParts& parts);

// A file that holds an access token, as text or as a token endpoint's answer; read each time.
[[nodiscard]] std::unique_ptr<TokenSource> MakeTokenFile(std::string path,
                                                         const CredentialParts& parts);

// POST to a token endpoint; a 5xx is tried again until the deadline. Refused: the message has the
// endpoint's `error`, never what was sent.
[[nodiscard]] net::Task<Outcome<AccessToken>> AskTokenEndpoint(net::Loop& loop, Web& web,
                                                               WebRequest request,
                                                               BootTime deadline);

}  // namespace coolkit::cloudsql
