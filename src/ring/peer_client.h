// Why: how the read and write paths reach another pod, whatever carries the messages: `peer` over
// TCP, the simulation over its own network.
//
// Thread safety: every call from any thread; completions are called exactly once, on any thread,
// never before the call returned.
#pragma once

#include "base/function.h"
#include "base/result.h"
#include "ring/member.h"
#include "ring/peer_messages.h"

namespace coolkit::ring {

class PeerClient {
 public:
  virtual ~PeerClient() = default;

  // Errors: kConnectionClosed (not connected, or the connection broke), kTimeout (the peer's
  // time-out or the deadline passed), kOverloaded (its queue is full, or its breaker is open).
  virtual void Read(const MemberId& peer, PeerReadRequest request,
                    Completion<Result<PeerReadReply>> done) = 0;

  // Errors (R18): kConnectionClosed and kOverloaded mean that the peer surely did not take it: it
  // was not connected, or the request was not fully sent. kOutcomeUnknown: it was sent and no
  // answer came; nobody retries.
  virtual void Write(const MemberId& peer, PeerWriteRequest request,
                     Completion<Result<PeerWriteReply>> done) = 0;

  // Hand-off; the completion is the flow control: one or a few under way per peer.
  virtual void Push(const MemberId& peer, PeerPush push,
                    Completion<Result<PeerPushReply>> done) = 0;
};

}  // namespace coolkit::ring
