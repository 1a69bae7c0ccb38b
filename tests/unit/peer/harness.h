// Why: pods that speak the peer protocol with each other over in-memory connections on a manual
// loop, behind real HTTP servers, with handlers and controls whose answers the test decides.
// Everything on one thread.
#pragma once

#include <deque>
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

namespace coolkit::peer {

inline ring::MemberId IdOf(int number) {
  ring::MemberId id;
  id.bytes[0] = static_cast<std::uint8_t>(number);
  id.bytes[15] = 7;
  return id;
}
inline ring::Member MemberOf(int number) {
  return {IdOf(number), "pod-" + std::to_string(number),
          "10.0.0." + std::to_string(number) + ":8080", 1'700'000'000'000'000 + number,
          ring::MemberState::kReady};
}
inline RingKey KeyNumber(std::uint32_t id) {
  return {id, "a secret of the ring, number " + std::to_string(id)};
}
inline model::EntryPtr MakeEntry(std::string_view key, std::string_view value,
                                 std::int64_t version = 1) {
  model::Entry::Fields fields;
  fields.collection = "things";
  fields.key = key;
  fields.version = {version};
  fields.present = true;
  fields.value = value;
  return model::Entry::Create(fields);
}
inline ring::PeerReadRequest ReadOf(std::vector<std::string> keys, BootTime deadline = kNever) {
  ring::PeerReadRequest request;
  request.deadline = deadline;
  for (std::string& key : keys) request.keys.emplace_back("things", std::move(key));
  return request;
}
inline ring::PeerWriteRequest PutOf(std::string key, std::string value,
                                    BootTime deadline = kNever) {
  ring::PeerWriteRequest request;
  request.deadline = deadline;
  model::WriteOp op;
  op.key = model::Key("things", std::move(key));
  op.value = std::make_shared<const std::string>(std::move(value));
  request.ops.push_back(std::move(op));
  return request;
}

// Answers at once with the key as the value, unless it holds requests back.
class ScriptedPeerHandler final : public ring::PeerHandler {
 public:
  template <class Request, class Reply>
  struct Held {
    ring::MemberId from;
    Request request;
    Completion<Reply> done;
  };

  void OnRead(const ring::MemberId& from, ring::PeerReadRequest request, net::Loop& /*loop*/,
              Completion<ring::PeerReadReply> done) override {
    ++read_count;
    if (hold) return reads.push_back({from, std::move(request), std::move(done)});
    done(AnswerTo(request));
  }
  void OnWrite(const ring::MemberId& from, ring::PeerWriteRequest request, net::Loop& /*loop*/,
               Completion<ring::PeerWriteReply> done) override {
    ++write_count;
    if (hold) return writes.push_back({from, std::move(request), std::move(done)});
    done(AnswerTo(request));
  }
  void OnPush(const ring::MemberId& from, ring::PeerPush push, net::Loop& /*loop*/,
              Completion<ring::PeerPushReply> done) override {
    if (hold) return pushes.push_back({from, std::move(push), std::move(done)});
    done({static_cast<std::uint32_t>(push.items.size()), true});
  }

  ring::PeerReadReply AnswerTo(const ring::PeerReadRequest& request) const {
    ring::PeerReadReply reply;
    reply.epoch = request.epoch;
    for (const model::Key& key : request.keys) {
      ring::PeerReadItem item;
      item.status = ring::PeerReadItem::Status::kFound;
      item.entry = MakeEntry(key.key, value_of ? value_of(key.key) : key.key);
      reply.items.push_back(std::move(item));
    }
    return reply;
  }
  static ring::PeerWriteReply AnswerTo(const ring::PeerWriteRequest& request) {
    ring::PeerWriteReply reply;
    reply.epoch = request.epoch;
    for (std::size_t i = 0; i < request.ops.size(); ++i) {
      ring::PeerWriteItem item;
      item.done = true;
      item.outcome.version = {static_cast<std::int64_t>(i) + 1};
      reply.items.push_back(item);
    }
    return reply;
  }
  // The n-th that is held back.
  void AnswerRead(std::size_t n) { reads[n].done(AnswerTo(reads[n].request)); }
  void AnswerAll() {
    for (auto& read : std::exchange(reads, {})) read.done(AnswerTo(read.request));
    for (auto& write : std::exchange(writes, {})) write.done(AnswerTo(write.request));
    for (auto& push : std::exchange(pushes, {})) push.done({});
  }

  bool hold = false;
  std::function<std::string(const std::string&)> value_of;
  int read_count = 0;
  int write_count = 0;
  std::deque<Held<ring::PeerReadRequest, ring::PeerReadReply>> reads;
  std::deque<Held<ring::PeerWriteRequest, ring::PeerWriteReply>> writes;
  std::deque<Held<ring::PeerPush, ring::PeerPushReply>> pushes;
};

class RecordingControl final : public Control, public PeerEvents {
 public:
  struct Resend {
    Subscription subscription;
    model::Incarnation incarnation;
    model::Position applied;
  };
  void OnHeartbeat(const ring::Heartbeat& heartbeat) override { heartbeats.push_back(heartbeat); }
  void OnView(const ring::MemberId& /*from*/, ring::View seen) override {
    views.push_back(std::move(seen));
  }
  SharedBytes OnViewRequest(const ring::MemberId& /*from*/, ring::Epoch have) override {
    return have < view.epoch() ? std::make_shared<const std::string>(ring::EncodeView(view))
                               : nullptr;
  }
  void OnSubscribe(const ring::MemberId& /*from*/, Subscription subscription) override {
    subscriptions.push_back(subscription);
  }
  void OnUnsubscribe(const ring::MemberId& /*from*/, Subscription /*subscription*/) override {
    ++unsubscribed;
  }
  void OnResend(const ring::MemberId& /*from*/, Subscription subscription,
                const model::Incarnation& incarnation, model::Position applied) override {
    resends.push_back({subscription, incarnation, applied});
  }
  void OnConnected(const std::string& /*address*/, const ring::Member& member) override {
    connected.push_back(member);
  }
  void OnDisconnected(const std::string& /*address*/, const ring::Member& /*member*/,
                      const Error& reason) override {
    disconnected.push_back(reason);
  }
  void OnUnreachable(const std::string& /*address*/, const Error& reason) override {
    unreachable.push_back(reason);
  }
  void OnSelf(const std::string& address) override { self.push_back(address); }
  void OnFrame(const ring::MemberId& /*from*/, const feed::Frame& frame) override {
    frames.push_back(frame);
  }
  void OnResendRefused(const ring::MemberId& /*from*/, const model::Incarnation& /*incarnation*/,
                       model::Position applied) override {
    resends_refused.push_back(applied);
  }

  ring::View view;
  std::vector<ring::Heartbeat> heartbeats;
  std::vector<ring::View> views;
  std::vector<Subscription> subscriptions;
  int unsubscribed = 0;
  std::vector<Resend> resends;
  std::vector<ring::Member> connected;
  std::vector<Error> disconnected;
  std::vector<Error> unreachable;
  std::vector<std::string> self;
  std::vector<feed::Frame> frames;
  std::vector<model::Position> resends_refused;
};

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
  explicit TwoPods(Limits limits_in = {}, Offer first_offer = {}, Offer second_offer = {})
      : limits(limits_in),
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
  support::ManualLoop loop{clock};
  PipeDialer dialer;
  Limits limits;
  TestPod first;
  TestPod second;
};

}  // namespace coolkit::peer
