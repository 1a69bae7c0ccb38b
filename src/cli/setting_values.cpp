#include "cli/setting_values.h"

#include <algorithm>

#include "base/text.h"
#include "net/tcp.h"

namespace coolkit::cli {
namespace {

constexpr std::size_t kPodNameMax = 253;
constexpr std::size_t kRingNameMax = 128;

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

bool IsHostName(std::string_view text) {
  return !text.empty() && text.size() <= kPodNameMax &&
         std::all_of(text.begin(), text.end(), IsNameCharacter);
}

// A peer can't be reached at port 0.
bool IsPeerEndpoint(std::string_view text) {
  const auto endpoint = net::ParseEndpoint(text);
  return endpoint && endpoint->port != 0;
}

}  // namespace

bool IsAnyText(std::string_view) { return true; }

bool IsPeers(std::string_view text) {
  if (text.empty()) return true;
  if (text.starts_with("dns:")) {
    text.remove_prefix(4);
    return IsHostName(text) || IsPeerEndpoint(text);
  }
  for (;;) {
    const std::size_t comma = text.find(',');
    if (!IsPeerEndpoint(text.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
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
