// Why: whoever speaks the peer protocol must not know where connections come from: TCP in a pod,
// pipes in tests and in the simulation.
//
// Thread safety: called on the loop that it is given.
#pragma once

#include <memory>
#include <string>

#include "base/function.h"
#include "base/result.h"
#include "net/connection.h"
#include "net/loop.h"

namespace coolkit::peer {

class Dialer {
 public:
  virtual ~Dialer() = default;

  // Opens a connection to `address` (`host:port`) that belongs to `loop`. `done` is called exactly
  // once, on any thread, at the latest soon after `deadline`. Errors: kTimeout, kConnectionClosed
  // with the reason.
  virtual void Connect(net::Loop& loop, const std::string& address, BootTime deadline,
                       Completion<Result<std::unique_ptr<net::Connection>>> done) = 0;
};

}  // namespace coolkit::peer
