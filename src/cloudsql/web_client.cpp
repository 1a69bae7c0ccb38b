#include "cloudsql/web_client.h"

#include <string>
#include <utility>

#include "base/text.h"
#include "http/client.h"
#include "http/message.h"
#include "net/await.h"

namespace coolkit::cloudsql {
namespace {

using Connected = Result<std::unique_ptr<net::Connection>>;
using Addresses = Result<std::vector<std::string>>;

constexpr std::size_t kAnswerBytesMax = 1u << 20;
constexpr milliseconds kRetryAfterMax{600'000};

WebAnswer AnswerOf(http::ClientResponse response) {
  WebAnswer answer;
  answer.status = response.status;
  if (const auto wait = ParseDecimal(response.Header("retry-after"))) {
    answer.retry_after =
        std::min(kRetryAfterMax, milliseconds(std::min<std::uint64_t>(*wait, 3600) * 1000));
  }
  answer.server_time = http::ParseHttpDate(response.Header("date"));
  answer.flavor = response.Header("metadata-flavor");
  answer.body = std::move(response.body);
  return answer;
}

}  // namespace

net::Task<Connected> ConnectToHost(net::Loop& loop, Network& network, std::string host,
                                   std::uint16_t port, BootTime deadline) {
  Addresses addresses = co_await net::AwaitCompletion<Addresses>(
      loop, [&network, &host, deadline](Completion<Addresses> done) {
        network.Resolve(host, deadline, std::move(done));
      });
  if (!addresses) co_return Fail(addresses.error());
  Error last{ErrorCode::kNotFound, "the name has no address", {}};
  for (const std::string& address : *addresses) {
    Connected connected = co_await net::AwaitCompletion<Connected>(
        loop, [&network, &address, port, deadline](Completion<Connected> done) {
          network.Connect(address, port, deadline, std::move(done));
        });
    if (connected) co_return std::move(*connected);
    last = connected.error();
  }
  co_return Fail(std::move(last));
}

net::Task<Connected> WebClient::Connect(const WebUrl& url, BootTime deadline) {
  Connected raw = co_await ConnectToHost(loop_, network_, url.host, url.port, deadline);
  if (!raw || !url.tls) co_return std::move(raw);
  if (closed_) co_return Fail(ErrorCode::kConnectionClosed, "stopping");
  Connected secure = co_await https_->Start(std::move(*raw), url.host, deadline);
  co_return std::move(secure);
}

net::Task<Result<WebAnswer>> WebClient::Send(WebRequest request, BootTime deadline) {
  if (closed_) co_return Fail(ErrorCode::kConnectionClosed, "stopping");
  const Result<WebUrl> url = ParseWebUrl(request.url);
  if (!url) co_return Fail(url.error());
  Connected connection = co_await Connect(*url, deadline);
  if (!connection) co_return Fail(connection.error());
  if (closed_) co_return Fail(ErrorCode::kConnectionClosed, "stopping");
  http::ClientRequest ask;
  ask.method = std::move(request.method);
  ask.target = url->target;
  ask.host = url->authority;
  ask.headers = std::move(request.headers);
  ask.headers.emplace_back("Connection", "close");
  ask.body = std::move(request.body);
  http::ClientLimits limits;
  limits.body_bytes_max = kAnswerBytesMax;
  open_.insert(connection->get());
  Result<http::ClientResponse> response =
      co_await http::Exchange(**connection, std::move(ask), deadline, limits);
  open_.erase(connection->get());
  (*connection)->Close();
  if (!response) co_return Fail(response.error());
  WebAnswer answer = AnswerOf(std::move(*response));
  co_return std::move(answer);
}

void WebClient::Close() {
  closed_ = true;
  for (net::Connection* const connection : open_) connection->Close();
}

}  // namespace coolkit::cloudsql
