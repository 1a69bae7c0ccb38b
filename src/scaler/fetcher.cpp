#include "scaler/fetcher.h"

#include <algorithm>
#include <utility>

#include "http/client.h"
#include "net/await.h"

namespace coolkit::scaler {
namespace {

using Connected = Result<std::unique_ptr<net::Connection>>;

Result<std::string> Body(http::ClientResponse response) {
  if (response.status != 200) {
    return Fail(ErrorCode::kNotFound, "answered " + std::to_string(response.status));
  }
  return std::move(response.body);
}

}  // namespace

Fetcher::Fetcher(net::Loop& loop, Network& network, std::size_t body_bytes_max)
    : loop_(loop), network_(network), body_bytes_max_(body_bytes_max) {}

net::Task<Result<std::string>> Fetcher::Get(std::string address, std::string target,
                                            BootTime deadline) {
  std::unique_ptr<net::Connection> connection;
  if (auto kept = idle_.extract(address)) connection = std::move(kept.mapped());
  for (;;) {
    const bool reused = connection != nullptr;
    if (!reused) {
      Connected opened = co_await net::AwaitCompletion<Connected>(
          loop_, [this, &address, deadline](Completion<Connected> done) {
            network_.Connect(loop_, address, deadline, std::move(done));
          });
      if (!opened) co_return Fail(opened.error());
      connection = std::move(*opened);
    }
    http::ClientRequest request;
    request.host = address;
    request.target = target;
    http::ClientLimits limits;
    limits.body_bytes_max = body_bytes_max_;
    Result<http::ClientResponse> answer =
        co_await http::Exchange(*connection, std::move(request), deadline, limits);
    if (answer) {
      if (answer->keep_alive) idle_.insert_or_assign(address, std::move(connection));
      co_return Body(std::move(*answer));
    }
    connection.reset();
    if (reused && answer.error().code == ErrorCode::kConnectionClosed) continue;
    co_return Fail(answer.error());
  }
}

void Fetcher::KeepOnly(const std::vector<std::string>& addresses) {
  std::erase_if(idle_, [&](const auto& kept) {
    return std::find(addresses.begin(), addresses.end(), kept.first) == addresses.end();
  });
}

}  // namespace coolkit::scaler
