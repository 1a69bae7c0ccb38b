// Why: what peers say to each other beside reads and writes (who is alive, who owns what, what the
// feed brings) is the node's business; these are the seams. Control hears what peers say on the
// connections that they opened, PeerEvents what happens on those that this pod opened. One class
// may implement both: what may come on either has one name.
//
// Thread safety: called on any loop, several at once; implementations return at once, and never
// call Stop from here. Who `from` is was proved only as far as that it knows the ring's key.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "feed/frame.h"
#include "ring/member.h"
#include "ring/membership.h"
#include "ring/view.h"

namespace coolkit::peer {

// One peer's stream of feed frames on one connection. Never used again.
struct Subscription {
  std::uint64_t id = 0;
  friend auto operator<=>(const Subscription&, const Subscription&) = default;
};

// Bytes that go to many receivers; never null unless it says so.
using SharedBytes = std::shared_ptr<const std::string>;

class Control {
 public:
  virtual ~Control() = default;

  // Its own (`self.id` is the sender's).
  virtual void OnHeartbeat(const ring::Heartbeat& heartbeat) = 0;
  virtual void OnView(const ring::MemberId& from, ring::View view) = 0;
  // The encoded view if its epoch is above `have`; null: nothing newer.
  [[nodiscard]] virtual SharedBytes OnViewRequest(const ring::MemberId& from, ring::Epoch have) = 0;
  // From now on PeerServer::Broadcast reaches it.
  virtual void OnSubscribe(const ring::MemberId& from, Subscription subscription) = 0;
  // It has ended, or its connection has. Once per subscription.
  virtual void OnUnsubscribe(const ring::MemberId& from, Subscription subscription) = 0;
  // R4: a gap: send again from its applied position (PeerServer::SendFrame) or say that it can't
  // be done (PeerServer::RefuseResend). One at a time per subscription.
  virtual void OnResend(const ring::MemberId& from, Subscription subscription,
                        const model::Incarnation& incarnation, model::Position applied) = 0;
};

class PeerEvents {
 public:
  virtual ~PeerEvents() = default;

  // The handshake is done: requests to the member go out from now on.
  virtual void OnConnected(const std::string& address, const ring::Member& member) = 0;
  // The connection of OnConnected broke or was closed. The address is dialled again.
  virtual void OnDisconnected(const std::string& address, const ring::Member& member,
                              const Error& reason) = 0;
  // Could not be connected, or the handshake failed. It is dialled again.
  virtual void OnUnreachable(const std::string& address, const Error& reason) = 0;
  // This pod itself answers there. It is not dialled again.
  virtual void OnSelf(const std::string& address) = 0;

  virtual void OnHeartbeat(const ring::Heartbeat& heartbeat) = 0;
  virtual void OnView(const ring::MemberId& from, ring::View view) = 0;
  // Of a stream this pod subscribed to; in the order in which they were sent.
  virtual void OnFrame(const ring::MemberId& from, const feed::Frame& frame) = 0;
  virtual void OnResendRefused(const ring::MemberId& from, const model::Incarnation& incarnation,
                               model::Position applied) = 0;
};

}  // namespace coolkit::peer
