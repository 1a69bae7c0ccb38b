// Why: the system's getaddrinfo can be neither stopped nor told whom to ask, and it blocks. c-ares
// asks without blocking, over TCP when an answer is too long for UDP, and stops at a deadline
// (docs/adr/0008). It runs on a thread of its own, so that no loop waits for it.
//
// Thread safety: Resolve from any thread; Start and Stop from one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "net/resolver.h"

namespace coolkit::net {

class DnsResolver final : public Resolver {
 public:
  struct Options {
    // `address:port` of the server to ask, for names that are complete; empty: the machine's own
    // servers and search domains (resolv.conf, read for each question; /etc/hosts comes first).
    std::string server;
    milliseconds try_timeout{500};  // of the first try; the next one waits twice as long
    int tries = 2;
    std::size_t names_max = 64;  // asked at once; beyond: kOverloaded
  };
  DnsResolver(const Clock& clock, Options options);
  ~DnsResolver() override;  // stops

  void Start();
  // Ends what is under way with kDraining.
  void Stop();

  // Who asks for a name that is being asked for gets the same answer, each within its own deadline.
  void Resolve(std::string name, BootTime deadline,
               Completion<Result<std::vector<std::string>>> done) override;

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace coolkit::net
