// Why: the floor of the HTTP rows: the service's own loop, connections, parser and response writer
// with a canned answer behind them. `noop_server BODY_BYTES HEADER_BYTES` prints its port.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "base/clock.h"
#include "http/server.h"
#include "net/tcp.h"

namespace {

using namespace coolkit;

class CannedHandler final : public http::Handler {
 public:
  CannedHandler(std::size_t body_bytes, std::size_t header_bytes)
      : body_(body_bytes, 'x'), headers_("X-Padding: " + std::string(header_bytes, 'p') + "\r\n") {}

  http::Admission Admit(const http::RequestHead& /*head*/) override { return {}; }
  net::Task<http::Response> Handle(const http::Request& /*request*/, net::Loop& /*loop*/) override {
    http::Response response;
    response.headers = headers_;
    response.body = OwnedBytes::Static(body_);
    co_return response;
  }
  http::Response RenderError(int /*status*/, const Error& /*error*/) override { return {}; }
  void Observe(const http::ExchangeRecord& /*record*/) override {}

 private:
  std::string body_;
  std::string headers_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const SystemClock clock;
  net::EventLoop loop(clock, "noop");
  CannedHandler handler(std::strtoul(argv[1], nullptr, 10), std::strtoul(argv[2], nullptr, 10));
  http::ServerMetrics metrics;
  metrics.limit_hit = [](const char* /*limit*/) {};
  metrics.connections_open = [](int /*delta*/) {};
  metrics.requests_in_flight = [](int /*delta*/) {};
  http::Server server(handler, {}, metrics, [] { return std::int64_t{std::time(nullptr)}; });
  net::TcpListener::Options options;
  options.listen = {"127.0.0.1", 0};
  options.on_accept_error = [] {};
  net::TcpListener listener(options, {&loop}, [&server](std::unique_ptr<net::Connection> one) {
    server.Serve(std::move(one));
  });
  if (!listener.Bind()) return 1;
  loop.Start();
  listener.Start();
  std::printf("%u\n", listener.BoundEndpoint().port);
  std::fflush(stdout);
  for (;;) ::pause();  // until a signal ends the process
}
