// Why: what a pod does for another one; implemented by the read and write paths (kv), called by
// whatever receives the messages.
//
// Thread safety: every call from any loop; `done` is called exactly once, on any thread, perhaps
// before the call returned.
#pragma once

#include "base/function.h"
#include "net/loop.h"
#include "ring/member.h"
#include "ring/peer_messages.h"

namespace coolkit::ring {

class PeerHandler {
 public:
  virtual ~PeerHandler() = default;

  // Never waits on another pod but for one cache-only look-up at a third (R17), and never beyond
  // the request's deadline.
  virtual void OnRead(const MemberId& from, PeerReadRequest request, net::Loop& loop,
                      Completion<PeerReadReply> done) = 0;
  virtual void OnWrite(const MemberId& from, PeerWriteRequest request, net::Loop& loop,
                       Completion<PeerWriteReply> done) = 0;
  virtual void OnPush(const MemberId& from, PeerPush push, net::Loop& loop,
                      Completion<PeerPushReply> done) = 0;
};

}  // namespace coolkit::ring
