// Why: HTTP/1.1 over any net::Connection, strict in what it accepts and bounded in all it keeps.
// Serve belongs to the connection's loop; the rest to any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "http/handler.h"
#include "net/connection.h"
#include "net/task_group.h"

namespace coolkit::http {

// Named limits; each has a metric that counts how often it was hit (ServerMetrics).
struct ServerLimits {
  std::size_t connections_max = 4096;       // further ones get 503 and are closed
  std::size_t header_bytes_max = 32 * 1024; // the whole head; beyond: 431 (414 if the target alone)
  std::size_t target_bytes_max = 8 * 1024;  // 414
  std::size_t header_count_max = 100;       // 431
  std::size_t pipelined_max = 64;           // answered one by one; reading pauses beyond the buffer
  std::size_t requests_in_flight_max = 4096;       // over all connections; beyond: 503 overloaded
  std::size_t body_bytes_in_flight_max = 256u << 20; // over all connections; beyond: 503 overloaded
  milliseconds idle_timeout{75'000};        // between requests: closed silently
  milliseconds header_timeout{10'000};      // first to last byte of a head: 408
  milliseconds body_timeout{30'000};        // whole body: 408
  milliseconds write_timeout{30'000};       // whole response to a slow reader: closed
};

// Called when a limit was hit or for the gauges; implemented over telemetry by the composition
// root. Any thread.
struct ServerMetrics {
  std::function<void(const char* limit)> limit_hit;      // "connections", "header_bytes", …
  std::function<void(int delta)> connections_open;
  std::function<void(int delta)> requests_in_flight;
};

class Server {
 public:
  // `handler` outlives the server. `date` gives Unix seconds for the Date header.
  Server(Handler& handler, ServerLimits limits, ServerMetrics metrics,
         std::function<std::int64_t()> date_seconds);
  ~Server();

  // Serves one connection to its end. On the connection's loop.
  void Serve(std::unique_ptr<net::Connection> connection);

  // From now on every response carries `Connection: close`, and idle connections are closed (those
  // with a request under way after its response). Any thread.
  void Drain();
  // Connections still open.
  [[nodiscard]] std::size_t open_connections() const;
  // Closes all connections and blocks until every task is gone. Not from a loop.
  void Stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace coolkit::http
