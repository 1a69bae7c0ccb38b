// Any bytes as a cloudsql:// URL, as the Admin API's or a token endpoint's answer, as a credentials
// file's URLs: never a crash; what is accepted is complete, and no refusal shows a URL's password.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "cloudsql/access_token.h"
#include "cloudsql/admin_api.h"
#include "cloudsql/url.h"
#include "cloudsql/web.h"
#include "crypto/certificate.h"
#include "crypto/rsa_key.h"

namespace {

namespace cloudsql = coolkit::cloudsql;

constexpr std::string_view kSecret = "hunter2hunter2";

void CheckUrl(std::string_view text) {
  const auto url = cloudsql::ParseCloudSqlUrl(text);
  if (url) {
    CHECK(!url->user.empty() && !url->name.project.empty() && !url->name.instance.empty());
    CHECK(url->libpq_url.starts_with("postgres:///"));
    return;
  }
  const std::string with_secret = std::string(text) + "&password=" + std::string(kSecret);
  const auto refused = cloudsql::ParseCloudSqlUrl(with_secret);
  CHECK(refused || refused.error().detail.find(kSecret) == std::string::npos);
}

void CheckAnswers(std::string_view text) {
  const cloudsql::InstanceName name{"p", "r", "i"};
  for (const auto ip :
       {cloudsql::IpType::kPublic, cloudsql::IpType::kPrivate, cloudsql::IpType::kPsc}) {
    const auto settings = cloudsql::ReadConnectSettings(text, name, ip);
    if (settings) CHECK(!settings->host.empty() && !settings->authorities_pem.empty());
  }
  const auto certificate = cloudsql::ReadEphemeralCertificate(text);
  if (certificate) CHECK(!certificate->empty());
  const auto token = cloudsql::ReadTokenAnswer(text, {}, "an endpoint");
  if (token) CHECK(!token->text.empty() && token->text.find('\n') == std::string::npos);
  static_cast<void>(coolkit::crypto::ReadCertificate(text));
  static_cast<void>(coolkit::crypto::RsaKey::FromPem(text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckUrl(text);
  CheckUrl("cloudsql://" + std::string(text));
  CheckAnswers(text);
  const auto url = cloudsql::ParseWebUrl(text);
  if (url) CHECK(!url->host.empty() && url->port != 0 && url->target.starts_with('/'));
  return 0;
}
