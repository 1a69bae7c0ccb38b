#include "cloudsql/url.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/text.h"

namespace coolkit::cloudsql {
namespace {

constexpr std::string_view kScheme = "cloudsql://";
constexpr std::string_view kServiceAccountEnd = ".gserviceaccount.com";
constexpr std::size_t kUrlBytesMax = 4096;

// Of libpq's parameters those that make sense inside the tunnel.
constexpr std::array<std::string_view, 5> kPassedOn{"application_name", "connect_timeout",
                                                    "options", "pooler", "target_session_attrs"};

std::unexpected<Error> Refuse(std::string why) {
  return Fail(ErrorCode::kInvalidRequest, "the cloudsql:// URL (not shown) " + std::move(why));
}

bool IsWord(std::string_view text, std::string_view extra) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [extra](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           extra.find(c) != std::string_view::npos;
  });
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const auto byte = HexDecode(text.substr(i + 1, 2));
    if (!byte || byte->size() != 1 || (*byte)[0] == '\0') return std::nullopt;
    decoded += *byte;
    i += 2;
  }
  return decoded;
}

std::string PercentEncode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
        c == '-' || c == '_') {
      encoded += c;
    } else {
      encoded += '%' + HexEncode(std::string_view(&c, 1));
    }
  }
  return encoded;
}

std::optional<InstanceName> ParseName(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t colon = text.find(':');
    parts.push_back(text.substr(0, colon));
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
  }
  if (parts.size() != 3 && parts.size() != 4) return std::nullopt;
  for (const std::string_view part : parts) {
    if (!IsWord(part, "-.")) return std::nullopt;
  }
  InstanceName name;
  if (parts.size() == 4) name.project = std::string(parts[0]) + ":";
  name.project += parts[parts.size() - 3];
  name.region = parts[parts.size() - 2];
  name.instance = parts[parts.size() - 1];
  return name;
}

struct Parameters {
  CloudSqlUrl& url;
  std::optional<bool> iam;
  bool has_password = false;
  std::string passed_on;

  Result<void> Take(std::string_view name, std::string_view value) {
    const auto decoded = PercentDecode(value);
    if (!decoded) return Refuse("has a malformed percent sign");
    if (name == "user") {
      url.user = *decoded;
    } else if (name == "ip") {
      constexpr std::array<std::string_view, 3> kTypes{"public", "private", "psc"};
      const auto* const type = std::find(kTypes.begin(), kTypes.end(), *decoded);
      if (type == kTypes.end()) return Refuse("may have ip=public, ip=private or ip=psc");
      url.ip = static_cast<IpType>(type - kTypes.begin());
    } else if (name == "auth") {
      if (*decoded != "iam" && *decoded != "password") {
        return Refuse("may have auth=iam or auth=password");
      }
      iam = *decoded == "iam";
    } else if (name == "password") {
      has_password = true;
      Pass(name, value);
    } else if (std::find(kPassedOn.begin(), kPassedOn.end(), name) != kPassedOn.end()) {
      Pass(name, value);
    } else {
      return Refuse(
          "may have the parameters user, password, ip, auth, pooler, application_name, "
          "connect_timeout, options and target_session_attrs; the connector sees to the rest");
    }
    return {};
  }
  void Pass(std::string_view name, std::string_view value) {
    passed_on.append("&").append(name).append("=").append(value);
  }
};

}  // namespace

std::string DatabaseUserOf(std::string_view account) {
  if (account.ends_with(kServiceAccountEnd)) account.remove_suffix(kServiceAccountEnd.size());
  return std::string(account);
}

Result<CloudSqlUrl> ParseCloudSqlUrl(std::string_view text) {
  if (!text.starts_with(kScheme)) return Refuse("does not begin with cloudsql://");
  if (text.size() > kUrlBytesMax) return Refuse("is too long");
  text.remove_prefix(kScheme.size());
  const std::size_t query_at = text.find('?');
  const std::string_view place = text.substr(0, query_at);
  std::string_view query =
      query_at == std::string_view::npos ? std::string_view() : text.substr(query_at + 1);
  const std::size_t slash = place.find('/');
  if (place.find('@') != std::string_view::npos) {
    return Refuse("has an @ before its parameters; the user is ?user=… there, with @ as %40");
  }
  std::optional<InstanceName> name = ParseName(place.substr(0, slash));
  if (!name) return Refuse("does not name an instance as project:region:instance");
  const std::string_view database =
      slash == std::string_view::npos ? std::string_view() : place.substr(slash + 1);
  const auto decoded = PercentDecode(database);
  if (!decoded || decoded->empty() || database.find('/') != std::string_view::npos) {
    return Refuse("needs a database: cloudsql://project:region:instance/database?user=…");
  }
  CloudSqlUrl url;
  url.name = std::move(*name);
  Parameters parameters{url, {}, false, {}};
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view item = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) return Refuse("has a parameter without a value");
    Result<void> taken = parameters.Take(item.substr(0, equals), item.substr(equals + 1));
    if (!taken) return Fail(std::move(taken.error()));
  }
  if (url.user.empty()) {
    return Refuse("needs ?user=…: the IAM account that logs in, or the user of the password");
  }
  url.iam = parameters.iam.value_or(!parameters.has_password);
  if (url.iam && parameters.has_password) return Refuse("has auth=iam and a password");
  if (url.iam) url.user = DatabaseUserOf(url.user);
  url.libpq_url = "postgres:///" + PercentEncode(*decoded) + "?user=" + PercentEncode(url.user) +
                  parameters.passed_on;
  return url;
}

}  // namespace coolkit::cloudsql
