// Why: who connects judges a certificate by its names and times; this reads them out, so that the
// judgement itself is plain code that knows no OpenSSL. Values; any thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

struct x509_st;

namespace coolkit::crypto {

struct CertificateFacts {
  std::string common_name;             // of the subject, the last one; empty: none
  std::vector<std::string> dns_names;  // of the subjectAltName, as they stand there
  std::chrono::system_clock::time_point not_before;
  std::chrono::system_clock::time_point not_after;
};

// Of the first certificate in the text. Errors: kInvalidRequest.
[[nodiscard]] Result<CertificateFacts> ReadCertificate(std::string_view pem);
[[nodiscard]] CertificateFacts FactsOf(x509_st* certificate);

}  // namespace coolkit::crypto
