#include "cloudsql/server_name.h"

#include <algorithm>
#include <string_view>

namespace coolkit::cloudsql {
namespace {

std::string Plain(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string plain(name);
  std::transform(plain.begin(), plain.end(), plain.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return plain;
}

bool Covers(const std::string& pattern, const std::string& name) {
  if (name.empty()) return false;
  if (!pattern.starts_with("*.")) return pattern == name;
  const std::size_t dot = name.find('.');
  return dot != std::string::npos && dot > 0 && name.substr(dot) == pattern.substr(1);
}

}  // namespace

Result<void> CheckServerName(const ExpectedServer& expected,
                             const crypto::CertificateFacts& facts) {
  for (const std::string& presented : facts.dns_names) {
    for (const std::string& name : expected.dns_names) {
      if (Covers(Plain(presented), Plain(name))) return {};
    }
  }
  if (!facts.common_name.empty() && facts.common_name == expected.common_name) return {};
  std::string seen = facts.common_name.empty() ? "no common name" : "'" + facts.common_name + "'";
  for (const std::string& presented : facts.dns_names) seen += ", '" + presented + "'";
  return Fail(ErrorCode::kInvalidRequest,
              "the server's certificate is another instance's: it names " + seen +
                  ", expected is '" + expected.common_name + "'" +
                  (expected.dns_names.empty() ? "" : " or '" + expected.dns_names[0] + "'"));
}

}  // namespace coolkit::cloudsql
