// Why: a command asks a question and waits for the answer; http::Exchange is a coroutine on a loop.
// A session owns a loop with its thread and one connection, kept alive between questions. Use from
// one thread.
#pragma once

#include <memory>

#include "base/clock.h"
#include "cli/service_url.h"
#include "http/client.h"
#include "net/event_loop.h"

namespace coolkit::cli {

class HttpSession {
 public:
  // `timeout` is for each question, its connection included.
  HttpSession(ServiceUrl url, milliseconds timeout);
  ~HttpSession();

  // Fills in Host and the URL's path. Errors: kTimeout, kConnectionClosed, kMalformedRequest; or
  // kOutcomeUnknown when a request that may write was sent and not answered: it is never repeated.
  [[nodiscard]] Result<http::ClientResponse> Send(http::ClientRequest request);

 private:
  Result<void> Connect(BootTime deadline);
  void Disconnect();

  ServiceUrl url_;
  milliseconds timeout_;
  SystemClock clock_;
  net::EventLoop loop_;
  std::unique_ptr<net::Connection> connection_;
};

}  // namespace coolkit::cli
