// Why: HTTP/1.1 over any net::Connection, strict in what it accepts and bounded in all it keeps.
// Serve belongs to the connection's loop; the rest to any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/time.h"
#include "http/handler.h"
#include "net/connection.h"

namespace coolkit::http {

// Named limits; each has a metric that counts how often it was hit (ServerMetrics), by the name in
// quotes.
struct ServerLimits {
  // "connections": further ones get 503 and are closed, "refused_connections" of them at a time;
  // those beyond are closed at once.
  std::size_t connections_max = 4096;
  std::size_t refused_connections_max = 256;
  std::size_t header_bytes_max = 32 * 1024;  // "header_bytes": the whole head; beyond: 431
  std::size_t target_bytes_max = 8 * 1024;   // "target_bytes": 414
  std::size_t header_count_max = 100;        // "header_count": 431
  // "pipelined": so many answers go out in one write; no more is read before that.
  std::size_t pipelined_max = 64;
  // "requests_in_flight": in the handler's hands, over all connections; beyond: 503.
  std::size_t requests_in_flight_max = 4096;
  // "body_bytes_in_flight": blocks above 16 KiB that hold requests, over all connections;
  // beyond: 503. (A body longer than Admit allows is "body_bytes": 413.)
  std::size_t body_bytes_in_flight_max = 256u << 20;
  // "response_bytes_in_flight": bytes that wait for slow readers, over all connections; beyond: a
  // large answer to GET becomes 503, and a reader that can't keep up is cut off.
  std::size_t response_bytes_in_flight_max = 256u << 20;
  milliseconds idle_timeout{75'000};    // "idle_timeout": between requests; closed silently
  milliseconds header_timeout{10'000};  // "header_timeout": first to last byte of a head; 408
  milliseconds body_timeout{30'000};    // "body_timeout": the whole body; 408
  milliseconds write_timeout{30'000};   // "write_timeout": a whole response; closed
  // After the last response the peer may go on sending: so much is read and dropped for so long,
  // because closing at once could destroy the response on its way.
  std::size_t linger_bytes_max = 16u << 20;  // above the largest body of any route
  milliseconds linger_timeout{2'000};
  // While draining, a connection is closed when it has been idle for so long: a client that did not
  // know of the drain may just be sending.
  milliseconds drain_grace{1'000};
};

// Called when a limit was hit or for the gauges; implemented over telemetry by the composition
// root. Any thread.
struct ServerMetrics {
  std::function<void(const char* limit)> limit_hit;  // "connections", "header_bytes", …
  std::function<void(int delta)> connections_open;
  std::function<void(int delta)> requests_in_flight;
};

class Server {
 public:
  // `handler` outlives the server. `date_seconds` gives Unix seconds for the Date header; it is
  // called on every connection's loop.
  Server(Handler& handler, ServerLimits limits, ServerMetrics metrics,
         std::function<std::int64_t()> date_seconds);
  ~Server();  // every connection has ended: Stop was called

  // Serves one connection to its end. On the connection's loop.
  void Serve(std::unique_ptr<net::Connection> connection);

  // From now on every response carries `Connection: close`, and connections that have been
  // idle for a moment are closed (those with a request under way after its response). Any thread.
  void Drain();
  // Connections still open.
  [[nodiscard]] std::size_t open_connections() const;
  // Refuses new connections and closes all others; a handler's task under way runs to its end
  // without answering. Any thread; Stop waits for the rest.
  void CloseConnections();
  // CloseConnections, and blocks until every task is gone. Not from a loop; the loops run until it
  // returns.
  void Stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace coolkit::http
