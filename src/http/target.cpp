#include "http/target.h"

#include <algorithm>
#include <array>

#include "http/names.h"

namespace coolkit::http {
namespace {

constexpr std::size_t kPortDigitsMax = 5;
constexpr unsigned kPortMax = 65'535;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// unreserved / sub-delims of RFC 3986.
constexpr std::array<bool, 256> kNameChars = [] {
  std::array<bool, 256> chars{};
  for (int c = '0'; c <= '9'; ++c) chars[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) chars[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) chars[static_cast<std::size_t>(c)] = true;
  for (const char c : std::string_view("-._~!$&'()*+,;=")) {
    chars[static_cast<unsigned char>(c)] = true;
  }
  return chars;
}();
bool IsNameChar(char c) { return kNameChars[static_cast<unsigned char>(c)]; }

bool IsRegisteredName(std::string_view name) {
  if (name.empty()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '%') {
      if (i + 2 >= name.size() || !IsHex(name[i + 1]) || !IsHex(name[i + 2])) return false;
      i += 2;
    } else if (!IsNameChar(name[i])) {
      return false;
    }
  }
  return true;
}

// The digits after the colon; RFC 3986 allows none.
bool IsPort(std::string_view port) {
  if (port.size() > kPortDigitsMax) return false;
  unsigned value = 0;
  for (const char c : port) {
    if (!IsDigit(c)) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value <= kPortMax;
}

// What stands between the brackets: the characters of an IPv6 address (RFC 3986 allows a future
// form too, which does not exist).
bool IsIpv6(std::string_view address) {
  return std::count(address.begin(), address.end(), ':') >= 2 &&
         std::all_of(address.begin(), address.end(),
                     [](char c) { return IsHex(c) || c == ':' || c == '.'; });
}

// The part of an absolute-form target after its authority; null: it is not one of HTTP's.
const char* CutAuthority(std::string_view& target) {
  const std::size_t colon = target.find("://");
  const std::string_view scheme = target.substr(0, colon);
  if (colon == std::string_view::npos ||
      !(EqualsIgnoreCase(scheme, "http") || EqualsIgnoreCase(scheme, "https"))) {
    return "the request target is neither a path nor an http URI";
  }
  const std::string_view rest = target.substr(colon + 3);
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  if (!IsValidAuthority(rest.substr(0, end))) {
    return "the authority of the request target is malformed";
  }
  target = rest.substr(end);
  return nullptr;
}

}  // namespace

bool IsValidAuthority(std::string_view authority) {
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos || !IsIpv6(authority.substr(1, bracket - 1)))
      return false;
    const std::string_view rest = authority.substr(bracket + 1);
    return rest.empty() || (rest.front() == ':' && IsPort(rest.substr(1)));
  }
  const std::size_t colon = authority.find(':');
  if (!IsRegisteredName(authority.substr(0, colon))) return false;
  return colon == std::string_view::npos || IsPort(authority.substr(colon + 1));
}

const char* CheckTarget(Method method, std::string_view& target) {
  if (target.find('#') != std::string_view::npos) return "the request target contains a fragment";
  if (method == Method::kConnect) {
    const bool has_port =
        !target.empty() && target.rfind(':') != std::string_view::npos && IsDigit(target.back());
    return has_port && IsValidAuthority(target) ? nullptr
                                                : "the target of CONNECT is not host:port";
  }
  if (target.starts_with('/')) return nullptr;
  if (target == "*") {
    return method == Method::kOptions ? nullptr : "only OPTIONS may have the target *";
  }
  if (const char* wrong = CutAuthority(target)) return wrong;
  if (target.empty()) {
    target = method == Method::kOptions ? "*" : "/";
    return nullptr;
  }
  return target.front() == '/' ? nullptr : "the request target has no path";
}

}  // namespace coolkit::http
