#include "cloudsql/jwt.h"

#include <utility>
#include <vector>

#include "base/text.h"
#include "json/value.h"

namespace coolkit::cloudsql {
namespace {

constexpr std::int64_t kLifeSeconds = 3600;

json::Value Text(std::string_view text) { return json::Value::String(std::string(text)); }

}  // namespace

std::string Base64Url(std::string_view bytes) {
  std::string text = Base64Encode(bytes);
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return text;
}

std::string SignClaim(const ServiceAccountClaim& claim, const crypto::RsaKey& key) {
  std::vector<json::Member> header{{"alg", Text("RS256")}, {"typ", Text("JWT")}};
  if (!claim.key_id.empty()) header.push_back({"kid", Text(claim.key_id)});
  std::vector<json::Member> claims{{"iss", Text(claim.issuer)},
                                   {"scope", Text(claim.scope)},
                                   {"aud", Text(claim.audience)},
                                   {"iat", json::Value::Integer(claim.issued_at)},
                                   {"exp", json::Value::Integer(claim.issued_at + kLifeSeconds)}};
  std::string text = Base64Url(json::Serialize(json::Value::Object(std::move(header))));
  text += '.';
  text += Base64Url(json::Serialize(json::Value::Object(std::move(claims))));
  return text + '.' + Base64Url(key.SignSha256(text));
}

}  // namespace coolkit::cloudsql
