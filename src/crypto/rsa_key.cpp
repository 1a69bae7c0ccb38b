#include "crypto/rsa_key.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <limits>

#include "base/check.h"

namespace coolkit::crypto {
namespace {

constexpr unsigned kBits = 2048;

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

// Nobody types a passphrase; without this OpenSSL would ask the terminal.
int NoPassphrase(char* /*into*/, int /*size*/, int /*writing*/, void* /*context*/) { return 0; }

}  // namespace

RsaKey RsaKey::Generate() {
  EVP_PKEY* const key = EVP_RSA_gen(kBits);
  CHECK(key != nullptr);
  return RsaKey(std::shared_ptr<EVP_PKEY>(key, &EVP_PKEY_free));
}

Result<RsaKey> RsaKey::FromPem(std::string_view pem) {
  const auto refuse = [] {
    ERR_clear_error();
    return Fail(ErrorCode::kInvalidRequest, "not an RSA private key in PEM");
  };
  if (pem.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return refuse();
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  CHECK(bio != nullptr);
  EVP_PKEY* const key = PEM_read_bio_PrivateKey(bio.get(), nullptr, &NoPassphrase, nullptr);
  if (key == nullptr) return refuse();
  std::shared_ptr<EVP_PKEY> owned(key, &EVP_PKEY_free);
  if (EVP_PKEY_is_a(key, "RSA") != 1) return refuse();
  return RsaKey(std::move(owned));
}

std::string RsaKey::PublicPem() const {
  const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
  CHECK(bio != nullptr && PEM_write_bio_PUBKEY(bio.get(), key_.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string RsaKey::SignSha256(std::string_view bytes) const {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  CHECK(context != nullptr);
  CHECK(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1);
  const auto* const data = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t size = 0;
  CHECK(EVP_DigestSign(context.get(), nullptr, &size, data, bytes.size()) == 1);
  std::string signature(size, '\0');
  CHECK(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       data, bytes.size()) == 1);
  signature.resize(size);
  return signature;
}

}  // namespace coolkit::crypto
