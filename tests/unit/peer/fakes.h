// Why: values, and a handler and a control whose answers the test decides, for pods that speak the
// peer protocol. Single-threaded.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "peer/control.h"
#include "peer/identity.h"
#include "ring/peer_handler.h"

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

}  // namespace coolkit::peer
