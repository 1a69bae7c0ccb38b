// Why: TCP for real loops: listening with limits, connecting with a deadline.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/function.h"
#include "base/result.h"
#include "net/connection.h"
#include "net/event_loop.h"

namespace coolkit::net {

struct Endpoint {
  std::string host;  // an address or a name; IPv6 without brackets
  std::uint16_t port = 0;
};
// `host:port` or `[v6]:port`. Errors: kInvalidRequest.
[[nodiscard]] Result<Endpoint> ParseEndpoint(std::string_view text);
[[nodiscard]] std::string FormatEndpoint(const Endpoint& endpoint);

// Listens on one address and hands each connection to one of `loops` in turn. Bind, Start and Stop
// from one thread that is not a loop's; the callback runs on the connection's loop.
class TcpListener {
 public:
  using OnConnection = std::function<void(std::unique_ptr<Connection>)>;
  struct Options {
    Endpoint listen;
    int backlog = 1024;
    milliseconds accept_retry{50};  // pause after EMFILE, ENFILE, ENOBUFS, ENOMEM
    milliseconds close_grace{20};   // Stop's wait for handshakes that were under way
    // Counts a failed accept; any thread.
    std::function<void()> on_accept_error;
  };
  TcpListener(Options options, std::vector<EventLoop*> loops, OnConnection on_connection);
  ~TcpListener();  // Stop was called, or Start never

  // Binds and listens: the kernel queues connections, nobody accepts them yet. Errors: kInternal
  // with the reason (in use, no permission, no such address).
  [[nodiscard]] Result<void> Bind();
  // Begins to accept, once the loops run and the callback may be called.
  void Start();
  // Stops accepting; connections that were handed out live on. Blocks until the acceptor is gone.
  void Stop();
  // Where it listens really (port 0 picks one). After Bind.
  [[nodiscard]] Endpoint BoundEndpoint() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Connects, with keep-alive probes; the completion runs on `loop`. Errors: kTimeout,
// kConnectionClosed with the reason. Names are resolved on a thread of Asio's.
void TcpConnect(EventLoop& loop, Endpoint endpoint, BootTime deadline,
                Completion<Result<std::unique_ptr<Connection>>> done);

}  // namespace coolkit::net
