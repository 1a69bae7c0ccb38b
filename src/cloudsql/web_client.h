// Why: the real Web: one connection per request, for a few requests an hour. On one loop.
#pragma once

#include <memory>
#include <set>

#include "cloudsql/network.h"
#include "cloudsql/web.h"
#include "net/loop.h"
#include "net/tls.h"

namespace coolkit::cloudsql {

class WebClient final : public Web {
 public:
  // All but `https` outlive the client.
  WebClient(net::Loop& loop, Network& network, std::shared_ptr<const net::TlsClient> https)
      : loop_(loop), network_(network), https_(std::move(https)) {}

  net::Task<Result<WebAnswer>> Send(WebRequest request, BootTime deadline) override;
  // Ends what is under way; nothing begins any more.
  void Close();

 private:
  net::Task<Result<std::unique_ptr<net::Connection>>> Connect(const WebUrl& url, BootTime deadline);

  net::Loop& loop_;
  Network& network_;
  const std::shared_ptr<const net::TlsClient> https_;
  std::set<net::Connection*> open_;
  bool closed_ = false;
};

// To the first address of a host that answers. Errors: as Network's.
[[nodiscard]] net::Task<Result<std::unique_ptr<net::Connection>>> ConnectToHost(
    net::Loop& loop, Network& network, std::string host, std::uint16_t port, BootTime deadline);

}  // namespace coolkit::cloudsql
