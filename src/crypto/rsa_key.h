// Why: Cloud SQL certifies a public key of the process, and service accounts sign with RS256: RSA
// keys, with OpenSSL behind them. Immutable, cheap to copy; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct evp_pkey_st;

namespace coolkit::crypto {

class RsaKey {
 public:
  // 2048 bits, from the system's generator; takes some 100 ms.
  [[nodiscard]] static RsaKey Generate();
  // A private key, PKCS #8 or PKCS #1, without a passphrase. Errors: kInvalidRequest; the detail
  // shows nothing of the text.
  [[nodiscard]] static Result<RsaKey> FromPem(std::string_view pem);

  // SubjectPublicKeyInfo (RFC 5280) as PEM.
  [[nodiscard]] std::string PublicPem() const;
  // RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017): the RS256 of tokens.
  [[nodiscard]] std::string SignSha256(std::string_view bytes) const;

  // For OpenSSL's users; lives as long as any copy of the key.
  [[nodiscard]] evp_pkey_st* native() const { return key_.get(); }

 private:
  explicit RsaKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}

  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace coolkit::crypto
