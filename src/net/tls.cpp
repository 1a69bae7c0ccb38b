#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "net/tls_connection.h"

namespace coolkit::net {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

std::unexpected<Error> Refuse(const char* why) {
  ERR_clear_error();
  return Fail(ErrorCode::kInvalidRequest, why);
}

bool IsHostName(const std::string& name) {
  const bool numeric = name.find(':') != std::string::npos ||
                       std::all_of(name.begin(), name.end(),
                                   [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
  return !name.empty() && !numeric;
}

// How many certificates were added.
int AddRoots(SSL_CTX* context, const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  CHECK(bio != nullptr);
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  int count = 0;
  while (X509* const certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    count += X509_STORE_add_cert(store, certificate);
    X509_free(certificate);
  }
  // What is trusted need not be signed by itself.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  ERR_clear_error();
  return count;
}

}  // namespace

TlsClient::~TlsClient() { SSL_CTX_free(context_); }

Result<std::shared_ptr<const TlsClient>> TlsClient::Make(Options options) {
  const auto client = std::make_shared<TlsClient>(Key(), std::move(options));
  if (Result<void> done = client->SetUp(); !done) return Fail(std::move(done.error()));
  return std::shared_ptr<const TlsClient>(client);
}

Result<void> TlsClient::SetUp() {
  context_ = SSL_CTX_new(TLS_client_method());
  CHECK(context_ != nullptr);
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);
  CHECK(SSL_CTX_set_min_proto_version(context_,
                                      options_.only_tls13 ? TLS1_3_VERSION : TLS1_2_VERSION) == 1);
  if (options_.roots_pem.empty()) {
    if (SSL_CTX_set_default_verify_paths(context_) != 1) return Refuse("no authorities to trust");
  } else if (AddRoots(context_, options_.roots_pem) == 0) {
    return Refuse("no certificate in the PEM of the authorities to trust");
  }
  if (options_.certificate_pem.empty()) return {};
  const std::string& pem = options_.certificate_pem;
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  X509* const certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr);
  if (certificate == nullptr) return Refuse("no client certificate in the PEM");
  const bool good = options_.key && SSL_CTX_use_certificate(context_, certificate) == 1 &&
                    SSL_CTX_use_PrivateKey(context_, options_.key->native()) == 1;
  X509_free(certificate);
  if (!good) return Refuse("the client certificate does not fit its key");
  return {};
}

Task<Result<std::unique_ptr<Connection>>> TlsClient::Start(std::unique_ptr<Connection> raw,
                                                           std::string name,
                                                           BootTime deadline) const {
  SSL* const session = SSL_new(context_);
  CHECK(session != nullptr);
  SSL_set_connect_state(session);
  auto connection = std::make_unique<TlsConnection>(session, std::move(raw));
  if (options_.clock_offset.count() != 0) {
    const auto there = connection->loop().clock().WallNow() + options_.clock_offset;
    X509_VERIFY_PARAM_set_time(SSL_get0_param(session),
                               std::chrono::system_clock::to_time_t(there));
  }
  const bool by_name = IsHostName(name);
  if (by_name)
    SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  if (!options_.judge) {
    const int set = by_name ? SSL_set1_host(session, name.c_str())
                            : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), name.c_str());
    if (set != 1) co_return Fail(ErrorCode::kInvalidRequest, "no name to verify the server by");
  }
  connection->SetReadDeadline(deadline);
  connection->SetWriteDeadline(deadline);
  Result<void> done = co_await connection->Handshake();
  if (done && options_.judge) {
    X509* const certificate = SSL_get1_peer_certificate(session);
    CHECK(certificate != nullptr);
    const crypto::CertificateFacts facts = crypto::FactsOf(certificate);
    X509_free(certificate);
    done = options_.judge(facts);
  }
  if (!done) {
    connection->Close();
    co_return Fail(std::move(done.error()));
  }
  connection->SetReadDeadline(kNever);
  connection->SetWriteDeadline(kNever);
  std::unique_ptr<Connection> ready = std::move(connection);
  co_return ready;
}

}  // namespace coolkit::net
