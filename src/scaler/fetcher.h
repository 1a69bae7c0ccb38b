// Why: the metrics of a hundred pods every five seconds: connections are kept, every question has a
// deadline, and one pod that hangs costs nobody else anything. On one loop.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/connection.h"
#include "net/loop.h"
#include "net/task.h"
#include "scaler/network.h"

namespace coolkit::scaler {

class Fetcher {
 public:
  // Both outlive the fetcher and its tasks.
  Fetcher(net::Loop& loop, Network& network, std::size_t body_bytes_max);

  // GET of `target` at `address` (`host:port`): the body of a 200. A connection that was kept and
  // has been closed meanwhile is opened once more. Errors: kTimeout, kConnectionClosed,
  // kMalformedRequest, kPayloadTooLarge, kNotFound for another status.
  [[nodiscard]] net::Task<Result<std::string>> Get(std::string address, std::string target,
                                                   BootTime deadline);

  // Closes kept connections to all but these addresses.
  void KeepOnly(const std::vector<std::string>& addresses);

 private:
  net::Loop& loop_;
  Network& network_;
  std::size_t body_bytes_max_;
  std::map<std::string, std::unique_ptr<net::Connection>> idle_;
};

}  // namespace coolkit::scaler
