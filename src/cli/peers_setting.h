// Why: how the other pods are found, as `--peers` says it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace coolkit::cli {

inline constexpr std::uint16_t kDefaultPeerPort = 8080;

struct PeersSetting {
  std::string name;  // to ask DNS for; empty: the list below
  std::uint16_t port = kDefaultPeerPort;
  std::vector<std::string> addresses;  // `host:port` each; empty with no name: a ring of one
};

// `dns:NAME[:PORT]` or `host:port,host:port,…`; empty: none. Errors: kInvalidRequest.
[[nodiscard]] Result<PeersSetting> ParsePeers(std::string_view text);

}  // namespace coolkit::cli
