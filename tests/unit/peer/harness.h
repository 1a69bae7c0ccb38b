// Why: pods that speak the peer protocol with each other over in-memory connections on a manual
// loop, behind real HTTP servers. Everything on one thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/server.h"
#include "peer/peer_server.h"
#include "peer/peers.h"
#include "support/http_server_harness.h"
#include "support/manual_loop.h"
#include "support/pipe_connection.h"
#include "unit/peer/fakes.h"

namespace coolkit::peer {

class TestPod;

// Connects pods by address; addresses without a pod refuse.
class PipeDialer final : public Dialer {
 public:
  void Connect(net::Loop& loop, const std::string& address, BootTime deadline,
               Completion<Result<std::unique_ptr<net::Connection>>> done) override;

  std::map<std::string, TestPod*> pods;
  std::size_t capacity = 64 * 1024;
  // May change both ends before they are used.
  std::function<void(support::PipeConnection& dialed, support::PipeConnection& accepted)> prepare;
  bool hang = false;  // nobody answers
  int dials = 0;
};

class TestPod {
 public:
  TestPod(int number, net::Loop& loop, PipeDialer& dialer, Limits limits = {}, Offer offer = {},
          std::string ring = "default")
      : loop_(loop),
        identity(std::move(ring), MemberOf(number)),
        log(telemetry::LogFormat::kText, telemetry::LogLevel::kDebug, "test", &log_text,
            &loop.clock()),
        metrics(registry),
        server({identity, handler, control, metrics, log}, limits, offer),
        peers({identity, dialer, control, metrics, log}, limits, {&loop}, 1, offer),
        http_(http_handler_, {}, {}, [] { return std::int64_t{0}; }) {
    identity.SetKeys({KeyNumber(1)});
    dialer.pods[identity.self().address] = this;
    http_handler_.handle = [this](const http::Request& request) {
      return server.Accept(*request.head);
    };
  }
  ~TestPod() { Close(); }
  void Accept(std::unique_ptr<net::Connection> connection) { http_.Serve(std::move(connection)); }
  // The loop has to run until all has ended.
  void Close() {
    peers.Close();
    server.Close();
    http_.CloseConnections();
    auto& loop = static_cast<support::ManualLoop&>(loop_);
    handler.hold = false;
    loop.RunReady();
    handler.AnswerAll();
    loop.RunFor(seconds(3));
  }
  [[nodiscard]] std::string address() const { return identity.self().address; }
  [[nodiscard]] ring::MemberId id() const { return identity.id(); }
  [[nodiscard]] bool Logged(std::string_view text) const {
    return log_text.find(text) != std::string::npos;
  }

 private:
  net::Loop& loop_;

 public:
  std::string log_text;
  Identity identity;
  telemetry::Log log;
  telemetry::Registry registry;
  PeerMetrics metrics;
  ScriptedPeerHandler handler;
  RecordingControl control;
  PeerServer server;
  Peers peers;

 private:
  support::ScriptedHandler http_handler_;
  http::Server http_;
};

inline void PipeDialer::Connect(net::Loop& loop, const std::string& address, BootTime deadline,
                                Completion<Result<std::unique_ptr<net::Connection>>> done) {
  ++dials;
  const auto it = pods.find(address);
  if (it == pods.end()) return done(Fail(ErrorCode::kConnectionClosed, "nobody listens"));
  if (hang) {
    static_cast<void>(loop.At(deadline, [done = std::move(done)]() mutable {
      done(Fail(ErrorCode::kTimeout, "no answer"));
    }));
    return;
  }
  auto pair = support::PipeConnection::Make(loop, capacity);
  if (prepare) prepare(*pair.first, *pair.second);
  it->second->Accept(std::move(pair.second));
  done(std::unique_ptr<net::Connection>(std::move(pair.first)));
}

// Two pods, the first connected to the second.
class TwoPods {
 public:
  explicit TwoPods(Limits limits_in = {}, Offer first_offer = {}, Offer second_offer = {},
                   Random* order = nullptr)
      : loop(clock, order),
        limits(limits_in),
        first(1, loop, dialer, limits, first_offer),
        second(2, loop, dialer, limits, second_offer) {}
  ~TwoPods() {
    first.Close();
    second.Close();
  }
  void Connect() {
    first.peers.SetAddresses({second.address()});
    loop.RunReady();
  }
  // Outcome of a request: filled once it has ended.
  template <class Reply>
  using Slot = std::shared_ptr<std::vector<Result<Reply>>>;
  Slot<ring::PeerReadReply> Read(ring::PeerReadRequest request) {
    auto slot = std::make_shared<std::vector<Result<ring::PeerReadReply>>>();
    first.peers.Read(second.id(), std::move(request), [slot](Result<ring::PeerReadReply> reply) {
      slot->push_back(std::move(reply));
    });
    return slot;
  }
  Slot<ring::PeerWriteReply> Write(ring::PeerWriteRequest request) {
    auto slot = std::make_shared<std::vector<Result<ring::PeerWriteReply>>>();
    first.peers.Write(second.id(), std::move(request), [slot](Result<ring::PeerWriteReply> reply) {
      slot->push_back(std::move(reply));
    });
    return slot;
  }
  Slot<ring::PeerPushReply> Push(ring::PeerPush push) {
    auto slot = std::make_shared<std::vector<Result<ring::PeerPushReply>>>();
    first.peers.Push(second.id(), std::move(push), [slot](Result<ring::PeerPushReply> reply) {
      slot->push_back(std::move(reply));
    });
    return slot;
  }

  support::ManualClock clock;
  support::ManualLoop loop;
  PipeDialer dialer;
  Limits limits;
  TestPod first;
  TestPod second;
};

}  // namespace coolkit::peer
