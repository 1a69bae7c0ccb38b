#include "cli/setting_values.h"

#include <algorithm>

#include "base/text.h"
#include "cli/peers_setting.h"
#include "net/tcp.h"

namespace coolkit::cli {
namespace {

constexpr std::size_t kPodNameMax = 253;
constexpr std::size_t kRingNameMax = 128;

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

}  // namespace

bool IsHostName(std::string_view text) {
  return !text.empty() && text.size() <= kPodNameMax &&
         std::all_of(text.begin(), text.end(), IsNameCharacter);
}

bool IsAnyText(std::string_view) { return true; }

bool IsHttpsUrl(std::string_view text) {
  constexpr std::string_view kScheme = "https://";
  if (!text.starts_with(kScheme)) return false;
  text.remove_prefix(kScheme.size());
  return !text.empty() && text.find_first_of("/?#@ ") == std::string_view::npos;
}

bool IsPeers(std::string_view text) { return ParsePeers(text).has_value(); }

bool IsDnsServer(std::string_view text) {
  if (text.empty()) return true;
  const auto endpoint = net::ParseEndpoint(text);
  const auto is_address = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' ||
           c == ':';
  };
  return endpoint && endpoint->port != 0 &&
         std::all_of(endpoint->host.begin(), endpoint->host.end(), is_address);
}

bool IsRingName(std::string_view text) {
  return !text.empty() && text.size() <= kRingNameMax &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsNameCharacter(c) || c == '/'; });
}

bool IsPodName(std::string_view text) {
  return text.size() <= kPodNameMax && std::all_of(text.begin(), text.end(), IsNameCharacter);
}

std::string ToPodName(std::string_view text) {
  std::string name(text.substr(0, kPodNameMax));
  std::replace_if(name.begin(), name.end(), [](char c) { return !IsNameCharacter(c); }, '-');
  return name;
}

}  // namespace coolkit::cli
