// Why: a service account proves itself by a claim that its key has signed (RFC 7519, RFC 7523).
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/rsa_key.h"

namespace coolkit::cloudsql {

// RFC 4648 section 5, without padding.
[[nodiscard]] std::string Base64Url(std::string_view bytes);

struct ServiceAccountClaim {
  std::string_view issuer;  // the account's e-mail
  std::string_view scope;
  std::string_view audience;   // the token endpoint
  std::string_view key_id;     // empty: not said
  std::int64_t issued_at = 0;  // seconds since 1970; valid for an hour from there
};
[[nodiscard]] std::string SignClaim(const ServiceAccountClaim& claim, const crypto::RsaKey& key);

}  // namespace coolkit::cloudsql
