// Why: the chain proves which authority signed; only the name proves which instance. The rule is
// that of the official connectors. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/certificate.h"

namespace coolkit::cloudsql {

struct ExpectedServer {
  std::vector<std::string> dns_names;  // of the instance, as the Admin API says
  std::string common_name;             // project:instance
};

// One of the instance's DNS names is in the certificate (trailing dots and case do not count, a
// star stands for one label), or else its common name is project:instance. An empty common name is
// nobody's. Errors: kInvalidRequest, with what was there and what was expected.
[[nodiscard]] Result<void> CheckServerName(const ExpectedServer& expected,
                                           const crypto::CertificateFacts& facts);

}  // namespace coolkit::cloudsql
