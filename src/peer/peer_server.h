// Why: the side of the peer protocol that others dial: takes an upgraded connection, lets the peer
// prove itself, answers its requests and streams the feed to it (docs/peer-protocol.md).
//
// Thread safety: all calls from any thread but where they say otherwise.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "feed/frame.h"
#include "http/message.h"
#include "net/connection.h"
#include "peer/control.h"
#include "peer/identity.h"
#include "peer/limits.h"
#include "peer/peer_metrics.h"
#include "peer/protocol.h"
#include "ring/peer_handler.h"
#include "telemetry/log.h"

namespace coolkit::peer {

// The latest ping of each subscription at one moment, by subscription.
using Pings = std::vector<std::pair<Subscription, BootTime>>;

class PeerServer {
 public:
  // All outlive it.
  struct Parts {
    const Identity& identity;
    ring::PeerHandler& handler;
    Control& control;
    PeerMetrics& metrics;
    telemetry::Log& log;
  };
  PeerServer(Parts parts, Limits limits, Offer offer = {});
  ~PeerServer();  // Stop was called

  // The answer to a request for /peer: 101 and the hand-over, or what is wrong with it (status and
  // headers; the caller renders a body if it wants one).
  [[nodiscard]] http::Response Accept(const http::RequestHead& head);
  // A connection after the 101, with the bytes that came behind the request. On its loop.
  void Serve(std::unique_ptr<net::Connection> connection, std::string leftover);

  // What every heartbeat is answered with from now on.
  void SetHeartbeat(const ring::Heartbeat& heartbeat);

  // R2: to be called before a poll's statement is sent; the frame of that poll echoes exactly
  // these.
  [[nodiscard]] Pings CollectPings() const;
  // To every subscription, each with its echo (`frame.echo` is not looked at). A subscriber that
  // does not keep up misses frames and will find the gap itself.
  void Broadcast(const feed::Frame& frame, const Pings& pings);
  // R4: an answer to Control::OnResend, with `frame.echo` as it is. Nothing happens when the
  // subscription has ended.
  void SendFrame(Subscription subscription, const feed::Frame& frame);
  void RefuseResend(Subscription subscription, const model::Incarnation& incarnation,
                    model::Position applied);

  // Connections whose handshake is done.
  [[nodiscard]] std::size_t connection_count() const;
  // Refuses new connections and cuts all others. Does not wait.
  void Close();
  // Close, and waits until every connection and every request of a peer has ended. Not from a
  // loop; the loops run until it returns.
  void Stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace coolkit::peer
