// Why: Workload Identity Federation: a token of another issuer (a file of Kubernetes, a URL of
// another cloud) is exchanged at the security token service (RFC 8693), and, where the file says
// so, for one of a service account. On one loop.
#pragma once

#include <memory>
#include <string>

#include "cloudsql/credentials_file.h"
#include "json/value.h"

namespace coolkit::cloudsql {

// Of a credentials file of the type external_account with a credential_source `file` or `url`.
// Errors: kInvalidRequest.
[[nodiscard]] Result<std::unique_ptr<TokenSource>> MakeExternalAccount(
    const json::Value& file, const CredentialParts& parts);

// Tokens of a service account, asked for with those of `source` (iamcredentials
// generateAccessToken). Errors: kInvalidRequest (the URL).
[[nodiscard]] Result<std::unique_ptr<TokenSource>> MakeImpersonation(
    std::unique_ptr<TokenSource> source, std::string url, const CredentialParts& parts);

}  // namespace coolkit::cloudsql
