#include "crypto/certificate.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <limits>
#include <memory>

#include "base/check.h"

namespace coolkit::crypto {
namespace {

std::chrono::system_clock::time_point TimeOf(const ASN1_TIME* time) {
  std::tm utc{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &utc) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&utc));
}

// UTF-8, whatever the certificate's own coding. A text with a NUL in it is none: what compares it
// as a C string would see another name.
std::string TextOf(const ASN1_STRING* string) {
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, string);
  if (size < 0) return {};
  std::string copy(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  return copy.find('\0') == std::string::npos ? copy : std::string();
}

std::string CommonNameOf(const X509* certificate) {
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  std::string name;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) {
    name = TextOf(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  }
  return name;
}

}  // namespace

CertificateFacts FactsOf(x509_st* certificate) {
  CertificateFacts facts;
  facts.common_name = CommonNameOf(certificate);
  facts.not_before = TimeOf(X509_get0_notBefore(certificate));
  facts.not_after = TimeOf(X509_get0_notAfter(certificate));
  auto* const names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_DNS) continue;
    if (std::string text = TextOf(name->d.dNSName); !text.empty()) {
      facts.dns_names.push_back(std::move(text));
    }
  }
  GENERAL_NAMES_free(names);
  return facts;
}

Result<CertificateFacts> ReadCertificate(std::string_view pem) {
  X509* certificate = nullptr;
  if (pem.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
    CHECK(bio != nullptr);
    certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr);
  }
  ERR_clear_error();
  if (certificate == nullptr) return Fail(ErrorCode::kInvalidRequest, "not a certificate in PEM");
  CertificateFacts facts = FactsOf(certificate);
  X509_free(certificate);
  return facts;
}

}  // namespace coolkit::crypto
