// Why: names and connections are replaced by tests and simulations; the real ones are made in the
// composition root.
//
// Thread safety: called on the module's loop; completions come exactly once, on any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/function.h"
#include "base/result.h"
#include "net/connection.h"

namespace coolkit::cloudsql {

class Network {
 public:
  virtual ~Network() = default;
  // The addresses of a name; an address is its own name. Errors: kNotFound, kTimeout, …
  virtual void Resolve(const std::string& name, BootTime deadline,
                       Completion<Result<std::vector<std::string>>> done) = 0;
  // To an address. Errors: kTimeout, kConnectionClosed.
  virtual void Connect(const std::string& address, std::uint16_t port, BootTime deadline,
                       Completion<Result<std::unique_ptr<net::Connection>>> done) = 0;
};

}  // namespace coolkit::cloudsql
