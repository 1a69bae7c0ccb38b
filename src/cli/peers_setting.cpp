#include "cli/peers_setting.h"

#include <utility>

#include "cli/setting_values.h"
#include "net/tcp.h"

namespace coolkit::cli {
namespace {

constexpr std::string_view kByName = "dns:";

Result<net::Endpoint> ParsePeer(std::string_view text) {
  Result<net::Endpoint> endpoint = net::ParseEndpoint(text);
  if (endpoint && endpoint->port == 0) {
    return Fail(ErrorCode::kInvalidRequest, "a peer can't be reached at port 0");
  }
  return endpoint;
}

}  // namespace

Result<PeersSetting> ParsePeers(std::string_view text) {
  PeersSetting peers;
  if (text.empty()) return peers;
  if (text.starts_with(kByName)) {
    text.remove_prefix(kByName.size());
    if (IsHostName(text)) {
      peers.name = text;
      return peers;
    }
    Result<net::Endpoint> endpoint = ParsePeer(text);
    if (!endpoint) return Fail(std::move(endpoint.error()));
    peers.name = std::move(endpoint->host);
    peers.port = endpoint->port;
    return peers;
  }
  for (;;) {
    const std::size_t comma = text.find(',');
    const Result<net::Endpoint> endpoint = ParsePeer(text.substr(0, comma));
    if (!endpoint) return Fail(endpoint.error());
    peers.addresses.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return peers;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace coolkit::cli
