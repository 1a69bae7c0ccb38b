// Why: one connection to every other pod, kept up whatever happens, over which this pod's requests
// and its news travel (docs/peer-protocol.md).
//
// Thread safety: all calls from any thread but where they say otherwise. Completions and events
// come on the loops, never before the call returned.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "peer/control.h"
#include "peer/dialer.h"
#include "peer/identity.h"
#include "peer/limits.h"
#include "peer/peer_metrics.h"
#include "peer/protocol.h"
#include "ring/peer_client.h"
#include "telemetry/log.h"

namespace coolkit::peer {

class Peers final : public ring::PeerClient {
 public:
  // All outlive it.
  struct Parts {
    const Identity& identity;
    Dialer& dialer;
    PeerEvents& events;
    PeerMetrics& metrics;
    telemetry::Log& log;
  };
  // `seed` is for jitter, `offer` what this side says that it speaks.
  Peers(Parts parts, Limits limits, std::vector<net::Loop*> loops, std::uint64_t seed,
        Offer offer = {});
  ~Peers() override;  // Stop was called

  // Who to be connected to, all of them (`host:port`). New ones are dialled, those that are not
  // named any more are cut off.
  void SetAddresses(const std::vector<std::string>& addresses);
  // A connection to that member is up.
  [[nodiscard]] bool IsConnected(const ring::MemberId& peer) const;

  // ring::PeerClient. A read ends by min(deadline, peer_timeout). A write ends by its deadline, or
  // when the peer has been silent for silence_max; one that was not fully handed to the kernel
  // never reaches the peer and is kConnectionClosed or kOverloaded, any other is kOutcomeUnknown
  // (R18).
  void Read(const ring::MemberId& peer, ring::PeerReadRequest request,
            Completion<Result<ring::PeerReadReply>> done) override;
  void Write(const ring::MemberId& peer, ring::PeerWriteRequest request,
             Completion<Result<ring::PeerWriteReply>> done) override;
  void Push(const ring::MemberId& peer, ring::PeerPush push,
            Completion<Result<ring::PeerPushReply>> done) override;

  // To every connected peer; each answers with its own (PeerEvents::OnHeartbeat).
  void SendHeartbeat(const ring::Heartbeat& heartbeat);
  // The encoded view, to every connected peer.
  void SendView(const SharedBytes& view);
  // PeerEvents::OnView is called if the peer has a newer one than `have`.
  void RequestView(const ring::MemberId& peer, ring::Epoch have);

  // Begins a stream of frames from the peer, which ends with the connection: subscribe again at
  // the next OnConnected. `ping` is the first one (R2: read before the call).
  void Subscribe(const ring::MemberId& peer, BootTime ping);
  void Unsubscribe(const ring::MemberId& peer);
  // R2: the local clock, read before the call, to every peer that this pod is subscribed to.
  void SendPing(BootTime ping);
  // R4. Answered by frames, or by OnResendRefused. While one is under way further ones are dropped
  // by the peer.
  void RequestResend(const ring::MemberId& peer, const model::Incarnation& incarnation,
                     model::Position applied);

  // Refuses everything from now on and cuts all connections; requests under way end as when a
  // connection breaks. Does not wait.
  void Close();
  // Close, and waits until nothing is left. Not from a loop; the loops run until it returns.
  void Stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace coolkit::peer
