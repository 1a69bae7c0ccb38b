// Why: a headless Service is found by its name, which may be slow, gone, or stand for hundreds of
// addresses. Behind an interface, so that tests and the simulation answer themselves.
//
// Thread safety: any thread.
#pragma once

#include <string>
#include <vector>

#include "base/function.h"
#include "base/result.h"
#include "base/time.h"

namespace coolkit::net {

class Resolver {
 public:
  virtual ~Resolver() = default;

  // The IPv4 and IPv6 addresses of a name, sorted, each once, IPv6 without brackets; a number is
  // its own name. The completion comes on a thread of the resolver, never before the call returned
  // (but inside it when the resolver has stopped).
  // Errors: kNotFound (no such name, or no address), kTimeout (also when nobody answered),
  // kConnectionClosed (no server could be asked, or all failed), kOverloaded, kDraining.
  virtual void Resolve(std::string name, BootTime deadline,
                       Completion<Result<std::vector<std::string>>> done) = 0;
};

}  // namespace coolkit::net
