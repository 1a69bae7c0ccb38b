// Why: an http::Server on a manual loop with raw peers at in-memory connections, and a handler
// whose answers, refusals and waits the test decides. Everything on one thread.
#pragma once

#include <coroutine>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/server.h"
#include "support/manual_loop.h"
#include "support/pipe_connection.h"

namespace coolkit::support {

// Answers `<method> <target> <body>` unless told otherwise.
class ScriptedHandler final : public http::Handler {
 public:
  struct Record {
    bool has_head = false;
    int status = 0;
    std::uint64_t request_bytes = 0;
    std::uint64_t response_bytes = 0;
    nanoseconds duration{0};
  };

  http::Admission Admit(const http::RequestHead& head) override {
    ++admitted;
    if (admit) return admit(head);
    http::Admission admission;
    admission.body_bytes_max = body_bytes_max;
    return admission;
  }
  net::Task<http::Response> Handle(const http::Request& request, net::Loop& loop) override {
    static_cast<void>(loop);
    ++handled;
    Gate gate{*this};
    co_await gate;
    if (handle) co_return handle(request);
    http::Response response;
    response.AddHeader("Content-Type", "text/plain");
    response.body = OwnedBytes(std::string(request.head->method_text) + " " +
                               std::string(request.head->target) + " " + std::string(request.body));
    co_return response;
  }
  http::Response RenderError(int status, const Error& error) override {
    static_cast<void>(status);
    http::Response response;
    response.AddHeader("X-Error", ErrorCodeName(error.code));
    response.body = OwnedBytes(error.detail);
    return response;
  }
  void Observe(const http::ExchangeRecord& record) override {
    records.push_back({record.head != nullptr, record.status, record.request_bytes,
                       record.response_bytes, record.duration});
    if (record.head != nullptr) targets.emplace_back(record.head->target);
  }

  // Lets the handlers that wait at a closed gate go on.
  void OpenGate() {
    gate_open = true;
    for (const auto waiter : std::exchange(waiting, {})) waiter.resume();
  }

  std::function<http::Admission(const http::RequestHead&)> admit;
  std::function<http::Response(const http::Request&)> handle;
  std::uint64_t body_bytes_max = 1u << 20;
  bool gate_open = true;
  std::vector<std::coroutine_handle<>> waiting;
  int admitted = 0;
  int handled = 0;
  std::vector<Record> records;
  std::vector<std::string> targets;  // of the records with a head

 private:
  struct Gate {
    ScriptedHandler& handler;
    [[nodiscard]] bool await_ready() const { return handler.gate_open; }
    void await_suspend(std::coroutine_handle<> waiter) { handler.waiting.push_back(waiter); }
    void await_resume() const {}
  };
};

// One response taken from the bytes that a server sent. The parser here is deliberately naive and
// shares nothing with the product's.
struct RawResponse {
  int status = 0;
  std::string head;  // with the empty line
  std::string body;
  // Value of a field by its name as the server spells it; empty when absent.
  [[nodiscard]] std::string Field(const std::string& name) const {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const std::size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

// Splits what was received; `bodyless`: answers to HEAD. Ends at bytes that are no response, which
// are returned as one of status -1.
inline std::vector<RawResponse> SplitResponses(std::string_view bytes, bool bodyless = false) {
  std::vector<RawResponse> responses;
  while (!bytes.empty()) {
    RawResponse response;
    const std::size_t end = bytes.find("\r\n\r\n");
    if (!bytes.starts_with("HTTP/1.1 ") || end == std::string_view::npos) {
      response.status = -1;
      response.body = bytes;
      responses.push_back(std::move(response));
      break;
    }
    response.head = bytes.substr(0, end + 4);
    response.status = std::stoi(response.head.substr(9, 3));
    bytes.remove_prefix(end + 4);
    const std::string length = response.Field("Content-Length");
    if (!length.empty() && !bodyless && response.status != 304) {
      response.body = bytes.substr(0, std::stoul(length));
      bytes.remove_prefix(response.body.size());
    }
    responses.push_back(std::move(response));
  }
  return responses;
}

class ServerHarness {
 public:
  explicit ServerHarness(http::ServerLimits limits = {}, Random* random = nullptr)
      : loop(clock, random),
        server(std::make_unique<http::Server>(handler, limits, Metrics(),
                                              [this] { return date_seconds; })) {}
  ~ServerHarness() { Shutdown(); }

  // A client's end; the server serves the other one, which `tune` may change first.
  std::unique_ptr<PipeConnection> Connect(
      const std::function<void(PipeConnection&)>& tune = nullptr,
      std::size_t capacity = 64 * 1024) {
    PipeConnection::Pair pair = PipeConnection::Make(loop, capacity);
    if (tune) tune(*pair.first);
    server->Serve(std::move(pair.first));
    return std::move(pair.second);
  }
  // Sends, runs what is ready and returns all that has come.
  std::string Talk(PipeConnection& peer, std::string_view bytes) {
    peer.Send(bytes);
    loop.RunReady();
    return peer.TakeReceived();
  }
  void Shutdown() {
    if (server == nullptr) return;
    server->CloseConnections();
    handler.OpenGate();
    loop.RunReady();
    server->Stop();
    server.reset();
  }

  ManualClock clock;
  ManualLoop loop;
  ScriptedHandler handler;
  std::map<std::string, int> limits_hit;
  int connections_open = 0;
  int requests_in_flight = 0;
  std::int64_t date_seconds = 784'111'777;  // Sun, 06 Nov 1994 08:49:37 GMT
  std::unique_ptr<http::Server> server;

 private:
  http::ServerMetrics Metrics() {
    http::ServerMetrics metrics;
    metrics.limit_hit = [this](const char* limit) { ++limits_hit[limit]; };
    metrics.connections_open = [this](int delta) { connections_open += delta; };
    metrics.requests_in_flight = [this](int delta) { requests_in_flight += delta; };
    return metrics;
  }
};

}  // namespace coolkit::support
