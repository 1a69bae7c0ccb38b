#include <algorithm>

#include "base/text.h"
#include "net/tcp.h"

namespace coolkit::net {

Result<Endpoint> ParseEndpoint(std::string_view text) {
  const auto bad = [] {
    return Fail(ErrorCode::kInvalidRequest, "an address is host:port or [IPv6]:port");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return bad();
  std::string_view host = text.substr(0, colon);
  const auto port = ParseDecimal(text.substr(colon + 1));
  if (!port || *port > 65535) return bad();
  if (host.front() == '[') {
    if (host.back() != ']' || host.size() < 4) return bad();
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == std::string_view::npos) return bad();
  } else if (host.find(':') != std::string_view::npos) {
    return bad();
  }
  const auto fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == ':' || c == '%';
  };
  if (!std::all_of(host.begin(), host.end(), fine)) return bad();
  return Endpoint{std::string(host), static_cast<std::uint16_t>(*port)};
}

std::string FormatEndpoint(const Endpoint& endpoint) {
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  return (v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

}  // namespace coolkit::net
