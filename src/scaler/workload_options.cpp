#include "scaler/workload_options.h"

#include <algorithm>

#include "net/tcp.h"

namespace coolkit::scaler {

Result<PodList> ParsePodList(std::string_view text) {
  const auto bad = [] {
    return Fail(ErrorCode::kInvalidRequest,
                "the pods of a workload are dns:HOST:PORT or host:port,host:port,…");
  };
  PodList pods;
  constexpr std::string_view kDns = "dns:";
  if (text.starts_with(kDns)) {
    const auto endpoint = net::ParseEndpoint(text.substr(kDns.size()));
    if (!endpoint || endpoint->port == 0) return bad();
    pods.name = endpoint->host;
    pods.port = endpoint->port;
    return pods;
  }
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const auto endpoint = net::ParseEndpoint(text.substr(0, comma));
    if (!endpoint || endpoint->port == 0) return bad();
    pods.addresses.push_back(net::FormatEndpoint(*endpoint));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (text.empty()) break;
  }
  if (pods.addresses.empty()) return bad();
  return pods;
}

bool IsWorkloadName(std::string_view name) {
  return !name.empty() && name.size() <= 253 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

}  // namespace coolkit::scaler
