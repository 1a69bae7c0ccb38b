// Why: finding and asking pods is done over names and connections that tests and simulations
// replace; the real ones are made in the composition root.
//
// Thread safety: called on the loop that is given; completions come exactly once, on any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/function.h"
#include "base/result.h"
#include "net/connection.h"
#include "net/loop.h"

namespace coolkit::scaler {

class Network {
 public:
  virtual ~Network() = default;
  // The addresses that a name has now, without ports. Errors: kTimeout, kConnectionClosed.
  virtual void Resolve(net::Loop& loop, const std::string& name, BootTime deadline,
                       Completion<Result<std::vector<std::string>>> done) = 0;
  // To `host:port`. Errors: kTimeout, kConnectionClosed.
  virtual void Connect(net::Loop& loop, const std::string& address, BootTime deadline,
                       Completion<Result<std::unique_ptr<net::Connection>>> done) = 0;
};

}  // namespace coolkit::scaler
