#include "cloudsql/web.h"

#include "base/text.h"
#include "net/tcp.h"

namespace coolkit::cloudsql {

Result<WebUrl> ParseWebUrl(std::string_view text) {
  const auto refuse = [] {
    return Fail(ErrorCode::kInvalidRequest, "a URL is http://host… or https://host…");
  };
  WebUrl url;
  if (text.starts_with("http://")) {
    url.tls = false;
    url.port = 80;
  } else if (!text.starts_with("https://")) {
    return refuse();
  }
  text.remove_prefix(text.find("://") + 3);
  const std::size_t end = text.find_first_of("/?#");
  std::string_view authority = text.substr(0, end);
  std::string_view rest = end == std::string_view::npos ? std::string_view() : text.substr(end);
  rest = rest.substr(0, rest.find('#'));
  url.target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
  for (const char c : url.target) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) return refuse();
  }
  url.authority = authority;
  const bool has_port = authority.find(':') != std::string_view::npos && !authority.ends_with(']');
  const Result<net::Endpoint> endpoint =
      net::ParseEndpoint(has_port ? std::string(authority) : std::string(authority) + ":0");
  if (!endpoint || (has_port && endpoint->port == 0)) return refuse();
  url.host = endpoint->host;
  if (has_port) url.port = endpoint->port;
  return url;
}

bool IsSafe(const WebUrl& url) {
  return url.tls || url.host == "localhost" || url.host == "metadata.google.internal" ||
         url.host == "::1" || url.host.starts_with("127.") || url.host.starts_with("169.254.") ||
         url.host == "fd00:ec2::254" || url.host == "fd20:ce::254";
}

std::string FormEncode(const std::vector<std::pair<std::string_view, std::string_view>>& fields) {
  std::string text;
  for (const auto& [name, value] : fields) {
    text.append(text.empty() ? "" : "&").append(name).append("=");
    for (const char c : value) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
      if (plain) {
        text += c;
      } else {
        text += '%' + HexEncode(std::string_view(&c, 1));
      }
    }
  }
  return text;
}

}  // namespace coolkit::cloudsql
