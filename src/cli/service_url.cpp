#include "cli/service_url.h"

#include <algorithm>

namespace coolkit::cli {
namespace {

constexpr std::string_view kScheme = "http://";
constexpr std::string_view kItems = "/v1/kv/";

Result<ServiceUrl> BadUrl() {
  return Fail(ErrorCode::kInvalidRequest, "a service URL is http://HOST[:PORT][/PATH]");
}

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// Has the authority a port of its own?
bool HasPort(std::string_view authority) {
  return authority.find(
             ':', authority.rfind(']') == std::string_view::npos ? 0 : authority.rfind(']')) !=
         std::string_view::npos;
}

}  // namespace

Result<ServiceUrl> ParseServiceUrl(std::string_view text) {
  if (text.starts_with("https://")) {
    return Fail(ErrorCode::kInvalidRequest, "https is not supported: use http://HOST[:PORT]");
  }
  if (!text.starts_with(kScheme)) return BadUrl();
  text.remove_prefix(kScheme.size());
  const std::size_t slash = std::min(text.find('/'), text.size());
  ServiceUrl url;
  url.authority = text.substr(0, slash);
  const auto endpoint =
      net::ParseEndpoint(HasPort(url.authority) ? url.authority : url.authority + ":80");
  if (!endpoint || endpoint->port == 0) return BadUrl();
  url.endpoint = *endpoint;
  url.path = text.substr(slash);
  while (url.path.ends_with('/')) url.path.pop_back();
  const bool fine = std::all_of(url.path.begin(), url.path.end(),
                                [](char c) { return IsUnreserved(c) || c == '/' || c == '%'; });
  if (!fine) return BadUrl();
  return url;
}

std::string PercentEncode(std::string_view text, bool keep_slashes) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (IsUnreserved(c) || (keep_slashes && c == '/')) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kHex[byte >> 4U];
    encoded += kHex[byte & 15U];
  }
  return encoded;
}

Result<std::string> ItemTarget(std::string_view collection_and_key) {
  const std::size_t slash = collection_and_key.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == collection_and_key.size()) {
    return Fail(ErrorCode::kInvalidRequest,
                "'" + std::string(collection_and_key) + "' is not COLLECTION/KEY");
  }
  return CollectionTarget(collection_and_key.substr(0, slash)) + "/" +
         PercentEncode(collection_and_key.substr(slash + 1), true);
}

std::string CollectionTarget(std::string_view collection) {
  return std::string(kItems) + PercentEncode(collection, false);
}

}  // namespace coolkit::cli
