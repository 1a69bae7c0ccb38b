// Why: how a connection becomes one that speaks the protocol: the HTTP upgrade and the handshake,
// each step with a limit on bytes and on time. Until the peer has proved itself nothing else is
// read.
//
// Not thread-safe: on the connection's loop. The arguments outlive the tasks.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "net/connection.h"
#include "net/task.h"
#include "peer/frame_reader.h"
#include "peer/handshake.h"
#include "peer/identity.h"

namespace coolkit::peer {

// Why it failed: `reason` for metrics (peer_metrics.h), `detail` for people.
struct EstablishFailure {
  std::string_view reason;
  std::string detail;
};
template <class T>
using EstablishResult = std::expected<T, EstablishFailure>;

// Asks for the upgrade; `host` is the address that was dialled. What comes behind the 101 goes to
// `reader`.
[[nodiscard]] net::Task<EstablishResult<void>> AskForUpgrade(net::Connection& connection,
                                                             FrameReader& reader, std::string host,
                                                             BootTime deadline);

// The handshake, by the side that dialled.
[[nodiscard]] net::Task<EstablishResult<Session>> ProveAsInitiator(net::Connection& connection,
                                                                   FrameReader& reader,
                                                                   const Identity& identity,
                                                                   Offer offer, BootTime deadline);

// By the side that was dialled. With `refusal` it says so instead.
[[nodiscard]] net::Task<EstablishResult<Session>> ProveAsAcceptor(
    net::Connection& connection, FrameReader& reader, const Identity& identity, Offer offer,
    std::optional<HandshakeFailure> refusal, BootTime deadline);

}  // namespace coolkit::peer
