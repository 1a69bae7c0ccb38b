// Why: TLS for clients, as a Connection over a Connection: whoever reads and writes does not know.
// The server's chain is always verified; its name by the caller's judge or by RFC 6125.
//
// Thread safety: a TlsClient is immutable; any thread. Connections as net::Connection.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "crypto/certificate.h"
#include "crypto/rsa_key.h"
#include "net/connection.h"
#include "net/task.h"

struct ssl_ctx_st;

namespace coolkit::net {

class TlsClient {
 public:
  struct Options {
    std::string roots_pem;        // whom to trust; empty: the system's authorities
    bool only_tls13 = false;      // else 1.2 or newer
    std::string certificate_pem;  // of this client, for `key`; empty: none
    std::optional<crypto::RsaKey> key;
    // Looks at the server's certificate once its chain is verified, instead of comparing names.
    std::function<Result<void>(const crypto::CertificateFacts&)> judge;
    // What to add to this machine's clock when certificates' times are looked at.
    std::chrono::seconds clock_offset{0};
  };
  // Errors: kInvalidRequest (no certificate in a PEM, a key that does not fit).
  [[nodiscard]] static Result<std::shared_ptr<const TlsClient>> Make(Options options);
  // For Make.
  class Key {
    friend class TlsClient;
    Key() = default;
  };
  TlsClient(Key /*key*/, Options options) : options_(std::move(options)) {}
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // The handshake; `name` goes out as SNI if it is a host name, and is compared if there is no
  // judge. The deadline is of the handshake; afterwards there is none. Errors: kTimeout,
  // kConnectionClosed (cut, or reset), kInvalidRequest (the server's certificate is not accepted),
  // kMalformedRequest (the protocol failed, or the server refused this client).
  [[nodiscard]] Task<Result<std::unique_ptr<Connection>>> Start(std::unique_ptr<Connection> raw,
                                                                std::string name,
                                                                BootTime deadline) const;

 private:
  Result<void> SetUp();

  const Options options_;
  ssl_ctx_st* context_ = nullptr;
};

}  // namespace coolkit::net
