// Why: one name that is being asked for, with all who wait for it; the only place that knows
// c-ares. Belongs to the resolver's thread.
#pragma once

#include <ares.h>
#include <poll.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/function.h"
#include "base/result.h"
#include "base/time.h"
#include "net/dns_resolver.h"

namespace coolkit::net {

class DnsQuestion {
 public:
  using Addresses = std::vector<std::string>;
  struct Waiter {
    BootTime deadline{};
    Completion<Result<Addresses>> done;
  };

  DnsQuestion(const std::string& name, const DnsResolver::Options& options);
  ~DnsQuestion();
  DnsQuestion(const DnsQuestion&) = delete;
  DnsQuestion& operator=(const DnsQuestion&) = delete;

  void Add(Waiter waiter) { waiters_.push_back(std::move(waiter)); }
  // Adds the sockets to wait for; at most so long.
  void Watch(std::vector<pollfd>& sockets) const;
  [[nodiscard]] milliseconds Patience(BootTime now) const;
  // Looks at the sockets, and at the time.
  void Go(const std::vector<pollfd>& sockets);
  // Answers whoever can be; true once nobody waits any more.
  bool Finish(BootTime now);
  void Fail(const Error& error);

 private:
  static void OnSocket(void* self, ares_socket_t socket, int readable, int writable);
  static void OnAnswer(void* self, int status, int timeouts, ares_addrinfo* found);
  void Take(int status, const ares_addrinfo* found);

  ares_channel channel_ = nullptr;
  std::map<int, short> sockets_;  // what to wait for
  std::vector<Waiter> waiters_;
  std::optional<Result<Addresses>> answer_;
};

}  // namespace coolkit::net
