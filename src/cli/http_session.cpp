#include "cli/http_session.h"

#include <future>

namespace coolkit::cli {
namespace {

using Connected = Result<std::unique_ptr<net::Connection>>;
using Answered = Result<http::ClientResponse>;

// Runs on the loop.
void StartExchange(net::Connection& connection, http::ClientRequest request, BootTime deadline,
                   std::promise<Answered>& answered) {
  net::Detach(http::Exchange(connection, std::move(request), deadline),
              [&answered](Answered result) { answered.set_value(std::move(result)); });
}

}  // namespace

HttpSession::HttpSession(ServiceUrl url, milliseconds timeout)
    : url_(std::move(url)), timeout_(timeout), loop_(clock_, "client") {
  loop_.Start();
}

HttpSession::~HttpSession() {
  Disconnect();
  loop_.Stop();
}

Result<http::ClientResponse> HttpSession::Send(http::ClientRequest request) {
  const BootTime deadline = clock_.Now() + timeout_;
  if (connection_ == nullptr) {
    if (auto done = Connect(deadline); !done) return Fail(done.error());
  }
  const bool may_write = request.method != "GET" && request.method != "HEAD";
  request.host = url_.authority;
  request.target = url_.path + request.target;
  std::promise<Answered> answered;
  loop_.Post([&, sent = std::move(request)]() mutable {
    StartExchange(*connection_, std::move(sent), deadline, answered);
  });
  Answered answer = answered.get_future().get();
  if (!answer || !answer->keep_alive) Disconnect();
  if (!answer) {
    Error error = answer.error();
    const bool late = error.code == ErrorCode::kTimeout;
    error.detail = "no answer from " + net::FormatEndpoint(url_.endpoint) +
                   (late ? std::string(" in time") : ": " + error.detail);
    if (may_write) {
      error.code = ErrorCode::kOutcomeUnknown;
      error.detail += "; whether it took effect is unknown";
    }
    return Fail(std::move(error));
  }
  return answer;
}

Result<void> HttpSession::Connect(BootTime deadline) {
  std::promise<Connected> connected;
  loop_.Post([&] {
    net::TcpConnect(loop_, url_.endpoint, deadline,
                    [&](Connected result) { connected.set_value(std::move(result)); });
  });
  Connected result = connected.get_future().get();
  if (!result) {
    Error error = result.error();
    error.detail = "can't connect to " + net::FormatEndpoint(url_.endpoint) + ": " + error.detail;
    return Fail(std::move(error));
  }
  connection_ = std::move(*result);
  return {};
}

void HttpSession::Disconnect() {
  if (connection_ == nullptr) return;
  std::promise<void> gone;
  loop_.Post([&] {
    connection_.reset();
    gone.set_value();
  });
  gone.get_future().get();
}

}  // namespace coolkit::cli
